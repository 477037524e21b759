import { initTRPC } from "@trpc/server";
import {
  initSubscriptions,
  type PublisherErrorHandler,
  type PublisherOptions,
  type Store,
} from "trpc-aws-subscriptions";
import type { PostFault } from "trpc-aws-subscriptions/local";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../contract/observe.ts";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { addRows, MAX_DATA_BYTES, startWorld } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<string>()),
});
const buildChain = (store: Store) => subscriptions.router({ router }).store({ store });

type Failure = Parameters<PublisherErrorHandler>[0];

interface RoomOptions {
  readonly size: number;
  readonly version?: ClientVersion;
  readonly publisher?: Partial<PublisherOptions>;
  readonly plan?: Plan;
}

/** Subscribers with a connection each, whose events can be given faults. */
async function startRoom({ size, version, publisher, plan }: RoomOptions) {
  const faults = new Map<string, PostFault | "hang" | (() => PostFault | undefined)>();
  const failures: Failure[] = [];
  const world = await startWorld(buildChain, {
    publisher: { ...publisher, onError: (failure) => void failures.push(failure) },
    gateway: {
      onPost(connectionId, body) {
        if (!body.includes('"type":"data"')) return undefined;
        const fault = faults.get(connectionId);
        return typeof fault === "function" ? fault() : fault;
      },
    },
    ...(plan && { plan }),
  });
  const members = Array.from({ length: size }, () => world.join({}, version));
  const recordings = members.map(({ client }) =>
    record<string>((on) => client.onMessage.subscribe(undefined, on)),
  );
  await Promise.all(recordings.map(({ started }) => started));
  const ids = await Promise.all(members.map(({ connectionId }) => connectionId));
  /** Connection ids that still have a route. */
  const subscribed = async () =>
    (await world.table.routeRows()).map(({ sk }) => sk.split("#")[1]).toSorted();
  const { publish } = world.publisher.routes.onMessage;
  return { ...world, faults, failures, recordings, ids, subscribed, publish };
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

describe.each(clientVersions)("client %s", (version) => {
  it("R3 C8: a 410, a 403, a 500, a 429 and a hanging connection among 50 healthy ones", async () => {
    const publisher = { postTimeoutMs: 1_000, maxAttempts: 2 };
    const room = await startRoom({ size: 55, version, publisher });
    const { faults, failures, recordings, ids, posts, publish } = room;
    const [gone = "", forbidden = "", broken = "", slow = "", hanging = ""] = ids;
    faults.set(gone, { statusCode: 410 });
    faults.set(forbidden, { statusCode: 403 });
    faults.set(broken, { statusCode: 500 });
    faults.set(slow, { statusCode: 429 });
    faults.set(hanging, "hang");
    expect(await publish({ data: "hi" })).toEqual({
      matched: 55,
      delivered: 50,
      gone: 1,
      failed: 4,
      complete: true,
    });
    for (const recording of recordings.slice(5)) await recording.received(1);
    expect(recordings.map(({ data }) => data.length)).toEqual([
      0,
      0,
      0,
      0,
      0,
      ...Array(50).fill(1),
    ]);
    const told = failures.map(({ error, path, connectionId }) => [connectionId, path, error]);
    expect(new Map(told.map(([id, ...rest]) => [id, rest]))).toEqual(
      new Map(
        Object.entries({
          [forbidden]: "forbidden",
          [broken]: "transient",
          [slow]: "throttled",
          [hanging]: "transient",
        }).map(([id, failure]) => [id, ["onMessage", expect.objectContaining({ failure })]]),
      ),
    );
    expect(told.length).toBe(4);
    const tries = (connectionId: string) =>
      posts.filter((post) => post.connectionId === connectionId).length;
    expect([gone, forbidden, broken, slow, hanging].map(tries)).toEqual([1, 1, 2, 2, 2]);
    expect(await room.subscribed()).toEqual(ids.slice(1).toSorted());
    expect(await room.store.getConnection(gone)).toBeUndefined();
    expect(await room.store.getConnection(forbidden)).toBeDefined();
  });
});

describe("C8: when every post fails", () => {
  it.each([
    [403, "forbidden", 1],
    [413, "tooLarge", 1],
    [429, "throttled", 2],
    [500, "transient", 2],
    [503, "transient", 2],
    [418, "unknown", 1],
  ] as const)("with %i, the report and onError say so", async (statusCode, failure, tries) => {
    const room = await startRoom({ size: 3, publisher: { maxAttempts: 2 } });
    for (const id of room.ids) room.faults.set(id, { statusCode, errorName: "" });
    const report = await room.publish({ data: "hi" });
    expect(report).toEqual({ matched: 3, delivered: 0, gone: 0, failed: 3, complete: true });
    expect(room.failures.map(({ connectionId }) => connectionId).toSorted()).toEqual(
      room.ids.toSorted(),
    );
    for (const { error } of room.failures) expect(error).toMatchObject({ failure });
    expect(room.posts.length).toBe(3 * tries);
    expect((await room.subscribed()).length).toBe(3);
  });
});

it("a fault that passes is no failure: the message arrives once", async () => {
  const room = await startRoom({ size: 3, publisher: { maxAttempts: 3 } });
  for (const [index, statusCode] of [429, 500].entries()) {
    const answers = [{ statusCode }, { statusCode }];
    room.faults.set(room.ids[index] ?? "", () => answers.shift());
  }
  expect(await room.publish({ data: "hi" })).toMatchObject({ delivered: 3, failed: 0 });
  await room.publish({ data: "end" });
  for (const recording of room.recordings) {
    expect(await recording.received(2)).toEqual(["hi", "end"]);
  }
  expect(room.failures).toEqual([]);
});

it("a subscriber whose own frame is too long fails alone", async () => {
  const room = await startRoom({ size: 1 });
  const connectionId = room.ids[0] ?? "";
  await addRows(room.store, { connectionId, path: "onMessage", ids: ["i".repeat(64)] });
  // The longest that is published; the other subscription's id is short.
  const data = "x".repeat(MAX_DATA_BYTES);
  expect(await room.publish({ data })).toMatchObject({ matched: 2, delivered: 1, failed: 1 });
  expect(room.failures).toMatchObject([{ connectionId, error: { failure: "tooLarge" } }]);
});

describe("deadline", () => {
  it("C25: ends a fan-out of hanging posts, and leaves no timer", async () => {
    const options = { deadlineMs: 300, concurrency: 2, postTimeoutMs: 60_000 };
    const room = await startRoom({ size: 6, publisher: options });
    for (const id of room.ids) room.faults.set(id, "hang");
    const before = timers();
    const report = await room.publish({ data: "hi" });
    expect(report).toMatchObject({ matched: 2, delivered: 0, failed: 2, complete: false });
    expect(timers()).toBeLessThanOrEqual(before);
    expect(room.failures.map(({ error }) => error.message)).toEqual([
      "no answer from the endpoint until the deadline",
      "no answer from the endpoint until the deadline",
    ]);
    for (const id of room.ids) room.faults.delete(id);
    // The two that were under way may have arrived: only the others are tried again.
    const rest = await room.publisher.resume(report.cursor ?? "");
    expect(rest).toEqual({ matched: 4, delivered: 4, gone: 0, failed: 0, complete: true });
  });

  it("fails those that were under way, and is complete when there was nobody else", async () => {
    const options = { deadlineMs: 300, concurrency: 64, postTimeoutMs: 60_000 };
    const room = await startRoom({ size: 3, publisher: options });
    room.faults.set(room.ids[0] ?? "", "hang");
    const report = await room.publish({ data: "hi" });
    expect(report).toEqual({ matched: 3, delivered: 2, gone: 0, failed: 1, complete: true });
  });

  it("Infinity is none", async () => {
    const room = await startRoom({ size: 2, publisher: { deadlineMs: Number.POSITIVE_INFINITY } });
    expect(await room.publish({ data: "hi" })).toMatchObject({ delivered: 2, complete: true });
  });
});

describe("a table that fails", () => {
  it("at the first page: publish rejects, nobody got anything", async () => {
    const isOn = { now: false };
    const refuse = new Error("no table today");
    const plan: Plan = ({ command }) =>
      isOn.now && command === "QueryCommand" ? { refuse } : undefined;
    const room = await startRoom({ size: 2, plan });
    isOn.now = true;
    await expect(room.publish({ data: "hi" })).rejects.toThrow("no table today");
    expect(room.posts).toEqual([]);
  });

  it.each(["publish", "complete"] as const)(
    "R3: at a later page: %s reports what was done",
    async (verb) => {
      let queries = 0;
      const isOn = { now: false };
      const room = await startRoom({
        size: 4,
        plan({ command }) {
          if (!isOn.now || command !== "QueryCommand") return undefined;
          // One row a page.
          return ++queries === 3 ? { refuse: new Error("no table") } : { input: { Limit: 1 } };
        },
      });
      isOn.now = true;
      const { complete } = room.publisher.routes.onMessage;
      const report = await (verb === "publish" ? room.publish({ data: "hi" }) : complete());
      expect(report).toMatchObject({ matched: 2, delivered: 2, failed: 0, complete: false });
      expect(room.failures).toMatchObject([{ path: "onMessage", error: { message: "no table" } }]);
      if (!("cursor" in report)) return expect(verb).toBe("complete");
      expect(await room.publisher.resume(report.cursor ?? "")).toMatchObject({ delivered: 2 });
      for (const { received } of room.recordings) expect(await received(1)).toEqual(["hi"]);
    },
  );
});
