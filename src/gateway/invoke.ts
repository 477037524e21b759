import { randomUUID } from "node:crypto";
import type { LambdaContext, WebSocketEvent } from "../adapters/api-gateway/event.ts";
import type { RouteKey } from "./observation.ts";
import type { GatewayHandler, RouteSettings } from "./settings.ts";
import type { TaskSet } from "./taskSet.ts";
import { within } from "./timer.ts";

/** How a Lambda ended. */
export type LambdaOutcome =
  | { readonly outcome: "returned"; readonly result: unknown }
  | { readonly outcome: "threw"; readonly error: unknown };

/** How a Lambda looked to the gateway when it stopped waiting. */
export type InvocationOutcome = LambdaOutcome | { readonly outcome: "timedOut" };

/** One call of a handler. */
export interface Invocation<TEvent extends WebSocketEvent> {
  readonly route: RouteKey;
  readonly handler: GatewayHandler<TEvent>;
  readonly event: TEvent;
}

/** Runs handlers as Lambda would. */
export class Invoker {
  readonly #settings: RouteSettings;
  readonly #tasks: TaskSet;

  /** @param tasks - gets every Lambda for as long as it runs */
  constructor(settings: RouteSettings, tasks: TaskSet) {
    this.#settings = settings;
    this.#tasks = tasks;
  }

  /** Invokes a handler and waits for it no longer than the integration timeout. Never rejects. */
  async invoke<TEvent extends WebSocketEvent>(
    invocation: Invocation<TEvent>,
  ): Promise<InvocationOutcome> {
    const refusedBy = await this.#delayed(invocation.event);
    if (refusedBy !== undefined) return this.#ended(invocation, refusedBy, 0);
    const lambda = this.#lambda(invocation);
    this.#tasks.run(async () => {
      await lambda;
    });
    return within(lambda, this.#settings.integrationTimeoutMs, { outcome: "timedOut" } as const);
  }

  async #delayed(event: WebSocketEvent): Promise<LambdaOutcome | undefined> {
    try {
      await this.#settings.delay?.(event);
      return undefined;
    } catch (error) {
      return { outcome: "threw", error };
    }
  }

  async #lambda<TEvent extends WebSocketEvent>(
    invocation: Invocation<TEvent>,
  ): Promise<LambdaOutcome> {
    const startedAt = performance.now();
    const { handler, event } = invocation;
    const ended = await runLambda(
      (context) => handler(structuredClone(event), context),
      this.#settings.lambdaTimeoutMs,
    );
    return this.#ended(invocation, ended, performance.now() - startedAt);
  }

  #ended<TEvent extends WebSocketEvent>(
    { route, event }: Invocation<TEvent>,
    ended: LambdaOutcome,
    durationMs: number,
  ): LambdaOutcome {
    const { connectionId, requestId } = event.requestContext;
    this.#settings.onEvent({
      type: "invoked",
      connectionId,
      route,
      requestId,
      durationMs,
      outcome: ended.outcome,
      error: ended.outcome === "threw" ? ended.error : undefined,
    });
    return ended;
  }
}

/**
 * Runs a handler as Lambda does: with a context of its own, and no longer than the function's timeout; it goes on after
 * that, because it cannot be killed. Never rejects.
 */
export function runLambda(
  handle: (context: Required<LambdaContext>) => Promise<unknown>,
  lambdaTimeoutMs: number,
): Promise<LambdaOutcome> {
  return within(handled(handle, lambdaTimeoutMs), lambdaTimeoutMs, {
    outcome: "threw",
    error: new Error(`Task timed out after ${(lambdaTimeoutMs / 1000).toFixed(2)} seconds`),
  } as const);
}

async function handled(
  handle: (context: Required<LambdaContext>) => Promise<unknown>,
  lambdaTimeoutMs: number,
): Promise<LambdaOutcome> {
  try {
    return { outcome: "returned", result: await handle(lambdaContext(lambdaTimeoutMs)) };
  } catch (error) {
    return { outcome: "threw", error };
  }
}

/** The context of an invocation that starts now. */
export function lambdaContext(lambdaTimeoutMs: number): Required<LambdaContext> {
  const deadline = performance.now() + lambdaTimeoutMs;
  return {
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
  };
}
