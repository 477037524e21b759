import { initTRPC } from "@trpc/server";
import { initSubscriptions, type PublishReport } from "trpc-aws-subscriptions";
import {
  connectEvent,
  memory,
  messageEvent,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adapterOf, subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";
import { report } from "../figures.ts";

/** Arrays around one another. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

const nestedText = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const recursive: z.ZodType<unknown> = z.lazy(() => z.union([z.number(), z.array(recursive)]));

/** What is published and yielded here. */
const made = { value: undefined as unknown };

const router = t.router({
  echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
  make: t.procedure.query(() => made.value),
  onPlain: t.procedure.subscription(subscriptions.resolver<unknown>()),
  onChecked: t.procedure.subscription(subscriptions.resolver(recursive)),
  onOwn: t.procedure.subscription(subscriptions.resolver<unknown>({ onData: () => made.value })),
  onStarted: t.procedure.subscription(
    subscriptions.resolver<unknown>({
      async *onStart() {
        yield made.value;
      },
    }),
  ),
});

const echo = (input: string, id = 1): string =>
  `{"id":${id},"method":"query","params":{"path":"echo","input":${input}}}`;
const codes = (frames: readonly unknown[]): unknown =>
  frames.map((frame) => JSON.parse(JSON.stringify(frame)).error?.data.code ?? "data");

const MALFORMED = ["PARSE_ERROR"];

describe("S5: depth", () => {
  // Around the input are the message and its params, and the array of a batch.
  it.each([
    ["63 levels of a message", echo(nestedText(61)), ["data"]],
    ["64 levels of a message", echo(nestedText(62)), ["data"]],
    ["65 levels of a message", echo(nestedText(63)), MALFORMED],
    ["64 levels of a batch", `[${echo(nestedText(61))}]`, ["data"]],
    ["65 levels of a batch", `[${echo(nestedText(62))}]`, MALFORMED],
    ["65 levels in one message of three", `[${echo("1")},${echo(nestedText(62))},1]`, MALFORMED],
    [
      "3,000 levels in connectionParams",
      `{"method":"connectionParams","data":${nestedText(3_000)}}`,
      MALFORMED,
    ],
    ["60,000 arrays", nestedText(60_000), MALFORMED],
    ["60,000 arrays in an input", echo(nestedText(60_000)), MALFORMED],
    ["20,000 objects", `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`, MALFORMED],
    ["60,000 arrays that do not end", "[".repeat(60_000), MALFORMED],
    [
      "60,000 arrays in a member that is overwritten",
      `{"a":${nestedText(60_000)},"a":1,${echo("1").slice(1)}`,
      ["data"],
    ],
  ])("%s", async (_name, body, told) => {
    const { open, handler, frames } = adapterOf(router);
    await open();
    expect(await handler(messageEvent(body))).toEqual({ statusCode: 200 });
    expect(codes(frames())).toEqual(told);
  });
});

const MAX_BYTES = 131_072;
const filled = (piece: string): string => {
  const text = `${piece},`.repeat(Math.floor((MAX_BYTES - 200) / (piece.length + 1)));
  return `[${text.slice(0, -1)}]`;
};

describe("S5: the nodes that fit into 128 KB", () => {
  const cpuMs: Record<string, number> = {};

  it.each([
    ["65,000 numbers", "1"],
    ["43,000 arrays", "[]"],
    ["43,000 objects", "{}"],
    ["9,000 objects in objects", '{"a":{"b":{}}}'],
    ["1,700 trees of 63 levels", `${"[".repeat(38)}${"]".repeat(38)}`],
    ["12,000 members of many names", '{"a":1,"b":[2]}'],
  ])("%s, as messages and as an input", async (name, piece) => {
    const text = filled(piece);
    const cpu = process.cpuUsage();
    const { open, handler, frames } = adapterOf(router);
    await open();
    await handler(messageEvent(text));
    // One for each message that is looked at.
    expect(codes(frames())).toEqual(Array.from({ length: 200 }, () => "PARSE_ERROR"));
    await handler(messageEvent(echo(text, 2)));
    expect(frames().at(-1)).toEqual({
      id: 2,
      result: { type: "data", data: { input: JSON.parse(text) } },
    });
    const { user, system } = process.cpuUsage(cpu);
    cpuMs[name] = Math.round((user + system) / 1_000);
  });

  afterAll(() => report("hostile nodes, CPU ms", cpuMs));
});

interface Route {
  publish(options: object): Promise<PublishReport>;
}

async function subscribed(path: string) {
  const adapter = adapterOf(router);
  await adapter.open();
  const frames = await adapter.send({ id: 1, method: "subscription", params: { path } });
  const { client, endpoint } = adapter.recording;
  const reported: unknown[] = [];
  const onError = ({ error }: { readonly error: unknown }): void => {
    reported.push(error);
  };
  const publisher = adapter.chain.publisher({ client, endpoint, onError });
  const routes = publisher.routes as unknown as Readonly<Record<string, Route>>;
  const publish = (data: unknown): Promise<PublishReport> =>
    routes[path]?.publish({ data }) ?? Promise.reject(new Error("no such route"));
  return { ...adapter, frames, reported, publish };
}

const circle: unknown[] = [];
circle.push(circle);
const wide: unknown[] = Array.from({ length: 200_000 }, () => ({}));
wide.push(1n);
/** Each is in the next one twice: few objects, and very many ways to the last one. */
let twice: unknown = 1n;
for (let level = 0; level < 40; level++) twice = [twice, twice];
/** A circle behind so many objects that looking at all that is around each would never end. */
let behind: unknown = circle;
for (let level = 0; level < 2_000; level++) behind = [behind];

describe("S5: published data", () => {
  it.each([1_000, 3_000])("of %i levels is delivered", async (levels) => {
    const { publish, recording } = await subscribed("onPlain");
    expect(await publish(nested(levels))).toMatchObject({ delivered: 1 });
    expect(recording.posts.at(-1)?.frame).toContain("[".repeat(levels));
  });

  it.each([
    ["60,000 levels", nested(60_000)],
    ["a circle", circle],
    ["a circle behind 2,000 levels", behind],
    ["a bigint behind 200,000 objects", wide],
    ["a bigint at the end of 2^40 ways", twice],
  ])("with %s is refused, in time that grows with its size", async (_name, data) => {
    const { publish, recording } = await subscribed("onPlain");
    const before = recording.posts.length;
    await expect(publish(data)).rejects.toMatchObject({
      name: "InvalidDataError",
      path: "onPlain",
      place: expect.stringMatching(/^data/),
    });
    expect(recording.posts).toHaveLength(before);
  });

  it("that the schema's own recursion cannot follow is refused", async () => {
    const { publish } = await subscribed("onChecked");
    const failure = { name: "InvalidDataError", place: "data", cause: expect.any(RangeError) };
    await expect(publish(nested(60_000))).rejects.toMatchObject(failure);
    expect(await publish(nested(100))).toMatchObject({ delivered: 1 });
  });

  it("that onData makes is counted and reported", async () => {
    const { publish, reported } = await subscribed("onOwn");
    made.value = nested(60_000);
    expect(await publish(1)).toMatchObject({ matched: 1, delivered: 0, failed: 1 });
    expect(reported).toMatchObject([{ name: "InvalidDataError", path: "onOwn" }]);
  });

  it("that onStart makes ends the subscription with an error", async () => {
    made.value = nested(60_000);
    const { frames, store } = await subscribed("onStarted");
    expect(codes(frames)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(await store.getSubscriptions([{ connectionId: "connection", id: 1 }])).toEqual([]);
  });

  it("that a query returns is answered with an error", async () => {
    made.value = nested(60_000);
    const { open, send } = adapterOf(router);
    await open();
    const frames = await send({ id: 1, method: "query", params: { path: "make" } });
    expect(codes(frames)).toEqual(["INTERNAL_SERVER_ERROR"]);
  });
});

describe("S5: what is stored", () => {
  it.each([
    ["3,000 levels", nested(3_000), 200],
    ["60,000 levels", nested(60_000), 500],
    ["a circle", circle, 500],
  ])("a session of %s", async (_name, session, statusCode) => {
    const { connect, send, failures } = adapterOf(router, {
      connect: { authorize: () => ({ session }) },
    });
    expect(await connect(connectEvent())).toEqual({ statusCode });
    expect(failures).toHaveLength(statusCode === 200 ? 0 : 1);
    const frames = await send({ id: 1, method: "query", params: { path: "echo" } });
    expect(codes(frames)).toEqual([statusCode === 200 ? "data" : "UNAUTHORIZED"]);
  });

  it("an input for hooks that a transformer makes deeper than JSON can follow", async () => {
    const deep = {
      serialize: (value: unknown) => value,
      deserialize: (value: unknown) => (typeof value === "number" ? nested(value) : value),
    };
    const own = initTRPC.create({ transformer: deep });
    const resolver = initSubscriptions().resolver<string>({ onStop: async () => undefined });
    const onDeep = own.procedure.input(z.unknown()).subscription(resolver);
    const store = memory();
    const { client, messages } = recordingClient();
    const chain = subscriptions.router({ router: own.router({ onDeep }) }).store({ store });
    await chain.connect()(connectEvent());
    for (const [id, input] of [60_000, 10].entries()) {
      const params = { path: "onDeep", input };
      await chain.handler({ client })(messageEvent({ id, method: "subscription", params }));
    }
    expect(codes(messages("connection"))).toEqual(["INTERNAL_SERVER_ERROR", "data"]);
    expect(store.countRoutes()).toBe(1);
  });
});
