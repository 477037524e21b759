import { isDeepStrictEqual } from "node:util";
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { createManagementClient, isClientOfOurs } from "./managementClient.ts";

/** Only there to construct a client; nothing is sent to it. */
const NOWHERE = "https://localhost";

/**
 * Tells whether somebody looks at, or changes, what a client sends: a mock, a tracer, an own middleware, a logger. All
 * of them hang on `send`, so such a client must be sent with. In doubt a client counts as altered.
 *
 * Not seen is a middleware that took the place of one of the SDK's by its very name (`override: true`).
 */
export class AlteredClientCheck {
  readonly #client: ApiGatewayManagementApiClient;
  readonly #sdkSend = sendOfSdk();
  #expected: readonly unknown[] | undefined;
  #partsAltered: boolean | undefined;

  constructor(client: ApiGatewayManagementApiClient) {
    this.#client = client;
  }

  /** A replaced `send` is seen at once; other parts are compared at the first call and after {@link lookAgain}. */
  isAltered(): boolean {
    if (this.#client.send !== this.#sdkSend) return true;
    this.#partsAltered ??= this.#compareParts();
    return this.#partsAltered;
  }

  /** Parts are compared again at the next call: 0.12 ms (mean of 1,000 in a loop, Node 20), so not for every post. */
  lookAgain(): void {
    this.#partsAltered = undefined;
  }

  #compareParts(): boolean {
    this.#expected ??= partsOfNewClient(isClientOfOurs(this.#client));
    return !isDeepStrictEqual(partsOf(this.#client), this.#expected);
  }
}

/** The SDK's own `send`, or `undefined` where a mock or tracer has taken its place for all clients. */
function sendOfSdk(): unknown {
  const base: unknown = Object.getPrototypeOf(ApiGatewayManagementApiClient.prototype);
  if (typeof base !== "object" || base === null) return undefined;
  const send: unknown = Reflect.get(base, "send");
  if (typeof send !== "function") return undefined;
  // What a class body defines has no other properties; stubs, spies and wrappers of tracers do.
  const isAsWritten =
    Reflect.ownKeys(send).every((key) => key === "length" || key === "name") &&
    Object.getPrototypeOf(send) === Function.prototype &&
    /^(async )?send\(/.test(Function.prototype.toString.call(send));
  return isAsWritten ? send : undefined;
}

function partsOfNewClient(isOfOurs: boolean): readonly unknown[] {
  const client = isOfOurs
    ? createManagementClient(NOWHERE, 1)
    : new ApiGatewayManagementApiClient({ endpoint: NOWHERE });
  const parts = partsOf(client);
  client.destroy();
  return parts;
}

/** What a request passes through: middleware by name, the rest by identity. */
function partsOf({ config, middlewareStack }: ApiGatewayManagementApiClient): readonly unknown[] {
  const command = new PostToConnectionCommand({ ConnectionId: "-", Data: "-" });
  // Gives the command its own middleware, without which `identify` leaves out what was added next to it.
  command.resolveMiddleware(middlewareStack, config, undefined);
  const { logger, httpAuthSchemeProvider, httpAuthSchemes, requestHandler } = config;
  return [
    logger.constructor,
    httpAuthSchemeProvider,
    ...httpAuthSchemes.map(({ signer }) => signer.constructor),
    // HTTP/2 signs other headers, `fetch` gives other bodies.
    requestHandler.metadata?.handlerProtocol,
    ...middlewareStack.concat(command.middlewareStack).identify(),
  ];
}
