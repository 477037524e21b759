import { BuilderError } from "../../errors.ts";

const EXAMPLE = "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out";

/** Where a queue is. */
export interface QueueAddress {
  /** The URL as it was given. */
  readonly queueUrl: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** `undefined` for a host that does not tell, such as an emulator's. */
  readonly region: string | undefined;
}

/**
 * Checks a queue URL and reads what it tells.
 *
 * @throws {@link BuilderError} when it is no URL of a standard queue
 */
export function queueAddress(queueUrl: unknown): QueueAddress {
  if (typeof queueUrl !== "string" || !URL.canParse(queueUrl)) {
    throw refused(`queueUrl is ${JSON.stringify(queueUrl)}, not a URL`);
  }
  const { protocol, username, password, search, hash, host, origin, pathname } = new URL(queueUrl);
  if (protocol === "arn:") throw refused(`queueUrl is the ARN "${queueUrl}"`);
  const isHttp = protocol === "https:" || protocol === "http:";
  if (!isHttp || `${username}${password}${search}${hash}` !== "") {
    throw refused(
      `queueUrl "${protocol}//${host}${pathname}" must be an https URL without credentials, query string or fragment`,
    );
  }
  if (pathname.endsWith("/")) throw refused(`queueUrl "${queueUrl}" does not name a queue`);
  if (pathname.endsWith(".fifo")) {
    throw new BuilderError(
      `sqs(): queueUrl "${queueUrl}" is a FIFO queue. Use a standard queue: the parts of a fan-out have no order, and a FIFO queue would hold them up.`,
    );
  }
  return { queueUrl, origin, region: regionOf(host) };
}

function refused(problem: string): BuilderError {
  return new BuilderError(`sqs(): ${problem}. Give the queue's URL, for example ${EXAMPLE}`);
}

/**
 * Of `sqs.<region>.amazonaws.com`, its dual-stack and VPC endpoint forms, and the legacy `<region>.queue.amazonaws.com`.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
 */
function regionOf(host: string): string | undefined {
  const [, current, legacy] =
    /(?:(?:^|\.)sqs(?:-fips)?\.([a-z0-9-]+)|^([a-z0-9-]+)\.queue)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws|api\.amazonwebservices\.com\.cn)/.exec(
      host,
    ) ?? [];
  return current ?? legacy;
}
