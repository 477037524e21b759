import { type ClientOptions, WebSocket } from "ws";

/** A frame of the server, parsed; what a test looks at. */
export interface ServerFrame {
  readonly id?: string | number | null;
  readonly jsonrpc?: string;
  readonly result?: { readonly type: string; readonly data?: unknown; readonly id?: string };
  readonly error?: {
    readonly message: string;
    readonly code: number;
    readonly data: { readonly code: string; readonly path?: string; readonly stack?: string };
  };
}

/** A WebSocket without tRPC's client, for frames that it would never send or never show. */
export interface RawSocket {
  /** Every text frame received, as it came. */
  readonly texts: readonly string[];
  /** The JSON among them, parsed. */
  readonly frames: readonly ServerFrame[];
  /** The upgrade's `Sec-WebSocket-Protocol`; an empty string without one. */
  readonly protocol: string;
  readonly isOpen: boolean;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  /** Sends text as it is, anything else as JSON. */
  send(message: unknown): void;
  /** Sends `{ id, method: "subscription", … }`. */
  subscribe(id: string | number, path: string, input?: unknown): void;
  /** Sends `{ id, method: "subscription.stop" }`. */
  unsubscribe(id: string | number): void;
  /** Resolves with the first frame, past or future, that matches. */
  next(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  /** Resolves with the first text frame, past or future. */
  text(text: string): Promise<void>;
  /** Resolves when both sides have read all that the other has sent until now. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a raw socket; rejects when the upgrade is refused. */
export async function rawSocket(
  url: string,
  { protocols = [], ...options }: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(url, protocols, options);
  const texts: string[] = [];
  const frames: ServerFrame[] = [];
  const checks = new Set<() => boolean>();
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.on("message", (data) => {
    const text = data.toString();
    texts.push(text);
    if (text.startsWith("{")) frames.push(JSON.parse(text));
    for (const check of [...checks]) if (check()) checks.delete(check);
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): boolean => {
        const found = find();
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      if (!check()) checks.add(check);
    });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const send = (message: unknown): void =>
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    texts,
    frames,
    protocol: socket.protocol,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    closed,
    send,
    subscribe: (id, path, input) =>
      send({
        id,
        method: "subscription",
        params: input === undefined ? { path } : { path, input },
      }),
    unsubscribe: (id) => send({ id, method: "subscription.stop" }),
    next: (matches) => until(() => frames.find(matches)),
    text: async (text) => {
      await until(() => texts.find((one) => one === text));
    },
    sync: () => synced(socket),
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** A WebSocket's own ping and pong keep the order of the messages around them, in both directions. */
function synced(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (code: number): void => reject(new Error(`the socket was closed: ${code}`));
    socket.once("close", onClose);
    socket.once("pong", () => {
      socket.off("close", onClose);
      resolve();
    });
    socket.ping();
  });
}

/** The frame that says a subscription is stored. */
export function started(id: string | number): (frame: ServerFrame) => boolean {
  return (frame) => frame.id === id && frame.result?.type === "started";
}

/** The frame that ends a subscription. */
export function stopped(id: string | number): (frame: ServerFrame) => boolean {
  return (frame) => frame.id === id && frame.result?.type === "stopped";
}

/** The frame with an error for this id. */
export function failed(id: string | number | null): (frame: ServerFrame) => boolean {
  return (frame) => frame.id === id && frame.error !== undefined;
}

/** The values that a subscription received. */
export function valuesOf(socket: Pick<RawSocket, "frames">, id: string | number): unknown[] {
  return socket.frames.flatMap(({ id: own, result }) =>
    own === id && result?.type === "data" ? [result.data] : [],
  );
}
