import { Readable } from "node:stream";
import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "trpc-aws-subscriptions";
import { recordingClient } from "trpc-aws-subscriptions/testing";
import { type Call, type Fault, observe, onWireOf, type Plan } from "../../contract/observe.ts";
import { emulatorClient } from "../../testTable.ts";
import { LAMBDA_MS, MAX_SUBSCRIPTIONS, type Process } from "./process.ts";
import { chainOn } from "./router.ts";
import type { Sockets } from "./sockets.ts";

/** What a process of ours runs in. */
export interface Surroundings {
  readonly tableName: string;
  /** Its sockets to the emulator are used by all processes. */
  readonly dynamoDBClient: DynamoDBClient;
  readonly sockets: Sockets;
}

/** One process with SDK clients of its own, which a plan may interfere with or kill. */
export class LambdaProcess implements Process {
  /** Calls of both clients, in order. */
  readonly calls: Call[] = [];
  readonly errors: Error[] = [];
  readonly died: Promise<void>;
  readonly endsAtMs: number = Date.now() + LAMBDA_MS;
  isDead = false;
  readonly chain: Process["chain"];
  readonly management: ApiGatewayManagementApiClient;
  readonly endpoint: string;
  readonly #sockets: Sockets;
  readonly #closed: readonly string[];
  #resolveDied: () => void = () => undefined;
  #busy = 0;
  #onIdle: () => void = () => undefined;

  constructor({ tableName, dynamoDBClient, sockets }: Surroundings, plan: Plan) {
    this.died = new Promise((resolve) => {
      this.#resolveDied = resolve;
    });
    this.#sockets = sockets;
    const recording = recordingClient({ onPost: (post) => sockets.receive(post) });
    this.#closed = recording.closed;
    this.management = recording.client;
    this.endpoint = recording.endpoint;
    const own = emulatorClient();
    own.config.requestHandler = dynamoDBClient.config.requestHandler;
    for (const client of [own, this.management]) {
      observe(client, (call) => this.#decide(call, plan));
      this.#watch(client);
    }
    const limits = { maxSubscriptionsPerConnection: MAX_SUBSCRIPTIONS };
    this.chain = chainOn(dynamodb({ tableName, dynamoDBClient: own, ...limits }));
  }

  readonly onError: Process["onError"] = ({ error }) => {
    this.errors.push(error);
  };

  readonly context: Process["context"] = {
    getRemainingTimeInMillis: (): number => this.endsAtMs - Date.now(),
  };

  /** Nothing that it does from now on has an effect, and it hears of nothing. */
  die(): Promise<never> {
    this.isDead = true;
    this.#resolveDied();
    return never();
  }

  /** Resolves when none of its calls is at work; those that hang are not. */
  async idle(): Promise<void> {
    while (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  /** A call that hangs is not at work. */
  hang(signal: AbortSignal | undefined): Promise<never> {
    this.#note(-1);
    return new Promise((_, reject) => {
      const abort = (): void => {
        this.#note(1);
        reject(Object.assign(new Error("Request aborted"), { name: "AbortError" }));
      };
      if (signal?.aborted === true) abort();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Sockets that it closed. */
  noteClosed(): void {
    for (const connectionId of this.#closed) this.#sockets.open.delete(connectionId);
  }

  #decide(call: Call, plan: Plan): Fault | undefined {
    if (this.isDead) return { before: never };
    this.calls.push(call);
    return plan(call, this.calls.length - 1);
  }

  /** Counts what is at work, and puts plans between the SDK and the network. */
  #watch(client: DynamoDBClient | ApiGatewayManagementApiClient): void {
    const { middlewareStack, config } = client as DynamoDBClient;
    const onWire = new WeakMap<object, NonNullable<Fault["onWire"]>>();
    middlewareStack.add(
      (next) => async (args) => {
        this.#note(1);
        try {
          return await next(args);
        } finally {
          this.#note(-1);
        }
      },
      { step: "initialize", name: "countBusy" },
    );
    middlewareStack.add(
      (next, context) => (args) => {
        const planned = onWireOf(context);
        if (planned !== undefined) onWire.set(args.request as object, planned);
        return next(args);
      },
      { step: "deserialize", priority: "low", name: "noteRequest" },
    );
    const { requestHandler } = config;
    config.requestHandler = Object.create(requestHandler, {
      handle: {
        value: async (...given: Parameters<typeof requestHandler.handle>) => {
          const [request, options = {}] = given;
          const send = () => requestHandler.handle(request, options);
          const planned = onWire.get(request);
          const { abortSignal: signal } = options as { readonly abortSignal?: AbortSignal };
          const answer = await (planned === undefined ? send() : planned(send, signal));
          if (!this.isDead) return answer;
          lose(answer);
          return this.hang(undefined);
        },
      },
    });
  }

  #note(change: number): void {
    this.#busy += change;
    if (this.#busy === 0) this.#onIdle();
  }
}

/** Throws an answer away; unread it would keep its socket. */
export function lose(answer: unknown): void {
  const { body } = Object(Object(answer).response);
  if (body instanceof Readable) body.resume();
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
