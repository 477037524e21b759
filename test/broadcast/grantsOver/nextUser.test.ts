import { describe, expect, it } from "vitest";
import { BrokerRefusedError } from "../../../src/errors/broadcast.ts";
import { allGoesWell, createScript, LONG_MS, RETRY_MS, type Script } from "./scripted.ts";

const BROKERS = [
  ["takes topics at any time", false],
  ["takes topics at connect alone", true],
] as const;

/** A subscription of ann whose connection opens. */
async function granted(topicsFixedAtConnect: boolean) {
  const script = createScript(topicsFixedAtConnect);
  const a = script.subscribe("a");
  script.asks.shift()?.grant(LONG_MS, "ann");
  await script.pass();
  return { ...script, a };
}

/** A subscription of ann that hears. */
async function listening(topicsFixedAtConnect: boolean) {
  const script = await granted(topicsFixedAtConnect);
  script.openings[0]?.accept();
  await script.pass();
  expect(script.a.started).toBe(1);
  return script;
}

/** Bob signs in. */
async function signInBob({ asks, link, pass }: Script): Promise<void> {
  link.renew();
  asks.shift()?.grant(LONG_MS, "bob");
  await pass();
}

/** Refuses a topic once it is told to. */
function refuseLater(script: Script, refused: string): () => void {
  let refuse: (() => void) | undefined;
  script.onSubscribe.wait = (granted) =>
    new Promise((resolve, reject) => {
      if (granted.every(({ topic }) => topic !== `topic/${refused}`)) resolve();
      else refuse = () => reject(new BrokerRefusedError("the topic was refused"));
    });
  return () => refuse?.();
}

describe.each(BROKERS)("who signs in next, at a broker that %s,", (_, isFixed) => {
  it("hears nothing of the one before, though that one's grant came after renew()", async () => {
    const script = createScript(isFixed);
    const { asks, link, openings, pass } = script;
    const a = script.subscribe("a");
    const ofAnn = asks.shift();
    link.renew();
    ofAnn?.grant(LONG_MS, "ann");
    await pass();
    openings.at(-1)?.accept();
    await pass();
    openings.at(-1)?.publish("ann", 1);
    asks.shift()?.grant(LONG_MS, "bob");
    await pass();
    openings.at(-1)?.accept();
    await pass();
    for (const opening of openings) {
      opening.publish("ann", 2);
      opening.publish("bob", 3);
    }
    expect(a.data).toEqual([3]);
  });

  it("is not ended by a refusal that was for the one before", async () => {
    const script = createScript(isFixed);
    const { asks, link } = script;
    const a = script.subscribe("a");
    const ofAnn = asks.shift();
    link.renew();
    ofAnn?.refuse();
    await allGoesWell(script);
    expect([a.started, a.errors]).toEqual([1, []]);
  });

  it("hears nothing of the one before, whom the next connection had refused", async () => {
    const script = await listening(isFixed);
    const { a, asks, link, openings, pass } = script;
    link.renew();
    asks.shift()?.grant(LONG_MS, "ann");
    await pass();
    const refuse = refuseLater(script, "ann");
    openings[1]?.accept();
    await pass();
    refuse();
    await pass();
    script.onSubscribe.wait = undefined;
    await signInBob(script);
    openings[0]?.publish("ann", 1);
    await allGoesWell(script, "bob");
    openings.at(-1)?.publish("bob", 2);
    expect([a.data, a.errors]).toEqual([[2], []]);
  });
});

describe.each(BROKERS)("a subscription at a broker that %s", (_, isFixed) => {
  it("is told that the topics of the next user are not heard yet", async () => {
    const script = await listening(isFixed);
    const { a, asks, link, openings, pass } = script;
    link.renew();
    asks.shift()?.grant(LONG_MS, "bob", "all");
    await pass();
    expect(a.states).toEqual(["connecting", "pending", "connecting"]);
    openings[1]?.accept();
    await pass();
    expect(a.states).toEqual(["connecting", "pending", "connecting", "pending"]);
    expect(a.started).toBe(2);
  });

  it("that has some of its topics is not told of them", async () => {
    const script = await listening(isFixed);
    const { a, asks, link, openings, pass } = script;
    link.renew();
    asks.shift()?.grant(LONG_MS, "ann", "more");
    await allGoesWell(script);
    link.renew();
    asks.shift()?.grant(LONG_MS, "more");
    await pass();
    openings.at(-1)?.accept();
    await pass();
    expect(a.states).toEqual(["connecting", "pending", "connecting", "pending"]);
  });
});

describe.each(BROKERS)("topics of the one before, at a broker that %s,", (_, isFixed) => {
  it("that are confirmed once another one is signed in start nothing", async () => {
    const script = await granted(isFixed);
    const { a, openings, pass } = script;
    const confirm: (() => void)[] = [];
    script.onSubscribe.wait = () => new Promise((resolve) => confirm.push(resolve));
    openings[0]?.accept();
    await pass();
    await signInBob(script);
    confirm.shift()?.();
    await pass();
    expect(a.started).toBe(0);
    script.onSubscribe.wait = undefined;
    await allGoesWell(script);
    expect(a.started).toBe(1);
  });

  it("that are refused once another one is signed in end nothing", async () => {
    const script = await granted(isFixed);
    const { a, openings, pass } = script;
    const refuse = refuseLater(script, "ann");
    openings[0]?.accept();
    await pass();
    await signInBob(script);
    refuse();
    await allGoesWell(script, "bob");
    openings.at(-1)?.publish("bob", 1);
    expect([a.started, a.data, a.errors]).toEqual([1, [1], []]);
  });

  it("with whose grant a connection is refused end nothing", async () => {
    const script = await granted(isFixed);
    const { a, openings, pass } = script;
    await signInBob(script);
    openings[0]?.refuse();
    await pass(RETRY_MS);
    await allGoesWell(script, "bob");
    openings.at(-1)?.publish("bob", 1);
    expect([a.started, a.data, a.errors]).toEqual([1, [1], []]);
  });
});
