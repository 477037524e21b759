import type { LambdaContext } from "../adapters/api-gateway/event.ts";
import { type LambdaOutcome, runLambda } from "../gateway/invoke.ts";

/** Where an invocation dies: before the handler does anything, or after it did everything but answer. */
export type BatchCrash = "beforeWork" | "afterWork";

const CRASHED: LambdaOutcome = { outcome: "threw", error: new Error("Runtime exited: crash") };

/** Runs a handler of an event source mapping, or lets it die. Never rejects; the result is what arrives as JSON. */
export async function invokeBatch<TEvent>(
  handler: (event: TEvent, context: Required<LambdaContext>) => Promise<unknown>,
  event: TEvent,
  { crash, lambdaTimeoutMs }: { readonly crash: BatchCrash | undefined; lambdaTimeoutMs: number },
): Promise<LambdaOutcome> {
  if (crash === "beforeWork") return CRASHED;
  const ended = await runLambda(
    async (context) => asJson(await handler(structuredClone(event), context)),
    lambdaTimeoutMs,
  );
  return crash === "afterWork" ? CRASHED : ended;
}

const all = (): boolean => true;
const none = (): boolean => false;

/**
 * Which items of a batch failed, by their ids.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function failuresOf(
  ended: LambdaOutcome,
  ids: readonly string[],
  reportBatchItemFailures: boolean,
): (id: string) => boolean {
  if (ended.outcome === "threw") return all;
  if (!reportBatchItemFailures) return none;
  const response = ended.result;
  if (response === null) return none;
  if (!isRecord(response)) return all;
  const failures = response["batchItemFailures"] ?? [];
  if (!Array.isArray(failures)) return all;
  const failed = failures.map((failure) => isRecord(failure) && failure["itemIdentifier"]);
  const isReadable = failed.every((id) => typeof id === "string" && ids.includes(id));
  return isReadable ? (id) => failed.includes(id) : all;
}

/** What arrives of a handler's result. */
function asJson(result: unknown): unknown {
  const text: string | undefined = JSON.stringify(result);
  return JSON.parse(text ?? "null");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
