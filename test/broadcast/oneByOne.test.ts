import { expect, it } from "vitest";
import { BrokerRefusedError } from "../../src/errors/broadcast.ts";
import { allGoesWell, LONG_MS, opening, RETRY_MS } from "./grantsOver/scripted.ts";

it("whose topic a connection was lost for is found out one by one, though new grants come meanwhile", async () => {
  const script = await opening(false, LONG_MS, LONG_MS);
  const { a, b, asks, openings, onSubscribe, pass } = script;
  const unconfirmed: (() => void)[] = [];
  onSubscribe.wait = () => new Promise((resolve) => unconfirmed.push(resolve));
  openings[0]?.accept();
  await pass();
  expect(unconfirmed).toHaveLength(2);
  // A broker that ends a connection for a topic does not say which.
  openings[0]?.drop();
  await pass(RETRY_MS);
  openings[1]?.accept();
  await pass();
  for (const ask of asks.splice(0)) ask.grant();
  await pass();
  expect(openings[1]?.subscribed.map(({ topic }) => topic)).toEqual(["topic/a"]);
  onSubscribe.wait = async ([granted]) => {
    if (granted?.topic === "topic/b") throw new BrokerRefusedError("not this one");
  };
  unconfirmed.at(-1)?.();
  await pass();
  expect(b.errors.map(({ message }) => message)).toEqual(["not this one"]);
  await allGoesWell(script);
  expect([a.started, a.errors]).toEqual([1, []]);
});
