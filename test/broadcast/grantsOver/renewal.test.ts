import { describe, expect, it } from "vitest";
import { allGoesWell, LONG_MS, opening, RETRY_MS, SHORT_MS } from "./scripted.ts";

/** Two subscriptions that hear, and whose grants are being renewed. */
async function renewing(topicsFixedAtConnect: boolean) {
  const script = await opening(topicsFixedAtConnect, LONG_MS, LONG_MS);
  script.openings[0]?.accept();
  await script.pass();
  script.link.renew();
  const [askA, askB] = script.asks.splice(0);
  if (askA === undefined || askB === undefined) throw new Error("nothing was asked");
  return { ...script, askA, askB };
}

const BROKERS = [
  ["takes topics at any time", false],
  ["takes topics at connect alone", true],
] as const;

describe.each(BROKERS)("a renewal at a broker that %s", (_, isFixed) => {
  it("goes on when a grant is over before the server has refused another one", async () => {
    const script = await renewing(isFixed);
    const { a, b, asks, askA, askB, pass } = script;
    askA.grant(SHORT_MS);
    await pass(2 * SHORT_MS);
    askB.refuse();
    await pass();
    expect(b.errors).toHaveLength(1);
    expect(asks.map(({ path }) => path)).toEqual(["a"]);
    await allGoesWell(script);
    expect(script.openings).toHaveLength(2);
    expect(script.openings[1]?.subscribed.map(({ topic }) => topic)).toEqual(["topic/a"]);
    expect([a.started, a.errors]).toEqual([1, []]);
  });
});

describe.each(BROKERS)("a swap at a broker that %s", (_, isFixed) => {
  it("tells whose grant is over when the new connection is open, and brings it back", async () => {
    const script = await renewing(isFixed);
    const { a, b, askA, askB, openings, pass } = script;
    askA.grant();
    askB.grant(SHORT_MS);
    await pass(2 * SHORT_MS);
    openings[1]?.accept();
    await pass();
    expect(a.states).toEqual(["connecting", "pending"]);
    expect(b.states).toEqual(["connecting", "pending", "connecting"]);
    // The older one is open for as long as a renewal takes.
    openings[0]?.publish("b", 1);
    await allGoesWell(script);
    expect(b.states.at(-1)).toBe("pending");
    await pass(2_000);
    expect(openings.map(({ isClosed }) => isClosed)).toEqual(
      isFixed ? [true, true, false] : [true, false],
    );
    openings.at(-1)?.publish("a", 2);
    openings.at(-1)?.publish("b", 2);
    expect([a.data, b.data]).toEqual([[2], [1, 2]]);
  });

  it("tells who was heard on the older connection alone when that one ends", async () => {
    const script = await renewing(isFixed);
    const { a, b, askA, askB, openings, pass, onSubscribe } = script;
    askA.grant();
    askB.grant(SHORT_MS);
    await pass(2 * SHORT_MS);
    const unconfirmed: (() => void)[] = [];
    onSubscribe.wait = () => new Promise((resolve) => unconfirmed.push(resolve));
    openings[1]?.accept();
    await pass();
    openings[0]?.drop();
    await pass();
    expect([a.states.at(-1), b.states.at(-1)]).toEqual(["connecting", "connecting"]);
    onSubscribe.wait = undefined;
    for (const confirm of unconfirmed) confirm();
    await allGoesWell(script);
    expect([a.states.at(-1), b.states.at(-1)]).toEqual(["pending", "pending"]);
  });
});

describe.each(BROKERS)("a connection that is to be closed, at a broker that %s,", (_, isFixed) => {
  it("starts nobody", async () => {
    const script = await opening(isFixed, SHORT_MS, LONG_MS);
    const { a, asks, openings, pass, onSubscribe } = script;
    const confirm: (() => void)[] = [];
    onSubscribe.wait = ([granted]) =>
      new Promise((resolve) => {
        if (granted?.topic === "topic/a") confirm.push(resolve);
        else resolve();
      });
    openings[0]?.accept();
    await pass(2 * SHORT_MS);
    // Without a, whose grant is over.
    script.link.renew();
    asks.splice(0).at(-1)?.grant();
    await pass(31_000);
    openings[1]?.accept();
    await pass();
    confirm.shift()?.();
    await pass();
    expect(a.started).toBe(0);
    onSubscribe.wait = undefined;
    await allGoesWell(script);
    await pass(RETRY_MS);
    await allGoesWell(script);
    expect([a.started, a.states.at(-1), a.errors]).toEqual([1, "pending", []]);
  });
});

describe.each(BROKERS)("a renewal that is not answered, at a broker that %s,", (_, isFixed) => {
  it("opens no connection with the grants that the one before has", async () => {
    const script = await renewing(isFixed);
    const { a, asks, askA, askB, openings, pass } = script;
    askA.fail();
    askB.fail();
    await pass(RETRY_MS);
    expect(openings).toHaveLength(1);
    expect(asks).toHaveLength(2);
    await allGoesWell(script);
    expect(openings).toHaveLength(2);
    expect(openings[1]?.grants.map(({ token }) => token)).toEqual(["a3", "b4"]);
    expect(a.states).toEqual(["connecting", "pending"]);
  });
});
