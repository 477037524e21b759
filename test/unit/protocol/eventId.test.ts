import fc from "fast-check";
import { expect, it } from "vitest";
import { EventIds, earliestEventId, eventTimeMs } from "../../../src/protocol/eventId.ts";

it("ids are 20 characters, and tell their time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 - 1 }), (ms) => {
      const id = new EventIds(() => ms).next();
      expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{20}$/);
      expect(eventTimeMs(id)).toBe(ms);
    }),
  );
});

it("ids of one maker grow, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 2 }), (times) => {
      let now = 0;
      const ids = new EventIds(() => 1_700_000_000_000 + now);
      const made = times.map((time) => {
        now = time;
        return ids.next();
      });
      expect(made).toEqual(made.toSorted());
      expect(new Set(made).size).toBe(made.length);
    }),
  );
});

it("more ids than one millisecond holds take the next one", () => {
  const ids = new EventIds(() => 5);
  const made = Array.from({ length: 32_769 }, () => ids.next());
  expect(eventTimeMs(made[32_767] ?? "")).toBe(5);
  expect(eventTimeMs(made[32_768] ?? "")).toBe(6);
  expect(made).toEqual(made.toSorted());
});

it("the order of ids as text is their order in time", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 44), fc.nat(2 ** 44), (one, other) => {
      const [a, b] = [one, other].map((ms) => new EventIds(() => ms + 1).next());
      if (one !== other) expect((a ?? "") < (b ?? "")).toBe(one < other);
    }),
  );
});

it("the earliest text of a time is between the ids before and those of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 2 ** 44 }), (ms) => {
      const from = earliestEventId(ms);
      expect(new EventIds(() => ms).next() > from).toBe(true);
      expect(new EventIds(() => ms - 1).next() < from).toBe(true);
    }),
  );
  expect(earliestEventId(-5)).toBe("000000000");
});

it("text that is no id has no time", () => {
  const id = new EventIds(() => 5).next();
  const wrong = [
    "",
    "x",
    id.slice(1),
    `${id}0`,
    id.toUpperCase().replace("0", "O"),
    `${id.slice(1)}i`,
  ];
  for (const text of wrong) expect(eventTimeMs(text)).toBeUndefined();
});
