import { describe, expect, it } from "vitest";
import { clientVersions } from "../client.ts";
import { newestVersion } from "../trpcVersion.ts";
import { rawSocket } from "../wire/rawSocket.ts";
import { idAt, startFeeds, textsOf, textsOnce } from "./feed.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long events are kept beyond the time a client may be away. */
const CONNECTED_MS = 4.5 * 60 * 60 * 1000;

describe.each(clientVersions)("client %s", (version) => {
  const gap = {
    message: expect.stringContaining("Load the current state"),
    data: { code: "PRECONDITION_FAILED", httpStatus: 412, path: "onMessage", cause: "RESUME_GAP" },
  };

  it("is told of a gap, and sent no part of it, when it was away for too long", async () => {
    const feeds = await startFeeds({ history: { ttlSeconds: 60 } });
    await feeds.say("a", "one");
    const lastEventId = idAt(Date.now() - 60_000 - CONNECTED_MS - 1_000);
    const bob = feeds.enter({ userId: "bob", room: "a", lastEventId }, version);
    expect(await bob.failed()).toMatchObject(gap);
    expect(bob.data).toEqual([]);
    expect(await feeds.table.routeRows()).toEqual([]);
  });

  it("is told of a gap when it missed more than it may be sent", async () => {
    const feeds = await startFeeds({ history: { maxEvents: 3 } });
    const lastEventId = feeds.publisher.cursor();
    for (const data of ["one", "two", "three"]) await feeds.say("a", data);
    const inTime = feeds.enter({ userId: "bob", room: "a", lastEventId }, version);
    expect(textsOf(await inTime.received(3))).toEqual(["one", "two", "three"]);
    await feeds.say("a", "four");
    const late = feeds.enter({ userId: "ann", room: "a", lastEventId }, version);
    expect(await late.failed()).toMatchObject(gap);
    expect(late.data).toEqual([]);
  });

  it("gets what `onGap` yields, with ids, and then live events", async () => {
    const feeds = await startFeeds({ history: { ttlSeconds: 60 } });
    const lastEventId = idAt(Date.now() - DAY_MS);
    const bob = feeds.snapshot({ lastEventId }, version);
    await bob.started;
    await feeds.publisher.routes.onState.publish({ data: "live" });
    await bob.received(3);
    expect(textsOf(bob.data)).toEqual([`gap since ${lastEventId}`, "start, resumed", "live"]);
    expect(new Set(bob.data.map(({ id }) => id)).size).toBe(3);
    // From here on it is like every other one.
    await feeds.cut(() => feeds.publisher.routes.onState.publish({ data: "missed" }));
    await bob.received(6);
    expect(textsOnce(bob.data)).toEqual([
      `gap since ${lastEventId}`,
      "start, resumed",
      "live",
      "missed",
      "start, resumed",
    ]);
  });

  it("has a cursor from `onStart`, whatever is published while the hook reads", async () => {
    const feeds = await startFeeds();
    const bob = feeds.snapshot({}, version);
    await bob.started;
    expect(textsOf(bob.data)).toEqual(["start"]);
    await feeds.cut(() => feeds.publisher.routes.onState.publish({ data: "missed" }));
    await bob.received(3);
    expect(textsOf(bob.data)).toEqual(["start", "missed", "start, resumed"]);
  });
});

it("a client that heard nothing for days is told of no gap", async () => {
  const feeds = await startFeeds({ history: { ttlSeconds: 60 } });
  const keptMs = 60_000 + 30_000 + CONNECTED_MS;
  const resume = async (lastEventId: string) => {
    const bob = feeds.enter({ userId: "bob", room: "a", lastEventId }, newestVersion);
    await Promise.race([bob.started, bob.failed()]);
    bob.unsubscribe();
    return bob.errors.length;
  };
  const notes = async () => (await feeds.table.rows()).filter(({ pk }) => pk.startsWith("quiet#"));
  // Young enough to be asked again.
  expect(await resume(idAt(Date.now() - 60_000))).toBe(0);
  expect(await notes()).toEqual([]);
  const old = idAt(Date.now() - keptMs + 60_000);
  expect(await resume(old)).toBe(0);
  const [note] = await notes();
  expect(note?.sk).toBe(old);
  expect(note?.expireAt).toBeCloseTo((Date.now() + keptMs) / 1000, -1);
  // Of somebody else, and of another event.
  const older = idAt(Date.now() - DAY_MS);
  expect(await resume(older)).toBe(1);
  const { store } = feeds;
  const streams = [
    undefined,
    "name#byUserAndRoom#ctx#userId#bob#input#room#a#",
    "name#byUserAndRoom#ctx#userId#bob#",
    "name#byRoom#input#room#a#",
  ];
  const quiet = { path: "onMessage", filters: streams, cursor: older };
  await store.history.noteQuiet(quiet, Date.now() - keptMs + 120_000, Date.now() / 1000 + 600);
  expect(await resume(older)).toBe(0);
  expect(await store.history.quietUntil(quiet)).toBeCloseTo(Date.now(), -4);
  await feeds.say("a", "at last");
  const bob = feeds.enter({ userId: "bob", room: "a", lastEventId: older }, newestVersion);
  expect(textsOf(await bob.received(1))).toEqual(["at last"]);
});

const good = idAt(Date.now());
const BAD_CURSORS: readonly (readonly [string, unknown])[] = [
  ["empty", ""],
  ["one character", "0"],
  ["too short by one", good.slice(1)],
  ["too long by one", `${good}0`],
  ["25 KB", "0".repeat(25_000)],
  ["capital letters", good.toUpperCase().replaceAll(/\d/g, "A")],
  ["a letter that is no digit", `${good.slice(0, -1)}u`],
  ["with a space", ` ${good.slice(1)}`],
  ["with a line break", `${good.slice(1)}\n`],
  ["with NUL", `${good.slice(1)}\u0000`],
  ["with #", `${good.slice(1)}#`],
  ["an emoji", `${good.slice(2)}😀`],
  ["a lone surrogate", `${good.slice(1)}\ud800`],
  ["a path", "../../../../etc/pass"],
  ["another system's id", "1700000000000-000000"],
  ["a UUID", "9b2f7f3e-8c51-4d0a-9f57-0a1b2c3d4e5f"],
  ["two minutes ahead", idAt(Date.now() + 120_000)],
  ["the last time of all", "z".repeat(20)],
  ["a number", 5],
  ["true", true],
  ["an object", { id: good }],
  ["a list", [good]],
];

it("bad cursors: each is BAD_REQUEST, and nothing else happens", async () => {
  const feeds = await startFeeds();
  await feeds.say("a", "secret");
  const socket = await rawSocket(`${feeds.gateway.url}?session={}`);
  const before = await feeds.table.rows();
  for (const [id, [what, lastEventId]] of BAD_CURSORS.entries()) {
    socket.send({
      id: id + 1,
      method: "subscription",
      params: { path: "onState", input: { lastEventId } },
    });
    const answer = await socket.next((frame) => frame.id === id + 1);
    expect(answer.error?.data.code, what).toBe("BAD_REQUEST");
    if (typeof lastEventId !== "string") continue;
    socket.send({
      id: `s${id}`,
      method: "subscription",
      params: { path: "onState", lastEventId },
    });
    const resumed = await socket.next((frame) => frame.id === `s${id}`);
    expect(resumed.error?.data.code, what).toBe("BAD_REQUEST");
  }
  await socket.sync();
  expect(socket.frames.filter(({ result }) => result !== undefined)).toEqual([]);
  expect(feeds.started).toEqual([]);
  expect(await feeds.table.rows()).toEqual(before);
  await socket.close();
});
