import { expect, it } from "vitest";
import { BrokerRefusedError } from "../../../src/errors/broadcast.ts";
import { allGoesWell, createScript, LONG_MS, RETRY_MS } from "./scripted.ts";

it("a topic that two subscriptions share is not refused to one for another topic of the other", async () => {
  const script = createScript(false);
  const { asks, openings, pass } = script;
  const [a, b] = [script.subscribe("a"), script.subscribe("b")];
  asks.shift()?.grant(LONG_MS, "shared", "private");
  asks.shift()?.grant(LONG_MS, "shared");
  await pass();
  script.onSubscribe.wait = async (granted) => {
    if (granted.some(({ topic }) => topic === "topic/private")) {
      throw new BrokerRefusedError("the topic was refused");
    }
  };
  openings[0]?.accept();
  await pass();
  expect([a.errors.length, b.errors.length]).toEqual([1, 0]);
  openings[0]?.publish("shared", 1);
  expect([b.started, b.data]).toEqual([1, [1]]);
});

it("a topic that is refused to both ends both", async () => {
  const script = createScript(false);
  const { asks, openings, pass } = script;
  const [a, b] = [script.subscribe("a"), script.subscribe("b")];
  asks.shift()?.grant(LONG_MS, "shared");
  asks.shift()?.grant(LONG_MS, "shared");
  await pass();
  script.onSubscribe.wait = async () => {
    throw new BrokerRefusedError("the topic was refused");
  };
  openings[0]?.accept();
  await pass();
  expect([a.errors.length, b.errors.length]).toEqual([1, 1]);
});

it("a connection that ends in the breath in which it was accepted is opened again", async () => {
  const script = createScript(false);
  const { asks, openings, pass } = script;
  const a = script.subscribe("a");
  asks.shift()?.grant();
  await pass();
  openings[0]?.accept();
  openings[0]?.drop();
  await pass(RETRY_MS);
  await allGoesWell(script);
  expect(openings).toHaveLength(2);
  expect([a.started, a.errors]).toEqual([1, []]);
});
