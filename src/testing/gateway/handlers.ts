import type { AnyTRPCRouter } from "@trpc/server";
import type { WebSocketConnectEvent, WebSocketHandler } from "../../adapters/api-gateway/event.ts";
import type { ApiGatewayHandlers, Publisher } from "../../adapters/api-gateway/types.ts";
import { TestGatewayError } from "../../errors/testing.ts";
import type { RouteKey } from "../../gateway/observation.ts";
import type { GatewayHandlers } from "../../gateway/settings.ts";
import type { Store } from "../../store/types.ts";
import { type Base, makingOf } from "../../subscriptions/rebase.ts";
import { type ManagementClient, TEST_ENDPOINT } from "../managementClient.ts";
import type { AnyTestGatewayOptions } from "./options.ts";

/** An error that a handler or the publisher reported to `onError`. */
export interface ReportedError {
  /** Who reported it. */
  readonly from: RouteKey | "publisher";
  readonly error: Error;
  readonly connectionId: string | undefined;
  /** Dotted path of the procedure, where there is one. */
  readonly path: string | undefined;
}

/** What a chain ends in, on the gateway's store. */
export interface Deployment {
  readonly handlers: Required<GatewayHandlers>;
  readonly publisher: Publisher<AnyTRPCRouter, never>;
  /** A `$connect` handler that lets everybody in, with this session. */
  connectAs(session: unknown): WebSocketHandler<WebSocketConnectEvent>;
}

/** What a deployment stands on. */
export interface Ground {
  readonly store: Store;
  readonly client: ManagementClient;
  onError(reported: ReportedError): void;
}

type Steps = ApiGatewayHandlers<AnyTRPCRouter, never, unknown>;
type StepName = "connect" | "disconnect" | "handler" | "webSocketHandler";

/** What every handler gives to its `onError`. */
interface Failure {
  readonly error: Error;
  readonly path?: string | undefined;
  readonly req?: { readonly requestContext?: { readonly connectionId?: string } };
  readonly connectionId?: string;
}

type OnError = ((failure: never) => void) | undefined;

/** Makes the handlers and the publisher of a chain again. */
export function deploy(base: Base, options: AnyTestGatewayOptions, ground: Ground): Deployment {
  const { store, client, onError } = ground;
  const steps = base.on(store) as Steps;
  const all =
    options.webSocketHandler === undefined
      ? undefined
      : givenTo(base, "webSocketHandler", options.webSocketHandler);
  const noted = (from: ReportedError["from"], { onError: next }: { onError?: OnError }) => ({
    onError(failure: Failure): void {
      const { error, path } = failure;
      const connectionId = failure.connectionId ?? failure.req?.requestContext?.connectionId;
      onError({ from, error, path, connectionId });
      next?.(failure as never);
    },
  });
  /** A handler of one route; where one is for all of them, that one, which knows of what route an event is. */
  const made = (step: StepName, from: RouteKey): never => {
    const { endpoint: _, ...given }: { endpoint?: string } =
      all ?? givenTo(base, step, options[step] ?? {});
    const answers = all !== undefined || step === "handler";
    const make: (options: object) => unknown = steps[all === undefined ? step : "webSocketHandler"];
    return make({ ...given, ...noted(from, given), ...(answers && { client }) }) as never;
  };
  const publisherOptions = options.publisher ?? {};
  return {
    handlers: {
      connect: made("connect", "$connect"),
      disconnect: made("disconnect", "$disconnect"),
      default: made("handler", "$default"),
    },
    publisher: steps.publisher({
      ...publisherOptions,
      ...noted("publisher", publisherOptions),
      client,
      endpoint: TEST_ENDPOINT,
    }),
    connectAs: (session) =>
      steps.connect({ authorize: () => ({ session }), ...noted("$connect", {}) }),
  };
}

/**
 * The options of a handler that is given as itself or by them.
 *
 * @throws {@link TestGatewayError} for a function that this very chain did not make
 */
function givenTo(base: Base, step: StepName, given: unknown): object {
  if (typeof given === "object" && given !== null) return given;
  const wrong = (problem: string): TestGatewayError =>
    new TestGatewayError(`createTestGateway(): ${step} ${problem}`);
  if (typeof given !== "function") {
    throw wrong(`is ${String(given)}. Give what .${step}() returned, or its options.`);
  }
  const making = makingOf(given);
  if (making === undefined) {
    throw wrong(
      `is a function that no chain made, a wrapper perhaps. Give what .${step}() returned, or its options.`,
    );
  }
  if (making.step !== step) throw wrong(`was made by .${making.step}().`);
  if (making.router !== base.router || making.filters !== base.filters) {
    throw wrong(
      "was made by another chain than the one given: by one with another router, or before its last filter.",
    );
  }
  return (making.options as object | undefined) ?? {};
}
