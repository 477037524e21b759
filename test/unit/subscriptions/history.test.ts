import { describe, expect, it } from "vitest";
import { BuilderError } from "../../../src/errors.ts";
import { createResolver, definitionIn } from "../../../src/subscriptions/resolver.ts";
import { subscriberStreams } from "../../../src/subscriptions/streams.ts";

const historyOf = (history: object) => definitionIn(createResolver<string>({ history }))?.history;
const CONNECTED_MS = 4.5 * 60 * 60 * 1000;

describe("history", () => {
  it("has defaults, each of which can be set", () => {
    expect(historyOf({})).toEqual({
      maxEvents: 500,
      overlapMs: 30_000,
      keptMs: 600_000 + 30_000 + CONNECTED_MS,
    });
    expect(historyOf({ ttlSeconds: 1, maxEvents: 1, overlapSeconds: 6 })).toEqual({
      maxEvents: 1,
      overlapMs: 6_000,
      keptMs: 1_000 + 6_000 + CONNECTED_MS,
    });
    expect(historyOf({ ttlSeconds: undefined })).toEqual(historyOf({}));
    expect(definitionIn(createResolver<string>())?.history).toBeUndefined();
  });

  it.each([
    [{ ttlSeconds: 0 }, "history.ttlSeconds is 0"],
    [{ ttlSeconds: 86_401 }, "history.ttlSeconds is 86401"],
    [{ ttlSeconds: 1.5 }, "history.ttlSeconds is 1.5"],
    [{ ttlSeconds: "600" }, "history.ttlSeconds is 600"],
    [{ maxEvents: Number.NaN }, "history.maxEvents is NaN"],
    [{ maxEvents: 10_001 }, "history.maxEvents is 10001"],
    [{ overlapSeconds: 5 }, "history.overlapSeconds is 5"],
    [{ ttl: 5 }, 'unknown option "history.ttl"'],
    [[], "history is not an object"],
    [null, "history is not an object"],
    [600, "history is not an object"],
  ])("refuses %j", (history, message) => {
    expect(() => historyOf(history as never)).toThrow(BuilderError);
    expect(() => historyOf(history as never)).toThrow(message);
  });

  it("is what onGap needs", () => {
    const onGap = async () => undefined;
    expect(() => createResolver<string>({ onGap } as never)).toThrow("onGap needs history");
    expect(() => createResolver<string>({ history: {}, onGap: 5 } as never)).toThrow(
      "onGap is 5, not a function",
    );
  });
});

it("a subscriber's streams are all that a publish which reaches it can be addressed to", () => {
  const filters = new Map([
    [
      "a",
      [
        { name: "both", ctx: ["user"], input: ["room"] },
        { name: "ctx", ctx: ["user"], input: [] },
        { name: "input", ctx: [], input: ["room"] },
        { name: "missing", ctx: ["tenant"], input: ["room"] },
      ],
    ],
  ]);
  const subscriber = { ctx: { user: "u#" }, input: { room: 5 } };
  expect(subscriberStreams({ filters }, { path: "a", ...subscriber })).toEqual([
    undefined,
    "name#both#ctx#user#u%23#input#room#%n5#",
    "name#both#ctx#user#u%23#",
    "name#ctx#ctx#user#u%23#",
    "name#input#input#room#%n5#",
  ]);
  expect(subscriberStreams({ filters }, { path: "b", ...subscriber })).toEqual([undefined]);
});
