import { afterEach, describe, expect, it, vi } from "vitest";
import { Refusals } from "../../../src/publisher/refusals.ts";
import { seeded } from "../../seeded.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const LEAST = 3;
let connections = 0;
const first = (refused: boolean, connectionId = `c${connections++}`) => ({
  refused,
  connectionId,
  firstTry: true,
});
const later = (refused: boolean) => ({ ...first(refused), firstTry: false });

/** One fan-out: every refused connection comes again some hundred answers later. Those that were given up. */
function fanOut(refusals: Refusals, count: number, isRefused: (connection: number) => boolean) {
  const again: { readonly connection: number; readonly attempt: number; readonly due: number }[] =
    [];
  const givenUp: { readonly connection: number; readonly attempt: number }[] = [];
  let next = 0;
  for (let answer = 0; next < count || again.length > 0; answer++) {
    const isDue = again[0] !== undefined && (again[0].due <= answer || next >= count);
    const retry = isDue ? again.shift() : undefined;
    const connection = retry?.connection ?? next++;
    const attempt = retry?.attempt ?? 1;
    const refused = isRefused(connection);
    refusals.note(
      { refused, connectionId: `${connection}`, firstTry: attempt === 1 },
      answer * 0.2,
    );
    if (!refused) continue;
    if (attempt >= refusals.tries(LEAST)) givenUp.push({ connection, attempt });
    else again.push({ connection, attempt: attempt + 1, due: answer + 300 });
  }
  return givenUp;
}

describe("race R15: tries while refused", () => {
  it("are three for one slow client among many", () => {
    const slow = 70;
    for (const count of [100, 1_000, 10_000]) {
      const givenUp = fanOut(new Refusals(), count, (connection) => connection === slow);
      expect(givenUp).toEqual([{ connection: slow, attempt: 3 }]);
    }
  });

  it("are enough for everybody where one post in twenty is refused by chance", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seeded(seed);
      expect(fanOut(new Refusals(), 10_000, () => random() < 0.05)).toEqual([]);
    }
  });

  it("are enough where one in five is, and a slow client is given up nevertheless", () => {
    const random = seeded(11);
    const givenUp = fanOut(
      new Refusals(),
      10_000,
      (connection) => connection === 5_000 || random() < 0.2,
    );
    // 0.2^12 is below 10^-8.
    expect(givenUp).toEqual([{ connection: 5_000, attempt: 12 }]);
  });

  it("are never fewer than the publisher wants, and without end while all are refused", () => {
    const refusals = new Refusals();
    expect(refusals.tries(1)).toBe(1);
    for (let post = 0; post < 1_000; post++) refusals.note(first(true), post);
    expect(refusals.tries(3)).toBeGreaterThan(10_000);
    for (let post = 0; post < 9_000; post++) refusals.note(first(false), 1_000);
    // One in ten: 0.1^8 is 10^-8.
    expect(refusals.tries(1)).toBe(8);
    expect(refusals.tries(20)).toBe(20);
  });

  it("do not run out while an account is refused for longer than is counted", () => {
    const refusals = new Refusals();
    for (let post = 0; post < 100; post++) refusals.note(first(true), post);
    // Nothing new is begun; those who wait are tried once a second.
    for (let now = 1_000; now < 60_000; now += 50) refusals.note(later(true), now);
    expect(refusals.tries(LEAST)).toBeGreaterThan(10);
  });

  it("do not change for nine refused of nine", () => {
    const refusals = new Refusals();
    for (let post = 1; post <= 9; post++) refusals.note(first(true), post);
    expect(refusals.tries(LEAST)).toBe(3);
    expect(refusals.waitMs(9)).toBe(0);
  });

  it("do not grow by the tries that one slow client is given", () => {
    const refusals = new Refusals();
    for (let post = 0; post < 100; post++) refusals.note(first(false), post);
    const { connectionId } = later(true);
    for (let post = 0; post < 30; post++) {
      refusals.note({ ...later(true), connectionId }, 100 + post);
    }
    expect(refusals.tries(LEAST)).toBe(3);
  });

  it("are fewer again some time after the account was throttled", () => {
    const refusals = new Refusals();
    for (let post = 0; post < 100; post++) refusals.note(first(true), post);
    expect(refusals.tries(LEAST)).toBeGreaterThan(100);
    for (let span = 1; span <= 10; span++) {
      for (let post = 0; post < 100; post++) refusals.note(first(false), span * 5_001 + post);
    }
    expect(refusals.tries(LEAST)).toBe(3);
  });
});

describe("a pause for everybody", () => {
  /** Answers one a millisecond, while nobody pauses; the pauses that were made. */
  function pauses(refusals: Refusals, refusedFor: number) {
    const made: number[] = [];
    let now = 0;
    for (let answer = 0; answer < refusedFor; answer++) {
      now++;
      refusals.note(later(true), now);
      const waitMs = refusals.waitMs(now);
      if (waitMs === 0) continue;
      made.push(waitMs);
      now += waitMs;
    }
    return { made, now };
  }

  it("begins once most of the last posts were refused, and doubles up to two seconds", () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);
    const { made } = pauses(new Refusals(), 150);
    expect(made.slice(0, 7)).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  it("is half of it at random, so that processes do not come back together", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    expect(pauses(new Refusals(), 150).made.slice(0, 6)).toEqual([50, 100, 200, 400, 800, 1_000]);
  });

  it("does not begin for twenty refused, nor while fewer than half are", () => {
    expect(pauses(new Refusals(), 20).made).toEqual([]);
    const refusals = new Refusals();
    for (let now = 1; now < 5_000; now++) {
      refusals.note(first(now % 5 < 2), now);
      expect(refusals.waitMs(now)).toBe(0);
    }
  });

  it("is over after a success: the next one is short again", () => {
    const refusals = new Refusals(() => 1 - Number.EPSILON);
    const { now } = pauses(refusals, 80);
    refusals.note(later(false), now + 1);
    expect(refusals.waitMs(now + 1)).toBe(0);
    for (let answer = 2; answer < 60; answer++) {
      refusals.note(later(true), now + answer);
      if (refusals.waitMs(now + answer) > 0) break;
    }
    expect(refusals.waitMs(now + 60)).toBeGreaterThan(0);
    expect(refusals.waitMs(now + 60)).toBeLessThanOrEqual(100);
  });

  it("is not made longer by posts that were under way when it began", () => {
    const refusals = new Refusals(() => 1 - Number.EPSILON);
    for (let now = 1; refusals.waitMs(now) === 0; now++) refusals.note(later(true), now);
    for (let late = 0; late < 256; late++) refusals.note(later(true), 30);
    const end = 30 + refusals.waitMs(30);
    expect(end).toBeLessThan(125);
    refusals.note(later(false), end + 1);
    expect(refusals.waitMs(end + 1)).toBe(0);
    refusals.note(later(true), end + 2);
    expect(refusals.waitMs(end + 2)).toBe(0);
  });
});
