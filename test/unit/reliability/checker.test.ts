import { describe, expect, test } from "vitest";
import { deliveryFaults } from "../../reliability/simulation/checker.ts";
import type { Subscription } from "../../reliability/simulation/client.ts";
import type { Publish } from "../../reliability/simulation/world.ts";

const SECOND_MS = 1_000;

/** A history: what a client saw, and what was published. Moments count everything. */
function judge(
  subscriptions: Subscription[],
  publishes: readonly Publish[],
  closedAt?: number,
): readonly string[] {
  return deliveryFaults([{ subscriptions, closedAt }], publishes);
}

/** Sent at 0, live since 1. */
function subscription(own: Partial<Subscription> = {}): Subscription {
  const seen = { sentAt: 0, startedAt: 1, started: 1, events: [] };
  return { id: 1, room: "a", userId: "bob", ...seen, ...own };
}

/** Begins at 10, ends at 20. */
function publish(own: Partial<Publish> = {}): Publish {
  return { room: "a", number: 0, publisher: "first", beganAt: 10, endedAt: 20, ...own };
}

/** Events that came, by number and moment. */
function events(...received: readonly (readonly [number: number, at: number])[]) {
  return { events: received.map(([number, at]) => ({ at, event: { room: "a", number } })) };
}

test("what was delivered once to whom it was for is right", () => {
  const one = subscription(events([0, 15], [1, 35]));
  const two = [publish(), publish({ number: 1, beganAt: 30, endedAt: 40 })];
  expect(judge([one], two)).toEqual([]);
});

describe("LEAKED", () => {
  const said = ["LEAKED: event 0 at subscription 1 of room a"];

  test("another room's", () => {
    expect(judge([subscription(events([0, 15]))], [publish({ room: "ab" })])).toEqual(said);
  });

  test("another user's", () => {
    expect(judge([subscription(events([0, 15]))], [publish({ userId: "bo" })])).toEqual(said);
  });

  test("none of those whose params may have been the first", () => {
    const users = new Set(["bob", "bobby"]);
    const one = subscription({ users, ...events([0, 15]) });
    expect(judge([one], [publish({ userId: "mallory" })])).toEqual(said);
    expect(judge([one], [publish({ userId: "bobby" })])).toEqual([]);
  });

  test("nobody's, unless an earlier use of the wire id asked for it", () => {
    const earlier = subscription({ room: "b", stopSentAt: 12, stoppedAt: 18 });
    const later = subscription({ sentAt: 13, startedAt: 14, ...events([0, 15]) });
    expect(judge([earlier, later], [publish({ room: "b" })])).toEqual([]);
    expect(judge([{ ...earlier, id: 2 }, later], [publish({ room: "b" })])).toEqual(said);
  });

  test("everybody's is nobody else's", () => {
    const { room: _, ...toEverybody } = publish();
    expect(judge([subscription(events([0, 15]))], [toEverybody])).toEqual([]);
  });
});

describe("lost", () => {
  const said = ["lost: event 0 at subscription 1 of room a"];

  test("live from before until after it", () => {
    expect(judge([subscription()], [publish()])).toEqual(said);
  });

  test("live for the room, the user, and everybody", () => {
    const { room: _, ...toEverybody } = publish();
    expect(judge([subscription()], [publish({ userId: "bob" })])).toEqual(said);
    expect(judge([subscription()], [toEverybody])).toEqual(said);
  });

  test.each<[string, Partial<Subscription>]>([
    ["it was not known to be live before", { startedAt: 11 }],
    ["it was known only afterwards", { startedAt: 21 }],
    ["it was refused", { refusedAt: 2 }],
    ["it was stopped meanwhile", { stopSentAt: 19 }],
    ["others were ending it meanwhile", { endingAt: 19 }],
    ["the `started` may be an earlier use's", { isMistakable: true }],
  ])("is not said where %s", (_, own) => {
    expect(judge([subscription(own)], [publish()])).toEqual([]);
  });

  test("is not said where the socket closed meanwhile", () => {
    expect(judge([subscription()], [publish()], 19)).toEqual([]);
    expect(judge([subscription()], [publish()], 21)).toEqual(said);
  });

  test("is not said of a publish without an end", () => {
    const { endedAt: _, ...unended } = publish();
    expect(judge([subscription()], [unended])).toEqual([]);
  });

  test("is not said where the rows end about that time", () => {
    const one = subscription({ endsAtMs: 100 * SECOND_MS });
    const at = (endedAtMs: number): Publish => publish({ beganAtMs: 0, endedAtMs });
    expect(judge([one], [at(99 * SECOND_MS)])).toEqual([]);
    expect(judge([one], [at(90 * SECOND_MS)])).toEqual(said);
  });

  test("is not said of a user's filter of another version, or where the user is open", () => {
    const one = subscription({ version: "before" });
    expect(judge([one], [publish({ userId: "bob", version: "now" })])).toEqual([]);
    expect(judge([one], [publish({ version: "now" })])).toEqual(said);
    const open = subscription({ users: new Set(["bob", "bobby"]) });
    expect(judge([open], [publish({ userId: "bob" })])).toEqual([]);
  });
});

describe("duplicate", () => {
  const said = ["duplicate: event 0 at subscription 1 of room a"];

  test("twice", () => {
    expect(judge([subscription(events([0, 15], [0, 16]))], [publish()])).toEqual(said);
  });

  test("is not said where an earlier use of the wire id was meant too", () => {
    const earlier = subscription({ stopSentAt: 11, stoppedAt: 18 });
    const later = subscription({ sentAt: 12, startedAt: 13, ...events([0, 15], [0, 16]) });
    expect(judge([earlier, later], [publish()])).toEqual([]);
    const over = subscription({ stopSentAt: 2, stoppedAt: 3 });
    expect(judge([over, later], [publish()])).toEqual(said);
  });
});

describe("phantom", () => {
  const said = ["phantom: event 0 at subscription 1 of room a"];

  test("never published", () => {
    expect(judge([subscription(events([0, 15]))], [])).toEqual(said);
  });

  test("published after the client knew that it was over", () => {
    const over = { stopSentAt: 5, stoppedAt: 9, ...events([0, 15]) };
    expect(judge([subscription(over)], [publish()])).toEqual(said);
    expect(judge([subscription({ ...over, stoppedAt: 11 })], [publish()])).toEqual([]);
  });

  test("published before the client asked for it", () => {
    const late = events([0, 25]);
    expect(judge([subscription({ sentAt: 21, startedAt: 22, ...late })], [publish()])).toEqual(
      said,
    );
    expect(judge([subscription({ sentAt: 19, startedAt: 22, ...late })], [publish()])).toEqual([]);
  });

  test("published after its rows had ended", () => {
    const one = subscription({ endsAtMs: 100 * SECOND_MS, ...events([0, 15]) });
    const at = (beganAtMs: number): Publish => publish({ beganAtMs, endedAtMs: beganAtMs });
    expect(judge([one], [at(103 * SECOND_MS)])).toEqual(said);
    // Clocks are wrong by two seconds.
    expect(judge([one], [at(102 * SECOND_MS)])).toEqual([]);
  });
});

describe("reordered", () => {
  const later = publish({ number: 1, beganAt: 30, endedAt: 40 });
  const one = subscription(events([1, 35], [0, 36]));

  test("before an earlier one that its publisher had awaited", () => {
    expect(judge([one], [publish(), later])).toEqual([
      "reordered: event 0 at subscription 1 of room a",
    ]);
  });

  test("is not said of two publishers, or of publishes side by side", () => {
    expect(judge([one], [publish(), { ...later, publisher: "second" }])).toEqual([]);
    expect(judge([one], [publish({ endedAt: 31 }), later])).toEqual([]);
  });
});
