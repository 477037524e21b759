import { setMaxListeners } from "node:events";
import type { Observer } from "../../events/observer.ts";
import { MAX_TIMER_MS } from "../../protocol/limits.ts";
import type { Transport } from "../../publisher/transport.ts";
import type { App } from "../../subscriptions/app.ts";
import type { LambdaContext, WebSocketMessageEvent } from "./event.ts";
import type { HandlerLimits } from "./handlerLimits.ts";
import type { CreateHandlerOptions } from "./handlerOptions.ts";
import type { ErrorReporter } from "./reportError.ts";

/** Everything the parts of one invocation of the `$default` handler share. Nothing of it outlives the invocation. */
export interface Invocation {
  readonly app: App;
  readonly options: Omit<CreateHandlerOptions, keyof HandlerLimits>;
  readonly limits: HandlerLimits;
  readonly event: WebSocketMessageEvent;
  readonly lambdaContext: LambdaContext | undefined;
  readonly connectionId: string;
  readonly transport: Transport;
  readonly deadline: Deadline;
  readonly reportError: ErrorReporter;
  /** Absent when nobody listens to events. */
  readonly observer: Observer | undefined;
}

/** The end of an invocation, in two steps: work stops, then replies stop. */
export interface Deadline {
  /** Aborts while there is still time to answer what is pending. */
  readonly work: AbortSignal;
  /** Aborts shortly before Lambda freezes the process. */
  readonly reply: AbortSignal;
}

/** Time kept for error frames after the work is aborted. */
const REPLY_MS = 1_500;
/** Time kept for returning after the last reply is aborted. */
const RETURN_MS = 200;

/** Runs `work` with the deadline of an invocation; an event without a Lambda context has none. Leaves no timer. */
export async function withInvocationDeadline<T>(
  context: LambdaContext | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const remainingMs = context?.getRemainingTimeInMillis?.();
  const controllers = { work: new AbortController(), reply: new AbortController() };
  // Every message of a frame listens; Node takes more than ten for a leak, and says so in the log.
  setMaxListeners(0, controllers.work.signal, controllers.reply.signal);
  const timers =
    remainingMs === undefined
      ? []
      : [
          setTimeout(() => controllers.work.abort(), timerMs(remainingMs - REPLY_MS)),
          setTimeout(() => controllers.reply.abort(), timerMs(remainingMs - RETURN_MS)),
        ];
  try {
    return await work({ work: controllers.work.signal, reply: controllers.reply.signal });
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function timerMs(delayMs: number): number {
  return Math.min(Math.max(0, delayMs), MAX_TIMER_MS);
}
