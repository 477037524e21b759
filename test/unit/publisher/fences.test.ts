import { describe, expect, it, vi } from "vitest";
import { MissedEventError } from "../../../src/errors/history.ts";
import { TransportError } from "../../../src/errors.ts";
import { Fences } from "../../../src/publisher/fences.ts";
import { observed } from "../../../src/publisher/observed.ts";
import type { Transport } from "../../../src/publisher/transport.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { audience, joinAll } from "./audience.ts";
import { at, failing, fencing } from "./fencing.ts";
import { inVirtualTime, settled, throughTime } from "./virtualTime.ts";

inVirtualTime();

/** Closes that are answered when the test says so. */
function closing() {
  const open = new Map<string, () => void>();
  const close: Transport["close"] = (connectionId) =>
    new Promise<void>((resolve) => open.set(connectionId, resolve)).finally(() =>
      open.delete(connectionId),
    );
  return { open, close };
}

describe("a connection that could not be posted to", () => {
  it("loses its socket first, then its rows, and is told of", async () => {
    const { fences, did, told, failures, count } = await fencing();
    fences.add("c0");
    await throughTime(fences.finish());
    expect(did).toEqual(["close c0", "disconnect c0"]);
    const fenced = { type: "fenced", connectionId: "c0", path: "p", subscriptions: 1 };
    expect(told).toEqual([{ ...fenced, step: "publisher" }]);
    expect(failures).toEqual([]);
    expect(await count()).toBe(0);
  });

  it("is closed once, also when it is added while it is closed and after", async () => {
    const { fences, did } = await fencing();
    fences.add("c0");
    fences.add("c0");
    await throughTime(fences.finish());
    fences.add("c0");
    await throughTime(fences.finish());
    expect(did).toEqual(["close c0", "disconnect c0"]);
  });

  it("is one of ten that are closed at once; the next one follows when one is done", async () => {
    const { open, close } = closing();
    const { fences, did } = await fencing(close, { count: 25 });
    for (let index = 0; index < 25; index++) fences.add(`c${index}`);
    await settled();
    expect([...open.keys()]).toEqual(Array.from({ length: 10 }, (_, index) => `c${index}`));
    open.get("c3")?.();
    await settled();
    expect(open.size).toBe(10);
    expect(did.slice(10)).toEqual(["disconnect c3", "close c10"]);
    const finishing = fences.finish();
    while (open.size > 0) {
      for (const answer of open.values()) answer();
      await settled();
    }
    await throughTime(finishing);
    expect(new Set(did).size).toBe(50);
  });
});

describe("a close that fails", () => {
  it.each(["throttled", "transient"] as const)(
    "(%s) is tried again until it is done",
    async (failure) => {
      let times = 0;
      const { fences, did, failures } = await fencing(() => {
        times++;
        if (times < 3) throw new TransportError(failure, failure);
      });
      fences.add("c0");
      await throughTime(fences.finish());
      expect(did).toEqual(["close c0", "close c0", "close c0", "disconnect c0"]);
      expect(failures).toEqual([]);
    },
  );

  it("is paused for before each further try, the longer the later", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const triedAtMs: number[] = [];
    const { fences } = await fencing(() => {
      triedAtMs.push(Date.now() - START_MS);
      throw new TransportError("transient", "no");
    });
    fences.add("c0");
    await throughTime(fences.finish());
    expect(triedAtMs).toEqual([0, 100, 300]);
  });

  it.each(["throttled", "transient"] as const)(
    "(%s) thrice is reported, and the rows stay for the next publish",
    async (failure) => {
      const { fences, did, failures, told, count } = await fencing(failing(failure));
      fences.add("c0");
      await throughTime(fences.finish());
      expect(did).toEqual(["close c0", "close c0", "close c0"]);
      expect(failures).toHaveLength(1);
      const [{ error, ...where } = { error: undefined }] = failures;
      expect(where).toEqual({ path: "p", connectionId: "c0" });
      expect(error).toBeInstanceOf(MissedEventError);
      expect(error).toMatchObject({ eventId: "event 1", cause: { failure } });
      expect(told.map(({ type }) => type)).toEqual(["failed"]);
      expect(await count()).toBe(1);
    },
  );
});

describe("a close that is refused", () => {
  it.each([
    ["a refusal", new TransportError("forbidden", "no")],
    ["a fault of ours", new Error("a bug")],
    ["what only looks like one", Object.assign(new Error("a bug"), { failure: "transient" })],
  ])("for %s is not tried again", async (_, error) => {
    const { fences, did, failures } = await fencing(() => Promise.reject(error));
    fences.add("c0");
    await throughTime(fences.finish());
    expect(did).toEqual(["close c0"]);
    expect(failures).toMatchObject([{ error: { name: "MissedEventError", cause: error } }]);
  });

  it.each([
    ["throttled", 3],
    ["transient", 0],
  ] as const)("(%s) is %d refusals for the rate", async (failure, times) => {
    const { context, told } = await fencing(failing(failure));
    await throughTime(
      observed(context, at, async (own) => {
        const fences = new Fences(own, at);
        fences.add("c0");
        await fences.finish();
      }),
    );
    const throttled = told.filter(({ type }) => type === "throttled");
    const event = { type: "throttled", by: "managementApi", times, step: "publisher", path: "p" };
    expect(throttled).toEqual(times > 0 ? [event] : []);
  });
});

it("a publisher that nobody listens to closes them without telling", async () => {
  const one = audience({ history: {} });
  await joinAll(one, 1);
  const fences = new Fences(one.context, at);
  fences.add("c0");
  await throughTime(fences.finish());
  expect(one.failures).toEqual([]);
  expect(await one.count()).toBe(0);
});

it("nothing to close takes no time", async () => {
  const { fences, did } = await fencing();
  await fences.finish();
  expect(did).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
