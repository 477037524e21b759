import { expect, it } from "vitest";
import type { Fault } from "../../contract/observe.ts";
import { deferred } from "../deferred.ts";
import { newestVersion } from "../trpcVersion.ts";
import { idAt, startFeeds, textsOnce } from "./feed.ts";

/** A subscriber who was sent an event, and whose next one waits in `onData` for the test if it is "slow". */
async function startSlow(publisher: { readonly postTimeoutMs?: number } = {}) {
  const hook = deferred();
  const {
    publisher: shouter,
    listen,
    told,
  } = await startFeeds({
    publisher,
    shouting: (text) => (text === "slow" ? hook.promise : undefined),
  });
  const { publish } = shouter.routes.onShout;
  const bob = listen("bob", newestVersion);
  await bob.started;
  await publish({ data: "one" });
  await bob.received(1);
  return { bob, hook, publish, told };
}

it("who was cut off by the deadline while `onData` made the event comes back for it", async () => {
  const { bob, hook, publish } = await startSlow();
  const report = await publish({ data: "slow", deadlineMs: 300 });
  expect(report).toMatchObject({ matched: 1, failed: 1 });
  hook.resolve();
  while (textsOnce(bob.data).length < 2) await bob.received(bob.data.length + 1);
  expect(textsOnce(bob.data)).toEqual(["bob: one", "bob: slow"]);
});

it("whose `onData` takes longer than it may comes back for the event, before later ones move its cursor", async () => {
  const { bob, hook, publish, told } = await startSlow({ postTimeoutMs: 500 });
  expect(await publish({ data: "slow" })).toMatchObject({ failed: 1, complete: true });
  hook.resolve();
  expect(told.filter(({ type }) => type === "fenced")).toHaveLength(1);
  await publish({ data: "later" });
  while (textsOnce(bob.data).length < 3) await bob.received(bob.data.length + 1);
  expect(textsOnce(bob.data)).toEqual(["bob: one", "bob: slow", "bob: later"]);
});

it("a quiet note that cannot be written costs no subscription", async () => {
  const feeds = await startFeeds({
    plan: ({ command, input }): Fault | undefined =>
      command === "PutItemCommand" && JSON.stringify(input).includes("quiet#")
        ? { refuse: new Error("no table") }
        : undefined,
  });
  const lastEventId = idAt(Date.now() - 4 * 60 * 60 * 1000);
  const bob = feeds.enter({ userId: "bob", room: "a", lastEventId }, newestVersion);
  await bob.started;
  expect(feeds.errors.map(({ error }) => error.cause)).toEqual([new Error("no table")]);
  expect(bob.errors).toEqual([]);
});
