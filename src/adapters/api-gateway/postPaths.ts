import {
  type ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { AlteredClientCheck } from "./alteredClient.ts";
import { sendPost } from "./managementClient.ts";
import { statusOf } from "./postFailure.ts";
import { onRequestBuilt, type RequestTemplate } from "./requestTemplate.ts";
import { type SignedPost, SignedPoster } from "./signedPost.ts";

/**
 * How frames are posted.
 *
 * - `"auto"`: through the SDK client's `send`; one of many through the client's own signer and request handler, which
 *   takes less CPU. A client with a mocked `send`, own middleware or a logger is always sent with.
 * - `"send"`: always through `send`.
 * - `"signed"`: every post takes the signer and request handler, also of an altered client: its middleware runs about
 *   once a second, for the post whose request the others are copies of. A mocked `send` builds no request to copy and
 *   therefore gets every post.
 *
 * @category Publisher
 */
export type PostPath = "auto" | "send" | "signed";

/**
 * How long posts are copies of the same request: new credentials, a changed client and the answers' dates, which the
 * SDK corrects its clock by, take effect within this time, and the cost of one `send` a second is not felt.
 */
const TEMPLATE_MAX_AGE_MS = 1_000;

/** Posts through one client, each frame on the path that suits. */
export class PostPaths {
  readonly #client: ApiGatewayManagementApiClient;
  readonly #path: PostPath;
  readonly #signed: SignedPoster;
  readonly #altered: AlteredClientCheck;
  readonly #hasSigner: boolean;
  #template: RequestTemplate | undefined;

  constructor(client: ApiGatewayManagementApiClient, path: PostPath) {
    const { config } = client as Partial<ApiGatewayManagementApiClient>;
    this.#client = client;
    this.#path = path;
    this.#signed = new SignedPoster(client.config);
    this.#altered = new AlteredClientCheck(client);
    this.#hasSigner = typeof config?.signer === "function";
  }

  /** @throws what the SDK rejects with, or an error of the same form */
  async post(post: SignedPost, isBulk: boolean): Promise<void> {
    if (!this.#maySign(isBulk)) return this.#send(post);
    const template = this.#template;
    if (template !== undefined && isFresh(template)) return this.#sign(template, post);
    return this.#sendAndTakeTemplate(post);
  }

  #maySign(isBulk: boolean): boolean {
    if (!this.#hasSigner || this.#path === "send") return false;
    if (this.#path === "signed") return true;
    if (isBulk) return !this.#altered.isAltered();
    // Every fan-out begins with such posts, so each one looks at the client again.
    this.#altered.lookAgain();
    return false;
  }

  async #sign(template: RequestTemplate, post: SignedPost): Promise<void> {
    try {
      await this.#signed.post(template, post);
    } catch (error) {
      // The signature may be at fault: a wrong clock, expired credentials. The SDK's whole way mends that.
      if (statusOf(error) === 403) this.#template = undefined;
      throw error;
    }
  }

  #send({ connectionId, frame, signal }: SignedPost): Promise<void> {
    return sendPost(this.#client, commandOf(connectionId, frame), signal);
  }

  async #sendAndTakeTemplate({ connectionId, frame, signal }: SignedPost): Promise<void> {
    const command = commandOf(connectionId, frame);
    onRequestBuilt(command, this.#client.config, (template) => {
      this.#template = template;
    });
    // With options, because a client of ours puts its middleware together anew only then.
    await this.#client.send(command, { abortSignal: signal });
  }
}

function commandOf(connectionId: string, frame: string): PostToConnectionCommand {
  return new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame });
}

/** A clock that was set back makes it stale as well. */
function isFresh({ takenAtMs }: RequestTemplate): boolean {
  const ageMs = Date.now() - takenAtMs;
  return ageMs >= 0 && ageMs < TEMPLATE_MAX_AGE_MS;
}
