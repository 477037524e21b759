import { describe, expect, it, vi } from "vitest";
import { BrokerRefusedError } from "../../../src/errors/broadcast.ts";
import { allGoesWell, createScript, LONG_MS, opening, RETRY_MS, SHORT_MS } from "./scripted.ts";

const BROKERS = [
  ["takes topics at any time", false],
  ["takes topics at connect alone", true],
] as const;

describe.each(BROKERS)("a connection to a broker that %s", (_, isFixed) => {
  it("is accepted when all grants are over: they are asked for again", async () => {
    const script = await opening(isFixed, SHORT_MS, SHORT_MS);
    const { a, b, openings, pass } = script;
    await pass(2 * SHORT_MS);
    openings[0]?.accept();
    await pass(RETRY_MS);
    await allGoesWell(script);
    expect([a.started, b.started]).toEqual([1, 1]);
    expect([...a.errors, ...b.errors]).toEqual([]);
    const used = openings.flatMap(({ subscribed }) => subscribed.map(({ grant }) => grant.token));
    expect(used).toEqual(["a3", "b4"]);
    expect(openings).toHaveLength(isFixed ? 2 : 1);
  });

  it("is accepted when one of them is over: that one is asked for again, the others begin", async () => {
    const script = await opening(isFixed, LONG_MS, SHORT_MS);
    const { a, b, asks, openings, pass } = script;
    await pass(2 * SHORT_MS);
    openings[0]?.accept();
    await pass();
    expect([a.started, b.started]).toEqual([1, 0]);
    expect(asks.map(({ path }) => path)).toEqual(["b"]);
    await allGoesWell(script);
    expect([a.started, b.started]).toEqual([1, 1]);
    expect([...a.errors, ...b.errors]).toEqual([]);
    expect(openings).toHaveLength(isFixed ? 2 : 1);
  });
});

describe.each(BROKERS)("a refusal by a broker that %s", (_, isFixed) => {
  it("of the connection says nothing to whose grants were over", async () => {
    const script = await opening(isFixed, SHORT_MS, SHORT_MS);
    const { a, b, openings, pass } = script;
    await pass(2 * SHORT_MS);
    openings[0]?.refuse();
    await pass();
    expect([...a.errors, ...b.errors]).toEqual([]);
    expect(a.states).toEqual(["connecting", "connecting"]);
    await pass(RETRY_MS);
    await allGoesWell(script);
    expect([a.started, b.started]).toEqual([1, 1]);
  });

  it("of a topic says nothing to whose grant was over", async () => {
    const script = await opening(isFixed, LONG_MS, SHORT_MS);
    const { a, b, openings, pass } = script;
    const late: (() => void)[] = [];
    script.onSubscribe.wait = async ([granted]) => {
      if (granted?.topic !== "topic/b") return;
      await new Promise<void>((resolve) => late.push(resolve));
      throw new BrokerRefusedError("the topic was refused");
    };
    openings[0]?.accept();
    await pass(2 * SHORT_MS);
    late[0]?.();
    await pass(RETRY_MS);
    script.onSubscribe.wait = undefined;
    await allGoesWell(script);
    expect([a.started, b.started]).toEqual([1, 1]);
    expect([...a.errors, ...b.errors]).toEqual([]);
  });

  it("ends subscriptions whose grants are good", async () => {
    const { a, b, openings, pass } = await opening(isFixed, LONG_MS, LONG_MS);
    await pass(SHORT_MS);
    openings[0]?.refuse();
    await pass();
    expect([...a.errors, ...b.errors].map(({ message }) => message)).toEqual([
      "the connection was refused",
      "the connection was refused",
    ]);
  });
});

it("a refusal of a connection says nothing to anybody when one of its grants was over", async () => {
  const script = await opening(true, LONG_MS, SHORT_MS);
  const { a, b, openings, pass } = script;
  await pass(2 * SHORT_MS);
  openings[0]?.refuse();
  await pass(RETRY_MS);
  await allGoesWell(script);
  expect([...a.errors, ...b.errors]).toEqual([]);
  expect([a.started, b.started]).toEqual([1, 1]);
});

it("a grant that is over before a connection is opened with it is asked for again", async () => {
  const { asks, openings, link, pass, subscribe } = createScript(false);
  const heard = subscribe("a");
  // The machine sleeps for two hours, here of all places.
  const off = link.onEvent(({ type }) => {
    if (type === "granted") vi.setSystemTime(Date.now() + 2 * LONG_MS);
  });
  asks.shift()?.grant();
  await pass();
  off();
  expect(openings).toHaveLength(0);
  expect(asks).toHaveLength(1);
  asks.shift()?.grant();
  await pass();
  openings[0]?.accept();
  await pass();
  expect(heard.started).toBe(1);
});

it("a grant whose answer was under way for longer than it is good is asked for again", async () => {
  const { asks, openings, pass, subscribe } = createScript(false);
  const heard = subscribe("a");
  vi.setSystemTime(Date.now() + 2 * LONG_MS);
  asks.shift()?.grant();
  await pass();
  expect([openings.length, asks.length]).toEqual([0, 1]);
  asks.shift()?.grant();
  await pass();
  openings[0]?.accept();
  await pass();
  expect(heard.started).toBe(1);
});

it("a topic whose token was over at the connect is left to the next connection, though there is a new grant", async () => {
  const script = await opening(true, LONG_MS, SHORT_MS);
  const { a, b, asks, link, openings, pass } = script;
  await pass(SHORT_MS / 2);
  link.renew();
  for (const ask of asks.splice(0)) ask.grant();
  await pass(SHORT_MS);
  // With the tokens a1 and b2, of which the second one is over.
  openings[0]?.accept();
  await pass();
  expect(openings[0]?.subscribed.map(({ topic }) => topic)).toEqual(["topic/a"]);
  await allGoesWell(script);
  expect(openings).toHaveLength(2);
  expect([a.started, b.started]).toEqual([1, 1]);
});

it("a connection that brings nothing, again and again, is tried no more often than any other that fails", async () => {
  const { a, b, asks, openings, pass } = await opening(true, 100, 100);
  const endsAtMs = Date.now() + 120_000;
  while (Date.now() < endsAtMs) {
    const latest = openings.at(-1);
    for (let step = 0; step < 10; step++) {
      for (const ask of asks.splice(0)) ask.grant(100);
      await pass(20);
    }
    latest?.accept();
  }
  expect([...a.errors, ...b.errors]).toEqual([]);
  expect(openings.length).toBeGreaterThan(10);
  expect(openings.length).toBeLessThan(35);
  expect(a.states.length).toBeGreaterThan(10);
});
