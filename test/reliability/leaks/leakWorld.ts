// The publisher loads its calls when they are first needed, which takes real time.
import "../../../src/publisher/calls.ts";
import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import superjson from "superjson";
import type { ApiReference, PublisherOptions, Store } from "trpc-aws-subscriptions";
import { connectEvent, disconnectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { Exactness } from "./exactness.ts";
import { type Address, type Fields, Oracle, type Subscription } from "./oracle.ts";
import type { Connection } from "./population.ts";
import { Recorder } from "./recorder.ts";
import { chainOn, declarations, type RouteVerbs } from "./routes.ts";

/** What a {@link LeakWorld} is made of. */
export interface LeakWorldOptions {
  readonly store: Store;
  readonly apis: readonly ApiReference[];
  /** @defaultValue one with nothing of the SDK but its commands */
  readonly client?: (api: number, recorder: Recorder) => ApiGatewayManagementApiClient;
  readonly postPath?: NonNullable<PublisherOptions["postPath"]>;
}

type Handlers = ReturnType<LeakWorld["deployOn"]>;

/**
 * Our handlers and publishers, one set for each API on one table, between clients who note everything and an oracle who
 * says what they should have noted.
 */
export class LeakWorld {
  readonly recorder = new Recorder();
  readonly exactness = new Exactness();
  readonly oracle = new Oracle(declarations);
  /** Those that are live. */
  readonly subscriptions = new Set<Subscription>();
  readonly #options: LeakWorldOptions;
  readonly #contexts = new Map<string, Fields>();
  readonly #deployed: readonly Handlers[];
  #publishes = 0;
  #deliveries = 0;
  #ended = 0;

  constructor(options: LeakWorldOptions) {
    this.#options = options;
    this.#deployed = options.apis.map((_, api) => this.deployOn(api));
  }

  deployOn(api: number) {
    const { store, apis, client: clientOf, postPath } = this.#options;
    const { apiId, stage } = apis[api] ?? { apiId: "", stage: "" };
    const chain = chainOn(store);
    const client = clientOf?.(api, this.recorder) ?? this.recorder.client(api);
    const onError = ({ error }: { readonly error: Error }): void => {
      this.recorder.errors.push(String(error.stack));
    };
    const publisher = chain.publisher({
      endpoint: `https://${apiId}.execute-api.us-east-1.amazonaws.com/${stage}`,
      client,
      // A busy machine is no reason to post again.
      postTimeoutMs: 60_000,
      deadlineMs: Number.POSITIVE_INFINITY,
      concurrency: 64,
      onError,
      ...(postPath !== undefined && { postPath }),
    });
    return {
      connect: chain.connect({ onError }),
      disconnect: chain.disconnect({ onError }),
      handler: chain.handler({
        client,
        createContext: ({ connection: { id } }): Fields => this.#contexts.get(id) ?? {},
        onError,
      }),
      route: (path: string) => Reflect.get(publisher.routes, path) as RouteVerbs,
    };
  }

  async open({ connectionId, api, ctx }: Connection): Promise<void> {
    this.#contexts.set(connectionId, ctx);
    const requestContext = this.#options.apis[api] ?? {};
    const event = connectEvent({ connectionId, requestContext });
    const { statusCode } = await this.#at(api).connect(event);
    if (statusCode !== 200) throw new Error(`$connect was answered with ${statusCode}`);
  }

  /** Asks for subscriptions of one connection in one frame. */
  async subscribe(subscriptions: readonly Subscription[]): Promise<void> {
    const [first] = subscriptions;
    if (first === undefined) return;
    const { connectionId, api } = first;
    for (const subscription of subscriptions) this.recorder.expect(subscription);
    const frame = subscriptions.map(({ id, path, input }, index) => ({
      id,
      ...(index % 3 === 0 && { jsonrpc: "2.0" }),
      method: "subscription",
      params: { path, input: superjson.serialize(input) },
    }));
    const requestContext = this.#options.apis[api] ?? {};
    await this.#at(api).handler(messageEvent(frame, { connectionId, requestContext }));
    this.exactness.check({ frame }, new Set(subscriptions), this.recorder.take("started"));
    for (const subscription of subscriptions) {
      this.oracle.add(subscription);
      this.subscriptions.add(subscription);
    }
  }

  async publish(address: Address): Promise<void> {
    const data = this.#publishes++;
    const { path, api, filters } = address;
    const filter = filters?.length === 1 ? filters[0] : filters;
    const options = filter === undefined ? { data } : { data, filter };
    const report = await this.#at(api).route(path).publish(options);
    const audience = this.oracle.audience(address);
    const { size } = audience;
    const call = { publish: data, ...address };
    const reached = this.recorder.deliveries.get(data) ?? [];
    this.recorder.deliveries.delete(data);
    this.#deliveries += reached.length;
    this.exactness.check(call, audience, reached);
    this.exactness.checkReport(call, reportOf(size), report);
  }

  async count(address: Address): Promise<void> {
    const { path, api, filters } = address;
    const { count } = this.#at(api).route(path);
    const counted = filters === undefined ? await count() : await count(filters);
    this.exactness.checkReport(address, this.oracle.audience(address).size, counted);
  }

  /** Ends an audience. @returns those that it ended */
  async complete(address: Address): Promise<readonly Subscription[]> {
    const { path, api, filters = [] } = address;
    const ended = [...this.oracle.named(address)];
    const report = await this.#at(api).route(path).complete(filters);
    this.exactness.check(address, new Set(ended), this.recorder.take("stopped"));
    this.exactness.checkReport(address, reportOf(ended.length), report);
    this.#forget(ended);
    return ended;
  }

  /** Closes the connections of an audience. @returns those that it closed */
  async disconnect(address: Address): Promise<readonly Connection[]> {
    const { path, api, filters = [] } = address;
    const audience = this.oracle.audience(address);
    const closed = new Map([...audience].map((one) => [`${api} ${one.connectionId}`, one]));
    const report = await this.#at(api).route(path).disconnect(filters);
    this.exactness.check(address, new Set(closed.keys()), this.recorder.takeClosed());
    this.exactness.checkReport(address, reportOf(closed.size), report);
    const connectionIds = new Set([...closed.values()].map(({ connectionId }) => connectionId));
    const gone = [...this.subscriptions].filter((one) => connectionIds.has(one.connectionId));
    this.#forget(gone);
    const requestContext = this.#options.apis[api] ?? {};
    for (const connectionId of connectionIds) {
      await this.#at(api).disconnect(disconnectEvent({ connectionId, requestContext }));
    }
    return [...closed.values()];
  }

  /** What was compared, and what came of it. `ended` are subscriptions that were completed or disconnected. */
  get figures() {
    const { leaks, missed, twice } = this.exactness;
    const counts = { publishes: this.#publishes, deliveries: this.#deliveries, ended: this.#ended };
    return { ...counts, leaks: leaks + this.recorder.strays.length, missed, twice };
  }

  /** Everything that is wrong, in words; what came that belongs to no call is wrong too. */
  get faults(): readonly string[] {
    const { strays, errors, deliveries, started, stopped, closed } = this.recorder;
    const late = [...deliveries.keys()].map((number) => `event ${number} came late`);
    const extra = started.length + stopped.length + closed.length;
    const unasked = extra === 0 ? [] : [`${extra} frames that nobody asked for`];
    const some = [strays, errors, late].flatMap((each) => each.slice(0, 5));
    return [...this.exactness.faults, ...some, ...unasked];
  }

  #at(api: number): Handlers {
    const deployed = this.#deployed[api];
    if (deployed === undefined) throw new Error(`there is no API ${api}`);
    return deployed;
  }

  #forget(subscriptions: readonly Subscription[]): void {
    this.#ended += subscriptions.length;
    for (const subscription of subscriptions) {
      this.oracle.remove(subscription);
      this.subscriptions.delete(subscription);
    }
  }
}

function reportOf(size: number): object {
  return { matched: size, delivered: size, gone: 0, failed: 0, complete: true };
}
