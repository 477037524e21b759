import { preset } from "trpc-aws-subscriptions/client";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { clientVersions } from "../client.ts";
import { startFeeds, textsOf } from "../history/feed.ts";
import { isBefore } from "../trpcVersion.ts";

/** Options of a client with the file, which makes no pauses. */
function ours(options = {}) {
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  return { ...preset({ WebSocket, ...options }), retryDelayMs: () => 0 } as object;
}

it.each(clientVersions)(
  "each event once and in order over cuts, with two who publish meanwhile, and before the first event (client %s)",
  async (version) => {
    const feeds = await startFeeds();
    const bob = feeds.enter({ userId: "bob", room: "a" }, version, ours());
    await bob.started;
    const said: string[] = [];
    const say = async (text: string): Promise<void> => {
      said.push(text);
      await feeds.say("a", text);
    };
    for (let round = 0; round < 4; round++) {
      await feeds.cut(async () => {
        await say(`missed ${round}`);
        await say(`also ${round}`);
      });
      await Promise.all([say(`left ${round}`), say(`right ${round}`)]);
      await bob.received(said.length);
    }
    await feeds.gateway.settled();
    expect(textsOf(bob.data).toSorted()).toEqual(said.toSorted());
    const missed = textsOf(bob.data).filter((text) => /^(missed|also)/.test(text));
    expect(missed).toEqual(said.filter((text) => /^(missed|also)/.test(text)));
  },
);

it.each(clientVersions)(
  "begins a little before its start when it is cut without an event: the server's overlap (client %s)",
  async (version) => {
    const feeds = await startFeeds();
    await feeds.say("a", "just before");
    const bob = feeds.enter({ userId: "bob", room: "a" }, version, ours());
    await bob.started;
    for (const text of ["missed", "also missed"]) await feeds.cut(() => feeds.say("a", text));
    await bob.received(3);
    await feeds.gateway.settled();
    expect(textsOf(bob.data)).toEqual(["just before", "missed", "also missed"]);
  },
);

const since1125 = clientVersions.filter((version) => !isBefore(version, "11.25"));

it.each(since1125)(
  "race R10: is handed over again and again, each event once (client %s)",
  async (version) => {
    const feeds = await startFeeds({ handler: { handOverAfterMs: 0 }, mayReconnect: true });
    const bob = feeds.enter({ userId: "bob", room: "a" }, version, {
      ...ours({ handOver: true }),
      keepAlive: { enabled: true, intervalMs: 20, pongTimeoutMs: 10_000 },
    });
    await bob.started;
    const said: string[] = [];
    for (let round = 0; round < 4; round++) {
      const [socket = ""] = feeds.gateway.connectionIds();
      said.push(`before ${round}`);
      await feeds.say("a", `before ${round}`);
      await feeds.seen((seen) => seen.type === "closed" && seen.connectionId === socket);
      await bob.received(said.length);
    }
    expect(textsOf(bob.data)).toEqual(said);
    expect(bob.errors).toEqual([]);
  },
);

it.each(clientVersions)(
  "race R8: waits for the ack of its params, on each socket (client %s)",
  async (version) => {
    const feeds = await startFeeds();
    // Held for ever without an ack.
    const file = ours({ paramsAckTimeoutMs: 2 ** 31 - 1 });
    const connectionParams = { token: "t" };
    const bob = feeds.enter({ userId: "bob", room: "a" }, version, { ...file, connectionParams });
    await bob.started;
    await feeds.cut(() => feeds.say("a", "one"));
    await bob.received(1);
    expect(textsOf(bob.data)).toEqual(["one"]);
  },
);
