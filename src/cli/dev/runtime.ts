/**
 * Runs in a process of its own: loads the handlers and invokes them, as Lambda's runtime does. A new process for each
 * version of the code is the only way to load all of its modules anew.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { ErrorText, InvokeMessage, RuntimeMessage } from "./runtimeMessages.ts";

type Handler = (event: unknown, context: unknown) => unknown;

function send(message: RuntimeMessage): void {
  // Without a channel the parent is gone, and so is whoever waits for this.
  process.send?.(message);
}

function textOf(error: unknown): ErrorText {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  return { name, message, ...(stack !== undefined && { stack }) };
}

/** Also those of a CommonJS module whose names Node cannot tell. */
function functionsOf(module: Readonly<Record<string, unknown>>): ReadonlyMap<string, Handler> {
  const { default: main } = module;
  const all = { ...(typeof main === "object" ? main : {}), ...module };
  return new Map(
    Object.entries(all).filter(
      (entry): entry is [string, Handler] => typeof entry[1] === "function",
    ),
  );
}

async function invoke(handler: Handler | undefined, message: InvokeMessage): Promise<void> {
  const { invocation, event, awsRequestId, remainingMs } = message;
  const deadline = performance.now() + remainingMs;
  const context = {
    awsRequestId,
    getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
  };
  try {
    if (handler === undefined) throw new Error(`the module has no export ${message.handler}`);
    send({ type: "returned", invocation, result: await handler(event, context) });
  } catch (error) {
    send({ type: "threw", invocation, error: textOf(error) });
  }
}

// A terminal sends Ctrl-C to every process of the command; the parent ends this one when its work is done.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());

const [, , file = ""] = process.argv;
try {
  const functions = functionsOf(await import(pathToFileURL(file).href));
  process.on("message", (message: InvokeMessage) => {
    invoke(functions.get(message.handler), message).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
    });
  });
  send({ type: "loaded", functions: [...functions.keys()] });
} catch (error) {
  send({ type: "loadFailed", error: textOf(error) });
}
