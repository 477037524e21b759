import type { Handshake } from "../../gateway/event.ts";
import type { MessageSource, Routes } from "../../gateway/routes.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { MAX_CLIENT_FRAME_BYTES } from "../../protocol/limits.ts";
import type { ClientEnd } from "./webSocket.ts";

const TOO_BIG = 1009;
const UNSUPPORTED_DATA = 1003;

/** What a connection needs from the gateway around it. */
export interface ConnectionHost {
  readonly routes: Routes;
  /** Runs something a moment later, in the order of the calls. */
  later(act: () => void): void;
  onClosed(connection: MemoryConnection): void;
}

/** How a socket ends. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether API Gateway gets to send its `$disconnect`. @defaultValue true */
  readonly disconnect?: boolean;
}

/** The gateway's end of an open socket. */
export class MemoryConnection implements MessageSource {
  readonly handshake: Handshake;
  readonly #end: ClientEnd;
  readonly #host: ConnectionHost;
  #isOpen = true;

  constructor(handshake: Handshake, end: ClientEnd, host: ConnectionHost) {
    this.handshake = handshake;
    this.#end = end;
    this.#host = host;
  }

  /** Sends a text frame to the client. */
  send(frame: string): void {
    this.#host.later(() => this.#end.received(frame));
  }

  /** Sends API Gateway's own frame, unless the client is gone. */
  sendErrorFrame(requestId: string, message: string): void {
    const { connectionId } = this.handshake;
    if (this.#isOpen) this.send(JSON.stringify({ message, connectionId, requestId }));
  }

  /**
   * Takes a message of the client; one message is one frame, as browsers send it.
   *
   * @param text - `undefined` for a binary message
   */
  receive(text: string | undefined): void {
    if (!this.#isOpen) return;
    if (text === undefined) this.close({ code: UNSUPPORTED_DATA, reason: "" });
    else if (utf8Bytes(text) > MAX_CLIENT_FRAME_BYTES) this.close({ code: TOO_BIG, reason: "" });
    else this.#host.routes.message(this, text);
  }

  /** Closes the socket from either end; a second time nothing happens. */
  close({ code, reason, disconnect = true }: Ending): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#host.onClosed(this);
    this.#host.later(() => this.#end.closed(code, reason));
    if (disconnect) this.#host.routes.disconnect(this.handshake, { code, reason });
  }
}
