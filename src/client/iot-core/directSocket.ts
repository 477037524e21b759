import { MAX_IOT_PAYLOAD_BYTES } from "../../protocol/iotCoreLimits.ts";
import { base64Url, clientIdOf, messageTopic, requestTopic } from "../../protocol/iotDirect.ts";
import { CLOSED, CLOSING, CONNECTING, EventSocket, OPEN } from "../eventSocket.ts";
import type { PublishingConnection } from "./mqtt/connection.ts";
import { connectMqtt } from "./mqtt/connectMqtt.ts";
import type { IotWebSocketSettings } from "./options.ts";
import { withAuthorizer } from "./settings.ts";

/** What tRPC's clients ask, and servers answer, to see whether the other one is there. */
const PING = "PING";
const PONG = "PONG";

/** Close codes of WebSockets. https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const NORMAL = 1000;
const ABNORMAL = 1006;
const TOO_LARGE = 1009;

/** A cold start of the authorizer, which IoT Core gives five seconds, and the network. */
const CONNECT_TIMEOUT_MS = 15_000;
/** How long a broker may take to acknowledge a frame; IoT Core does not acknowledge what it throttles. */
const ACKNOWLEDGED_TIMEOUT_MS = 10_000;

const SECRET_BYTES = 32;
const encoder = new TextEncoder();

/** A WebSocket whose frames are MQTT messages: those of the client to a topic of its own, those for it sent to its id. */
export class DirectSocket extends EventSocket {
  readonly url: string;
  readonly extensions: string = "";
  readonly protocol: string = "";
  /** Frames are texts. */
  binaryType = "blob";

  readonly #settings: IotWebSocketSettings;
  readonly #abandoned = new AbortController();
  #connection: PublishingConnection | undefined;
  #topic = "";
  #state = CONNECTING;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Frames that wait for the one before to be acknowledged: so they arrive in order, and are few at a time. */
  readonly #waiting: string[] = [];
  #isSending = false;

  constructor(settings: IotWebSocketSettings, url: string | URL) {
    super();
    this.#settings = settings;
    this.url = withAuthorizer(String(url), settings.authorizer);
    this.#timer = setTimeout(() => this.#abandoned.abort(), CONNECT_TIMEOUT_MS);
    void this.#open();
  }

  get readyState(): number {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, frame) => sum + frame.length, 0);
  }

  send(data: unknown): void {
    if (this.#state === CONNECTING) throw new Error("WebSocket.send: it is not open yet");
    if (this.#state !== OPEN) return;
    if (typeof data !== "string") throw new TypeError("WebSocket.send: only texts are sent");
    if (data === PING) void this.#connection?.ping().then(() => this.#deliver(PONG));
    else if (encoder.encode(data).length > MAX_IOT_PAYLOAD_BYTES) this.#giveUp(TOO_LARGE);
    else {
      this.#waiting.push(data);
      if (!this.#isSending) void this.#sendWaiting();
    }
  }

  close(code: number = NORMAL, reason = ""): void {
    if (this.#state >= CLOSING) return;
    this.#state = CLOSING;
    this.#abandoned.abort();
    this.#connection?.close();
    // A platform tells it later too.
    setTimeout(() => this.#end(code, reason));
  }

  async #open(): Promise<void> {
    const { prefix, WebSocket, protocolVersion, keepAliveSeconds } = this.#settings;
    try {
      const secret = base64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
      const hash = await crypto.subtle.digest("SHA-256", encoder.encode(secret));
      const clientId = clientIdOf(prefix, new Uint8Array(hash));
      const topic = messageTopic(prefix);
      this.#topic = requestTopic(prefix, clientId);
      this.#connection = await connectMqtt({
        url: this.url,
        WebSocket,
        protocolVersion,
        clientId,
        // AWS looks for parameters in it.
        username: "",
        password: secret,
        keepAliveSeconds,
        signal: this.#abandoned.signal,
        onMessage: (of, body) => {
          if (of === topic) this.#deliver(body);
        },
        onClose: (error) => this.#fail(error),
      });
    } catch (error) {
      this.#fail(error);
      return;
    }
    clearTimeout(this.#timer);
    // Closed while it was opening.
    if (this.#state !== CONNECTING) this.#connection.close();
    else {
      this.#state = OPEN;
      this.dispatchEvent({ type: "open", target: this });
    }
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      if (this.#state !== OPEN) return;
      this.#timer = setTimeout(() => this.#giveUp(ABNORMAL), ACKNOWLEDGED_TIMEOUT_MS);
      try {
        await this.#connection?.publish(this.#topic, frame);
      } catch (error) {
        this.#fail(error);
        return;
      } finally {
        clearTimeout(this.#timer);
      }
    }
    this.#isSending = false;
  }

  #deliver(data: string): void {
    if (this.#state === OPEN) this.dispatchEvent({ type: "message", data, target: this });
  }

  #fail(error: unknown): void {
    if (this.#state >= CLOSING) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#state = CLOSING;
    this.dispatchEvent({ type: "error", message, target: this });
    this.#giveUp(ABNORMAL);
  }

  #giveUp(code: number): void {
    this.#connection?.close();
    this.#end(code, "");
  }

  #end(code: number, reason: string): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    clearTimeout(this.#timer);
    const wasClean = code === NORMAL;
    this.dispatchEvent({ type: "close", code, reason, wasClean, target: this });
  }
}
