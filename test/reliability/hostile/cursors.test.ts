import { memory, recordingClient } from "trpc-aws-subscriptions/testing";
import { afterAll, describe, expect, it } from "vitest";
import { type Sealed, sealCursor } from "../../../src/publisher/cursor.ts";
import { subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";
import { report } from "../figures.ts";
import { watchedStore } from "./filterWorld.ts";

const router = t.router({
  hello: t.procedure.query(() => "hi"),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
  onWide: t.procedure.subscription(subscriptions.resolver<string>({ shards: 2 })),
});

const { store, calls } = watchedStore(memory());
const recording = recordingClient();
const { client, endpoint } = recording;
const publisher = subscriptions.router({ router }).store({ store }).publisher({ client, endpoint });
const secret = await store.signingKey();
const foreignSecret = await memory().signingKey();
const nowMs = Date.now();
const LIFETIME_MS = (2 * 60 + 15) * 60_000;

const sealed: Sealed = {
  event: '"result":{"type":"data","data":"x"}',
  job: {
    id: "publish-1",
    part: "0",
    path: "onPing",
    keys: [undefined],
    position: { key: 0, after: [] },
    pending: [],
    issuedAtMs: nowMs,
  },
};
const withJob = (job: Partial<Sealed["job"]>): Sealed => ({
  ...sealed,
  job: { ...sealed.job, ...job },
});
const ours = (one: Sealed): string => sealCursor(one, secret);
const good = ours(sealed);
const [version = "", body = "", signature = ""] = good.split(".");

type Case = readonly [name: string, cursor: unknown, problem: string];

const cases: readonly Case[] = [
  ["undefined", undefined, "malformed"],
  ["null", null, "malformed"],
  ["a number", 7, "malformed"],
  ["an array of one", [good], "malformed"],
  ["an object with a toString", { toString: () => good }, "malformed"],
  ["bytes", Buffer.from(good), "malformed"],
  ["a String object", Object(good), "malformed"],
  ["an empty text", "", "malformed"],
  ["a report", JSON.stringify({ cursor: good }), "malformed"],
  ["a megabyte", "v1.".repeat(350_000), "malformed"],
  ["another version", good.replace("v1.", "v2."), "malformed"],
  ["one without its signature", `${version}.${body}`, "malformed"],
  ["one that is cut", good.slice(0, -1), "forged"],
  ["one whose body is cut", `${version}.${body.slice(0, -4)}.${signature}`, "forged"],
  ["one with a body of nothing", `${version}..${signature}`, "forged"],
  ["two in one", `${version}.${body}${body}.${signature}`, "forged"],
  ["one with __proto__ for a body", `${version}.__proto__.${signature}`, "forged"],
  ["one of another table", sealCursor(sealed, foreignSecret), "forged"],
  ["one signed with nothing", sealCursor(sealed, ""), "forged"],
  ["one that is too old", ours(withJob({ issuedAtMs: nowMs - LIFETIME_MS - 1 })), "expired"],
  ["one of another API", ours(withJob({ api: { apiId: "other", stage: "test" } })), "unknown"],
  [
    "one of another stage",
    ours(withJob({ api: { apiId: "a1b2c3d4e5", stage: "dev" } })),
    "unknown",
  ],
  ["one for no procedure", ours(withJob({ path: "nowhere" })), "unknown"],
  ["one for a query", ours(withJob({ path: "hello" })), "unknown"],
  ["one for __proto__", ours(withJob({ path: "__proto__" })), "unknown"],
  ["one for toString", ours(withJob({ path: "toString" })), "unknown"],
  ["one whose event is not kept", ours({ job: withJob({ id: "gone" }).job }), "unknown"],
  [
    "one of a route with more shards",
    ours(
      withJob({
        path: "onWide",
        position: { key: 0, after: [{ pk: "path#onWide#7", sk: "connection#a" }] },
      }),
    ),
    "unknown",
  ],
  [
    "one that goes on in another route",
    ours(withJob({ position: { key: 0, after: [{ pk: "path#onWide", sk: "connection#a" }] } })),
    "unknown",
  ],
];

describe("S13, S18: resume refuses, and posts to nobody,", () => {
  it.each(cases)("%s", async (_name, cursor, problem) => {
    const before = calls.length;
    const resume = publisher.resume(cursor as string);
    await expect(resume).rejects.toMatchObject({ name: "CursorError", problem });
    expect(recording.posts).toEqual([]);
    const reads = calls.slice(before).filter((name) => name !== "signingKey");
    expect(reads.filter((name) => name !== "findRoutes" && name !== "getSubscriptions")).toEqual(
      [],
    );
  });

  it("but takes the good one", async () => {
    expect(await publisher.resume(good)).toMatchObject({ matched: 0, complete: true });
  });
});

afterAll(() => report("hostile cursors", { cases: cases.length }));
