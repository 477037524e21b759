import { randomUUID } from "node:crypto";
import type {
  AppSyncAuthorizerEvent,
  AppSyncAuthorizerResult,
  AppSyncOperation,
} from "../../adapters/appsync-events/event.ts";
import { failureOf, unauthorized } from "./failure.ts";
import type { AppSyncAuthMode, AppSyncEventsSettings } from "./options.ts";
import { signerOf } from "./signature.ts";

const ACCOUNT_ID = "000000000000";

/** What handlers of a namespace are told of the caller. */
export type Identity = Readonly<Record<string, unknown>> | null;

/** Something that needs permission. */
export interface AuthorizationRequest {
  readonly operation: AppSyncOperation;
  /** In its canonical form; absent to connect. */
  readonly channel?: string;
  /** Headers of a request, or the authorization object of a socket's message. */
  readonly authorization: unknown;
  /** What a signature has to be about. */
  readonly body: string;
}

/** Says who may do what. */
export class Authorization {
  readonly #settings: AppSyncEventsSettings;
  readonly #answers = new Map<
    string,
    { readonly result: AppSyncAuthorizerResult; until: number }
  >();

  constructor(settings: AppSyncEventsSettings) {
    this.#settings = settings;
  }

  /** Rejects with an {@link EventApiFailure} for whoever may not do it. */
  async authorize(request: AuthorizationRequest): Promise<Identity> {
    try {
      return await this.#identify(request, headersOf(request.authorization));
    } catch (error) {
      const { errorType, message } = failureOf(error);
      const { operation, channel } = request;
      this.#settings.onEvent({ type: "refused", operation, channel, errorType, message });
      throw error;
    }
  }

  async #identify(
    request: AuthorizationRequest,
    headers: Readonly<Record<string, string>>,
  ): Promise<Identity> {
    const mode = modeOf(headers);
    if (mode === undefined || !this.#modes(request).includes(mode)) throw unauthorized();
    if (mode === "API_KEY") {
      if (!this.#settings.apiKeys.includes(headers["x-api-key"] ?? "")) throw unauthorized();
      return null;
    }
    if (mode === "AWS_IAM") {
      const url = new URL(`https://${headers["host"] ?? ""}/event`);
      const signer = signerOf({ method: "POST", url, body: request.body, headers }, this.#settings);
      return { accountId: ACCOUNT_ID, accessKeyId: signer.accessKeyId };
    }
    const { isAuthorized, handlerContext } = await this.#ask(request, headers);
    if (isAuthorized !== true) throw unauthorized();
    return { handlerContext: handlerContext ?? {} };
  }

  #modes({ operation, channel = "" }: AuthorizationRequest): readonly AppSyncAuthMode[] {
    const { namespaces, ...api } = this.#settings;
    const namespace = namespaces[namespaceName(channel)];
    switch (operation) {
      case "EVENT_CONNECT":
        return api.connectAuthModes;
      case "EVENT_PUBLISH":
        return namespace?.publishAuthModes ?? api.publishAuthModes;
      case "EVENT_SUBSCRIBE":
        return namespace?.subscribeAuthModes ?? api.subscribeAuthModes;
    }
  }

  /** AppSync keeps an answer for the very token, operation and channel. */
  async #ask(
    { operation, channel }: AuthorizationRequest,
    headers: Readonly<Record<string, string>>,
  ): Promise<AppSyncAuthorizerResult> {
    const { apiId, authorizerResultTtlSeconds, onEvent, authorizer } = this.#settings;
    const authorizationToken = headers["authorization"] ?? "";
    const key = JSON.stringify([operation, channel, authorizationToken]);
    const kept = this.#answers.get(key);
    if (kept !== undefined && Date.now() < kept.until) return kept.result;
    const event: AppSyncAuthorizerEvent = {
      authorizationToken,
      requestContext: {
        apiId,
        accountId: ACCOUNT_ID,
        requestId: randomUUID(),
        operation,
        ...(channel !== undefined && { channelNamespaceName: namespaceName(channel), channel }),
      },
      requestHeaders: headers,
    };
    try {
      if (authorizer === undefined) throw unauthorized();
      const result = await authorizer(structuredClone(event));
      const ttlSeconds = result.ttlOverride ?? authorizerResultTtlSeconds;
      this.#answers.set(key, { result, until: Date.now() + ttlSeconds * 1000 });
      return result;
    } catch (error) {
      onEvent({ type: "lambdaFailed", handler: "authorizer", error });
      throw unauthorized();
    }
  }
}

/** First segment of a channel in its canonical form. */
export function namespaceName(channel: string): string {
  return channel.split("/")[1] ?? "";
}

function modeOf(headers: Readonly<Record<string, string>>): AppSyncAuthMode | undefined {
  if (headers["x-api-key"] !== undefined) return "API_KEY";
  const authorization = headers["authorization"];
  if (authorization === undefined) return undefined;
  return authorization.startsWith("AWS4-HMAC-SHA256") ? "AWS_IAM" : "AWS_LAMBDA";
}

/** The texts among the values, by lower-case names. */
function headersOf(authorization: unknown): Readonly<Record<string, string>> {
  if (typeof authorization !== "object" || authorization === null) return {};
  const texts = Object.entries(authorization).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}
