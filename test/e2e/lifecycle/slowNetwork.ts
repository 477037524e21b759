import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";

/** How long things take, in each direction. */
export interface Delays {
  readonly dataMs: number;
  /** After the last data, until the other side knows of the end. */
  readonly endMs: number;
}

/** A way to a server on which everything takes its time. */
export interface SlowNetwork {
  /** `ws://` URL of the server, by way of this network. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** Starts a slow network to a server. */
export async function slowNetwork(target: string, delays: Delays): Promise<SlowNetwork> {
  const sockets = new Set<Socket>();
  const broken: Promise<void>[] = [];
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const { hostname, port } = new URL(target);
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const socket of [near, far]) sockets.add(socket);
    // A side that breaks is told to the other by `pipeline`, which destroys both.
    const ignore = (): void => undefined;
    broken.push(pipeline(near, late(delays), far).catch(ignore));
    broken.push(pipeline(far, late(delays), near).catch(ignore));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    through(url) {
      const own = new URL(url);
      own.port = String(address.port);
      return own.href;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...broken]);
    },
  };
}

function late({ dataMs, endMs }: Delays): Transform {
  return new Transform({
    async transform(chunk, _, done) {
      await wait(dataMs);
      done(null, chunk);
    },
    async flush(done) {
      await wait(endMs);
      done();
    },
  });
}
