import { describe, expect, it } from "vitest";
import { History } from "./history.ts";
import type { HistoryCounts, HistoryEntry, Violation } from "./historyEntry.ts";

/** Rooms stand for filters. */
type Entry = HistoryEntry<string, string>;

const subscribed = (subscription = "s", room = "red", connection = "c"): Entry => ({
  ...{ type: "subscribed", subscription, connection, subscriber: room },
});
const started = (subscription = "s"): Entry => ({ type: "started", subscription });
const ended = (subscription = "s"): Entry => ({ type: "ended", subscription });
const released = (subscription = "s"): Entry => ({ type: "released", subscription });
const cut = (connection = "c"): Entry => ({ type: "cut", connection });
const closed = (connection = "c"): Entry => ({ type: "closed", connection });
const published = (event: string, audience = "red", publisher = "p"): Entry => ({
  ...{ type: "published", event, publisher, audience },
});
const reported = (event: string, failed: Record<string, number> = {}): Entry => ({
  ...{ type: "reported", event, failed: new Map(Object.entries(failed)) },
});
const rejected = (event: string): Entry => ({ type: "rejected", event });
const accepted = (event: string, subscription = "s"): Entry => ({
  ...{ type: "accepted", event, subscription },
});
const unanswered = (event: string, subscription = "s"): Entry => ({
  ...{ type: "unanswered", event, subscription },
});
const received = (event: string, subscription = "s"): Entry => ({
  ...{ type: "received", event, subscription },
});
const settled = (event: string): Entry => ({ type: "settled", event });

function judge(...entries: readonly Entry[]): History<string, string> {
  const history = new History<string, string>((audience, room) => audience === room);
  for (const entry of entries) history.note(entry);
  return history;
}

const alive = [subscribed(), started()];
const over = [reported("e"), settled("e")];
type Found = Omit<Violation, "because">;
const found = (kind: Violation["kind"], event = "e"): Found => ({
  ...{ kind, event, subscription: "s" },
});

const right: readonly [string, Entry[], Partial<HistoryCounts>][] = [
  ["who started gets it", [...alive, published("e"), received("e"), ...over], { deliveries: 1 }],
  ["who did not start yet gets nothing", [subscribed(), published("e"), ...over, started()], {}],
  [
    "who did not start yet gets it",
    [subscribed(), published("e"), received("e"), ...over, started()],
    { deliveries: 1 },
  ],
  ["who stops meanwhile gets nothing", [...alive, published("e"), ended(), ...over], {}],
  [
    "who stops meanwhile gets it",
    [...alive, published("e"), ended(), released(), received("e"), ...over],
    { deliveries: 1 },
  ],
  [
    "the stop is not handled yet",
    [...alive, ended(), published("e"), received("e"), ...over],
    { deliveries: 1 },
  ],
  [
    "the publish is cut, and says so",
    [...alive, published("e"), { ...reported("e"), isCut: true } as Entry, settled("e")],
    { reportedFailed: 1 },
  ],
  ["the socket is cut meanwhile", [...alive, published("e"), cut(), closed(), ...over], {}],
  [
    "the socket is cut with the frame on its way",
    [...alive, published("e"), accepted("e"), reported("e"), cut(), settled("e")],
    {},
  ],
  [
    "it arrives after the report",
    [...alive, published("e"), accepted("e"), reported("e"), received("e"), settled("e")],
    { deliveries: 1 },
  ],
  [
    "what is on its way to a cut socket arrives",
    [...alive, published("e"), cut(), received("e"), ...over],
    { deliveries: 1 },
  ],
  ["it is for others", [...alive, published("e", "blue"), ...over], {}],
  [
    "the report counts who was not reached",
    [...alive, published("e"), reported("e", { c: 1 }), settled("e")],
    { reportedFailed: 1 },
  ],
  ["a publish rejects", [...alive, published("e"), rejected("e"), settled("e")], { rejected: 1 }],
  [
    "a post without an answer arrives twice",
    [...alive, published("e"), received("e"), unanswered("e"), received("e"), ...over],
    { deliveries: 2, duplicates: 1 },
  ],
  [
    "a post without an answer arrives late",
    [
      ...[...alive, published("1"), unanswered("1"), reported("1", { c: 1 })],
      ...[published("2"), received("2"), received("1"), reported("2")],
      ...[settled("1"), settled("2")],
    ],
    { publishes: 2, deliveries: 2, reportedFailed: 1, reordered: 1 },
  ],
  [
    "events of two publishers cross",
    [
      ...[...alive, published("1"), published("2", "red", "q"), received("2"), received("1")],
      ...[reported("1"), reported("2"), settled("1"), settled("2")],
    ],
    { publishes: 2, deliveries: 2 },
  ],
  [
    "one id on two sockets is two subscriptions",
    [
      ...[...alive, cut(), closed(), subscribed("t", "red", "d"), published("e"), started("t")],
      ...[received("e", "t"), ...over],
    ],
    { deliveries: 1 },
  ],
];

describe("a history in which nothing is wrong:", () => {
  it.each(right)("%s", (_, entries, counts) => {
    const history = judge(...entries);
    expect(history.violations).toEqual([]);
    const none = { deliveries: 0, reportedFailed: 0, duplicates: 0, reordered: 0, rejected: 0 };
    expect(history.counts).toEqual({ publishes: 1, ...none, ...counts });
  });
});

const wrong: readonly [string, Entry[], Found[]][] = [
  ["lost: no report of it", [...alive, published("e"), ...over], [found("lost")]],
  [
    "lost: no report of it, and the socket is cut later",
    [...alive, published("e"), reported("e"), cut(), settled("e")],
    [found("lost")],
  ],
  [
    "lost: the gateway took it, and the socket stays",
    [...alive, published("e"), accepted("e"), ...over],
    [found("lost")],
  ],
  [
    "lost: the report speaks of another connection",
    [...alive, published("e"), reported("e", { d: 1 }), settled("e")],
    [found("lost")],
  ],
  [
    "lost: two on a connection, one of them reported",
    [
      ...[...alive, subscribed("t"), started("t"), published("e"), reported("e", { c: 1 })],
      settled("e"),
    ],
    [{ kind: "lost", event: "e", subscription: "t" }],
  ],
  [
    "lost: it only arrived after everything had settled",
    [...alive, published("e"), ...over, received("e")],
    [found("lost"), found("phantom")],
  ],
  [
    "duplicate: every post was answered",
    [...alive, published("e"), received("e"), received("e"), ...over],
    [found("duplicate")],
  ],
  [
    "duplicate: more often than posts were not answered",
    [
      ...[...alive, published("e"), received("e"), unanswered("e"), received("e")],
      ...[received("e"), ...over],
    ],
    [found("duplicate")],
  ],
  [
    "duplicate: another one's post was not answered",
    [...alive, published("e"), received("e"), unanswered("e", "t"), received("e"), ...over],
    [found("duplicate")],
  ],
  ["phantom: never published", [...alive, received("e")], [found("phantom")]],
  [
    "phantom: its publish had rejected",
    [...alive, published("e"), rejected("e"), received("e")],
    [found("phantom")],
  ],
  [
    "phantom: published after the end had been handled",
    [...alive, ended(), released(), published("e"), received("e"), ...over],
    [found("phantom")],
  ],
  [
    "phantom: over before the frame of the subscription was sent",
    [published("e"), reported("e"), ...alive, received("e"), settled("e")],
    [found("phantom")],
  ],
  ["phantom: there is no such subscription", [published("e"), received("e")], [found("phantom")]],
  [
    "phantom: on a socket that is closed",
    [...alive, closed(), published("e"), received("e")],
    [found("phantom")],
  ],
  [
    "reordered: published in turn by one publisher",
    [
      ...[...alive, published("1"), accepted("1"), reported("1"), published("2")],
      ...[received("2"), received("1"), reported("2"), settled("1"), settled("2")],
    ],
    [found("reordered", "1")],
  ],
  [
    "leaked: received by who is not addressed",
    [...alive, published("e", "blue"), received("e"), ...over],
    [found("leaked")],
  ],
];

describe("a history tells", () => {
  it.each(wrong)("%s", (_, entries, violations) => {
    const all = judge(...entries).violations.map(({ because: _, ...one }) => one);
    expect(all).toEqual(violations);
  });

  it("which subscriptions were never answered, and how many live", () => {
    const entries = [...alive, subscribed("t"), subscribed("u"), ended("u"), subscribed("v")];
    const history = judge(...entries, started("v"));
    expect(history.unanswered).toEqual(["t"]);
    expect(history.live).toBe(2);
    history.note(cut());
    expect([history.unanswered, history.live]).toEqual([[], 0]);
  });
});
