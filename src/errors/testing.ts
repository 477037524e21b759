import { SubscriptionsError } from "../errors.ts";

/**
 * The test gateway was used wrongly, or did not come to rest in time.
 *
 * @category Errors
 */
export class TestGatewayError extends SubscriptionsError {
  override readonly name: string = "TestGatewayError";

  constructor(message: string, options?: ErrorOptions) {
    super("TEST_GATEWAY", message, options);
  }
}

/**
 * `$connect` did not let a test's client in.
 *
 * @category Errors
 */
export class ConnectionRefusedError extends TestGatewayError {
  override readonly name = "ConnectionRefusedError";
  /** HTTP status of the handshake, for example 401. */
  readonly statusCode: number;

  constructor(statusCode: number, reason: string, options?: ErrorOptions) {
    super(`connect(): the handshake was answered with ${statusCode}: ${reason}`, options);
    this.statusCode = statusCode;
  }
}

/**
 * What a test waited for did not arrive: `next` or `ended` of a subscription ran into its timeout, or the subscription
 * ended first.
 *
 * @category Errors
 */
export class NotReceivedError extends TestGatewayError {
  override readonly name = "NotReceivedError";
  /** Everything this subscription received, oldest first. */
  readonly received: readonly unknown[];
  /** Keys of the route rows that publishers could find at that time, of all connections: `partition | sort key`. */
  readonly routes: readonly string[];

  constructor(
    problem: string,
    state: { readonly received: readonly unknown[]; readonly routes: readonly string[] },
    options?: ErrorOptions,
  ) {
    super(`${problem}\n${receivedText(state.received)}\n${routesText(state.routes)}`, options);
    this.received = state.received;
    this.routes = state.routes;
  }
}

/** Values and rows shown in a message; a test that received thousands has them in the fields. */
const SHOWN = 10;
const SHOWN_LENGTH = 200;

function receivedText(received: readonly unknown[]): string {
  if (received.length === 0) return "Received so far: nothing.";
  const shown = received.slice(-SHOWN).map((value) => `  ${shortText(value)}`);
  const which = received.length > SHOWN ? `${received.length}, the last ${SHOWN}` : received.length;
  return [`Received so far (${which}):`, ...shown].join("\n");
}

function routesText(routes: readonly string[]): string {
  if (routes.length === 0) return "No subscription is live: a publish finds nobody.";
  const more = routes.length > SHOWN ? [`  and ${routes.length - SHOWN} more`] : [];
  const shown = routes.slice(0, SHOWN).map((route) => `  ${route}`);
  return ["A publish can find:", ...shown, ...more].join("\n");
}

/** JSON of a value for a message; a value that has none, a bigint in it for example, is named by its type. */
function shortText(value: unknown): string {
  const text = jsonOf(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
