import { MissedEventError } from "trpc-aws-subscriptions";
import type { GatewayOptions, PostFault } from "trpc-aws-subscriptions/local";
import { describe, expect, it } from "vitest";
import { clientVersions } from "../client.ts";
import { newestVersion } from "../trpcVersion.ts";
import { rawSocket, started } from "../wire/rawSocket.ts";
import { startFeeds, textsOf, textsOnce } from "./feed.ts";

type Fault = PostFault | "hang" | undefined;

/** A feed where the posts of one event meet a fault. */
async function startFaulty(fault: (body: string) => Fault, options: Partial<GatewayOptions> = {}) {
  const failures: Error[] = [];
  const feeds = await startFeeds({
    publisher: {
      maxAttempts: 2,
      postTimeoutMs: 200,
      onError: ({ error }) => void failures.push(error),
    },
    gateway: { ...options, onPost: (_, body) => fault(body) },
  });
  return { ...feeds, failures };
}

const FAULTS: readonly (readonly [string, Exclude<Fault, undefined>])[] = [
  ["429", { statusCode: 429 }],
  ["500", { statusCode: 500 }],
  ["no answer", "hang"],
];

describe.each(clientVersions)("client %s", (version) => {
  it.each(FAULTS)(
    "skip-instead-of-fence: who could not be posted to (%s) comes back for it, the others go on",
    async (_, fault) => {
      let isBroken = true;
      let broken = "";
      const feeds = await startFaulty((body) =>
        isBroken && body.includes('"lost"') && body.includes(`"id":${broken},`) ? fault : undefined,
      );
      const { client } = feeds.join({ userId: "bob" }, version, { retryDelayMs: () => 0 });
      const quiet = feeds.visit(client, { room: "b" });
      const bob = feeds.visit(client, { room: "a" });
      const ann = feeds.enter({ userId: "ann", room: "a" }, version);
      await Promise.all([bob.started, quiet.started, ann.started]);
      await feeds.say("a", "one");
      await Promise.all([bob.received(1), ann.received(1)]);
      broken = "2";
      const report = await feeds.say("a", "lost");
      isBroken = false;
      expect(report).toMatchObject({ matched: 2, delivered: 1, failed: 1, complete: true });
      await feeds.say("a", "three");
      for (const one of [bob, ann]) {
        while (!textsOf(one.data).includes("three")) await one.received(one.data.length + 1);
      }
      expect(textsOnce(bob.data)).toEqual(["one", "lost", "three"]);
      // Twice, where a busy machine took longer than a post may.
      expect(textsOnce(ann.data)).toEqual(["one", "lost", "three"]);
      expect(feeds.failures).toHaveLength(1);
      expect(quiet.errors).toEqual([]);
    },
  );
});

it.each([{ statusCode: 403 }, { statusCode: 500 }, "hang"] as const)(
  "a connection that cannot be closed either (%o): `onError` is told what it misses",
  async (fault) => {
    const feeds = await startFaulty(
      (body) => (body.includes('"lost"') ? { statusCode: 500 } : undefined),
      {
        onClose: () => fault,
      },
    );
    const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
    await bob.started;
    const { eventId, failed } = await feeds.say("a", "lost");
    expect(failed).toBe(1);
    const missed = feeds.failures.find((error) => error instanceof MissedEventError);
    expect(missed).toMatchObject({ code: "MISSED_EVENT", eventId });
    // It goes on; and the event is in the history for a client that comes back soon.
    await feeds.say("a", "two");
    expect(textsOf(await bob.received(1))).toEqual(["two"]);
  },
);

it("tells `onEvent` which connection was closed", async () => {
  const feeds = await startFaulty((body) =>
    body.includes('"lost"') ? { statusCode: 500 } : undefined,
  );
  const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const connectionId = await bob.connectionId;
  await feeds.say("a", "lost");
  const told = feeds.told.find(({ type }) => type === "fenced");
  expect(told).toEqual({
    type: "fenced",
    connectionId,
    path: "onMessage",
    subscriptions: 1,
    step: "publisher",
  });
});

it("what `onStart` yields is not skipped when it cannot be posted: the subscription ends with an error", async () => {
  const feeds = await startFaulty((body) =>
    body.includes('"start"') ? { statusCode: 403 } : undefined,
  );
  const bob = feeds.snapshot({}, newestVersion);
  const error = await bob.failed();
  expect(error).toMatchObject({ data: { code: "SERVICE_UNAVAILABLE" } });
  expect(await feeds.table.routeRows()).toEqual([]);
});

it("a repeated invocation of a frame says the cursor too", async () => {
  const feeds = await startFeeds({ gateway: { duplicate: () => true } });
  const socket = await rawSocket(`${feeds.gateway.url}?session={}`);
  socket.subscribe(1, "onShout");
  await socket.next(started(1));
  await feeds.gateway.settled();
  await socket.sync();
  const answers = socket.frames.filter(started(1));
  expect(answers).toHaveLength(2);
  for (const { result } of answers) expect(result).toHaveProperty("cursor");
  await socket.close();
});
