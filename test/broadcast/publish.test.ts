import { type AnyTRPCRouter, initTRPC, tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import type { Broker, TopicTransport } from "../../src/broadcast/broker.ts";
import { TopicNameError } from "../../src/errors/broadcast.ts";
import {
  type AnyFilter,
  type BroadcastEngine,
  type BroadcastPublisher,
  createBroadcastEngine,
  type EngineTypes,
  type FiltersOf,
  InvalidDataError,
  InvalidFilterError,
  InvalidOptionError,
  initSubscriptions,
  PayloadTooLargeError,
  type RouterOf,
  type SubscriptionsEvent,
  TransportError,
} from "../../src/index.ts";
import { createWorld, filteredWith } from "./world.ts";

interface Types extends EngineTypes {
  readonly handlers: Handlers<RouterOf<this>, FiltersOf<this>>;
}

interface Handlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter> {
  publisher(): BroadcastPublisher<TRouter, TFilters>;
}

/** An engine on a transport of the test's own. */
function engineOn(
  transport: TopicTransport,
  broker: Partial<Broker> = {},
  failures: unknown[] = [],
): BroadcastEngine<Types> {
  return createBroadcastEngine<Types>({
    broker: {
      name: "the broker",
      scope: "test",
      secret: "a secret of thirty-two bytes or more",
      maxPayloadBytes: 1_000,
      topicName: ({ route, audience, tag }) => `${route}/${audience}/${tag}`,
      ...broker,
    },
    steps: ["publisher"],
    handlers: (core) => ({
      publisher: () => core.publisher(transport, { onError: (failure) => failures.push(failure) }),
    }),
  });
}

/** A transport that notes what it is given, and does as it is told. */
function recording(publish?: TopicTransport["publish"]) {
  const sent: string[] = [];
  const transport: TopicTransport = {
    publish(messages, options) {
      sent.push(...messages.map(({ topic }) => topic));
      return (
        publish?.(messages, options) ?? Promise.resolve(messages.map(() => ({ status: "sent" })))
      );
    },
  };
  return { sent, transport };
}

const t = initTRPC.create();
const { resolver } = initSubscriptions();
const router = t.router({ news: t.procedure.subscription(resolver<unknown>()) });
const chain = initSubscriptions().router({ router });

describe("nothing is sent", () => {
  it.each([
    ["too large", { data: "é".repeat(480) }, PayloadTooLargeError],
    ["no JSON", { data: 1n }, InvalidDataError],
    ["missing", {}, InvalidDataError],
    ["for an unknown filter", { data: 1, filter: { name: "f" } }, InvalidFilterError],
    ["for a filter that is undefined", { data: 1, filter: undefined }, InvalidFilterError],
    ["with an unknown option", { data: 1, filters: [] }, InvalidFilterError],
    ["with a deadline that is none", { data: 1, deadlineMs: "1" }, InvalidOptionError],
    ["with a signal that is none", { data: 1, signal: {} }, InvalidOptionError],
  ])("of data that is %s", async (_, options, type) => {
    const { sent, transport } = recording();
    const publisher = chain.engine(engineOn(transport)).publisher();
    await expect(publisher.routes.news.publish(options as never)).rejects.toBeInstanceOf(type);
    expect(sent).toEqual([]);
  });

  it("when a topic's name breaks a limit", async () => {
    const { sent, transport } = recording();
    const topicName = (): string => {
      throw new TopicNameError("x", "is too long");
    };
    const publisher = chain.engine(engineOn(transport, { topicName })).publisher();
    await expect(publisher.routes.news.publish({ data: 1 })).rejects.toThrow(
      'topic "x" is too long',
    );
    expect(sent).toEqual([]);
  });

  it("to a route or with a verb that is not there", async () => {
    const { transport } = recording();
    const { routes } = chain.engine(engineOn(transport)).publisher();
    const untyped = routes as never as Record<string, Record<string, () => Promise<unknown>>>;
    await expect(untyped["other"]?.["publish"]?.()).rejects.toThrow('no subscription "other"');
    await expect(untyped["news"]?.["complete"]?.()).rejects.toThrow("the only verb");
  });
});

describe("the largest message", () => {
  it("is counted in bytes, with its envelope", async () => {
    const { sent, transport } = recording();
    const { publish } = chain.engine(engineOn(transport)).publisher().routes.news;
    // {"m":"<36>","d":"…"}
    const room = 1_000 - '{"m":"","d":""}'.length - 36;
    await publish({ data: "x".repeat(room) });
    await expect(publish({ data: "x".repeat(room + 1) })).rejects.toMatchObject({
      bytes: 1_001,
      maxBytes: 1_000,
      message: expect.stringContaining("the broker delivers at most 1000"),
    });
    expect(sent).toHaveLength(1);
  });
});

describe("a report", () => {
  const failed = { status: "failed", error: new TransportError("throttled", "slow down") } as const;

  it("counts the topics that got nothing, and onError is told of each", async () => {
    const failures: unknown[] = [];
    const { transport } = recording(async (messages) =>
      messages.map((_, index) => (index === 1 ? failed : { status: "sent" })),
    );
    const engine = engineOn(transport, {}, failures);
    const publisher = filteredWith().engine(engine).publisher();
    const report = await publisher.routes.chat.onMessage.publish({
      data: tracked("1", { text: "hi" }),
      filter: { name: "room", input: { room: "red", agent: "a" } },
    });
    expect(report).toEqual({
      messageId: expect.stringMatching(/^[\w-]{36}$/),
      topics: 2,
      sent: 1,
      failed: 1,
    });
    expect(failures).toEqual([
      { error: failed.error, path: "chat.onMessage", topic: expect.stringContaining("/f-room/") },
    ]);
  });

  it.each([
    ["fails all", async () => [failed], "throttled"],
    ["rejects", async () => Promise.reject(new Error("a bug")), "transient"],
    ["forgets one", async () => [], "transient"],
    ["hangs", () => new Promise<never>(() => {}), "transient"],
  ])("is none when a transport %s: the call rejects", async (_, publish, failure) => {
    const failures: unknown[] = [];
    const { transport } = recording(publish);
    const publisher = chain.engine(engineOn(transport, {}, failures)).publisher();
    const call = publisher.routes.news.publish({ data: 1, deadlineMs: 50 });
    await expect(call).rejects.toMatchObject({ failure, code: "TRANSPORT" });
    expect(failures).toHaveLength(1);
  });

  it("is told to onEvent, with the names of filters and no values", async () => {
    const events: SubscriptionsEvent[] = [];
    const { publisher, broker } = await createWorld({ onEvent: (event) => events.push(event) });
    const { publish } = publisher.routes.chat.onMessage;
    const data = tracked("1", { text: "secret" });
    const filter = { name: "mine", ctx: { userId: "ann" } } as const;
    const { messageId } = await publish({ data, filter });
    broker.setRefusing(true);
    await expect(publish({ data, filter })).rejects.toBeInstanceOf(TransportError);
    expect(events).toMatchObject([
      { type: "broadcast", messageId, filters: ["mine"], topics: 1, sent: 1, failed: 0 },
      { type: "failed", step: "publisher", code: "TRANSPORT", path: "chat.onMessage" },
      { type: "rejected", call: "publish", code: "TRANSPORT", path: "chat.onMessage" },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/ann|secret/);
  });
});

describe("a change of secrets", () => {
  it("publishes to the topics of each, those of the first one are granted", async () => {
    const [old, next] = ["an old secret of thirty-two bytes", "a new secret of thirty-two bytes"];
    const topicsOf = async (secret: Broker["secret"]): Promise<readonly string[]> => {
      const { sent, transport } = recording();
      await chain
        .engine(engineOn(transport, { secret }))
        .publisher()
        .routes.news.publish({ data: 1 });
      return sent;
    };
    const [ofOld, ofNext] = [await topicsOf(old), await topicsOf(next)];
    expect(await topicsOf([old, next])).toEqual([...ofOld, ...ofNext]);
    expect(await topicsOf([next, old])).toEqual([...ofNext, ...ofOld]);
    expect(ofOld).not.toEqual(ofNext);
  });
});
