import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How Amplify is configured. */
export interface AmplifyOptions {
  /** The HTTP endpoint, for example `http://127.0.0.1:41234/event`. */
  readonly endpoint: string;
  readonly authMode: "apiKey" | "iam" | "lambda";
  readonly apiKey?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** File of a certificate that is trusted; without one `wss:` becomes `ws:`. */
  readonly caFile?: string;
}

/** What Amplify hears on a subscription. */
export interface Heard {
  readonly name: string;
  readonly event: unknown;
}

/** Amplify's events client in another process. */
export interface AmplifyClient extends AsyncDisposable {
  /** What came so far, oldest first. */
  readonly heard: readonly Heard[];
  /** Rejects with Amplify's own message. */
  call(command: string, options?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Resolves once so many events have come. */
  waitFor(count: number): Promise<readonly Heard[]>;
}

type Message = { readonly ready?: true } & Partial<Heard> & {
    readonly id?: number;
    readonly result?: unknown;
    readonly failure?: string;
  };

/** Starts the other process. */
export async function startAmplify({ caFile, ...options }: AmplifyOptions): Promise<AmplifyClient> {
  const argument = JSON.stringify({ ...options, isPlain: caFile === undefined });
  const child = fork(fileURLToPath(new URL("eventsClient.mjs", import.meta.url)), [argument], {
    execArgv: [],
    env: { ...process.env, ...(caFile !== undefined && { NODE_EXTRA_CA_CERTS: caFile }) },
  });
  const heard: Heard[] = [];
  const calls = new Map<number, (message: Message) => void>();
  const waiting = new Set<() => void>();
  const failed = once(child, "exit").then(([code]) => {
    for (const answer of calls.values()) answer({ failure: `Amplify's process ended: ${code}` });
  });
  const ready = new Promise<void>((resolve) => {
    child.on("message", (message: Message) => {
      if (message.ready === true) resolve();
      else if (message.id !== undefined) calls.get(message.id)?.(message);
      else heard.push(message as Heard);
      for (const look of waiting) look();
    });
  });
  await Promise.race([ready, failed]);
  return {
    heard,
    call: (command, parameters = {}) =>
      new Promise((resolve, reject) => {
        const id = calls.size;
        calls.set(id, ({ result, failure }) =>
          failure === undefined ? resolve(result) : reject(new Error(failure)),
        );
        child.send({ ...parameters, id, command });
      }),
    waitFor: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.length < count) return;
          waiting.delete(look);
          resolve(heard);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await failed;
    },
  };
}
