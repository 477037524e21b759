import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { answerError, textOf } from "./answerError.ts";
import { encodePathSegment, type RequestTemplate } from "./requestTemplate.ts";

type ClientConfig = ApiGatewayManagementApiClient["config"];

/** Service name in signatures of the management API. */
const SIGNING_SERVICE = "execute-api";

/** One frame for one connection. */
export interface SignedPost {
  readonly connectionId: string;
  readonly frame: string;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** A frame as it is posted. */
interface Body {
  readonly frame: string;
  readonly bytes: Buffer;
  /** SHA-256 in hex, which the signature covers. */
  readonly sha256: string;
}

/** Posts without the SDK's middleware: signed by the client's own signer, sent by its own request handler. */
export class SignedPoster {
  readonly #config: ClientConfig;
  /** Subscribers with the same request id, the most common case, get the same frame. */
  #lastBody: Body | undefined;

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  /**
   * @throws for every answer but success an error as the SDK throws it; what the credentials or the network fail with
   */
  async post(
    template: RequestTemplate,
    { connectionId, frame, signal }: SignedPost,
  ): Promise<void> {
    const config = this.#config;
    const { bytes, sha256 } = this.#bodyOf(frame);
    const request = {
      ...template.target,
      path: template.pathPrefix + encodePathSegment(connectionId),
      headers: {
        ...template.headers,
        "content-length": String(bytes.byteLength),
        "x-amz-content-sha256": sha256,
      },
      body: bytes,
    };
    const signed = await template.signer.sign(request, {
      // The SDK measures how wrong this machine's clock is.
      signingDate: new Date(Date.now() + config.systemClockOffset),
      signingRegion: template.region,
      signingService: SIGNING_SERVICE,
    });
    const { response } = await config.requestHandler.handle(signed, { abortSignal: signal });
    if (response.statusCode >= 300) throw await answerError(response);
    await drain(response.body);
  }

  #bodyOf(frame: string): Body {
    if (this.#lastBody?.frame === frame) return this.#lastBody;
    const bytes = Buffer.from(frame);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#lastBody = { frame, bytes, sha256 };
    return this.#lastBody;
  }
}

/** Frees the socket for the next post. The status has told the result: how a body ends says nothing more. */
async function drain(body: unknown): Promise<void> {
  if (body instanceof Readable) {
    await new Promise((resolve) => {
      body.on("end", resolve).on("close", resolve).on("error", resolve).resume();
    });
  } else {
    await textOf(body);
  }
}
