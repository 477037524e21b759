import { describe, expect, it, vi } from "vitest";
import { MissedEventError } from "../../../src/errors/history.ts";
import { TransportError } from "../../../src/errors.ts";
import type { Store } from "../../../src/store/types.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { fencing } from "./fencing.ts";
import { inVirtualTime, pass, throughTime } from "./virtualTime.ts";

inVirtualTime();

describe("a close without an answer", () => {
  it("is given up after a second and tried again", async () => {
    const signals: AbortSignal[] = [];
    const { fences, did } = await fencing((_, signal) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise(() => undefined) : undefined;
    });
    fences.add("c0");
    await pass(999);
    expect(did).toEqual(["close c0"]);
    expect(signals[0]?.aborted).toBe(false);
    await pass(1 + 200);
    expect(signals[0]?.aborted).toBe(true);
    await throughTime(fences.finish());
    expect(did).toEqual(["close c0", "close c0", "disconnect c0"]);
  });

  it("keeps `finish` for two seconds, then it is reported and not tried again", async () => {
    const { fences, did, failures } = await fencing(() => new Promise(() => undefined));
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    fences.add("c0");
    const startMs = Date.now();
    await throughTime(fences.finish());
    expect(Date.now() - startMs).toBe(2_000);
    expect(did).toEqual(["close c0", "close c0"]);
    const cause = {
      failure: "transient",
      message: "no answer from the endpoint until the deadline",
    };
    expect(failures).toMatchObject([{ error: { name: "MissedEventError", cause } }]);
  });

  it("ends within a pause too, without another try", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    const { fences, did, failures } = await fencing(async () => {
      await new Promise((resolve) => setTimeout(resolve, 950));
      throw new TransportError("transient", "no");
    });
    fences.add("c0");
    // Tries begin at 0 and at 1,148 ms; the pause after the second is not over after two seconds and these 300 ms.
    await pass(300);
    await throughTime(fences.finish());
    expect(Date.now() - START_MS).toBe(2_300);
    expect(did).toEqual(["close c0", "close c0"]);
    expect(failures).toMatchObject([{ error: { cause: { message: "no" } } }]);
  });

  it("leaves those that wait for a place to the report, each once", async () => {
    const { fences, failures } = await fencing(() => new Promise(() => undefined), { count: 12 });
    for (let index = 0; index < 12; index++) fences.add(`c${index}`);
    await throughTime(fences.finish());
    const reported = failures.map(({ connectionId }) => connectionId).toSorted();
    expect(reported).toEqual(Array.from({ length: 12 }, (_, index) => `c${index}`).toSorted());
    expect(failures.every(({ error }) => error instanceof MissedEventError)).toBe(true);
  });
});

describe("rows that cannot be removed", () => {
  const broken = (disconnect: Store["disconnect"]) => ({
    wrap: (store: Store): Store => ({ ...store, disconnect }),
  });

  it("are reported as what went wrong; the socket is closed, so nothing is missed", async () => {
    const error = new Error("the table is away");
    const { fences, failures, told } = await fencing(
      undefined,
      broken(() => Promise.reject(error)),
    );
    fences.add("c0");
    await throughTime(fences.finish());
    expect(failures).toEqual([{ error, path: "p", connectionId: "c0" }]);
    expect(told.map(({ type }) => type)).toEqual(["failed"]);
  });

  it("are waited for a second", async () => {
    const { fences, failures } = await fencing(
      undefined,
      broken(() => new Promise(() => undefined)),
    );
    fences.add("c0");
    await throughTime(fences.finish());
    expect(Date.now() - START_MS).toBe(1_000);
    const message = "no answer from the store within 1000 ms";
    expect(failures).toMatchObject([{ error: { message }, connectionId: "c0" }]);
  });

  it("are waited for no longer than `finish` lasts", async () => {
    let times = 0;
    const { fences, failures } = await fencing(
      async () => {
        times++;
        if (times < 3) throw new TransportError("transient", "no");
        await new Promise((resolve) => setTimeout(resolve, 900));
      },
      broken(() => new Promise(() => undefined)),
    );
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    fences.add("c0");
    await throughTime(fences.finish());
    expect(Date.now() - START_MS).toBe(2_000);
    const message = "no answer from the store until the deadline";
    expect(failures).toMatchObject([{ error: { message } }]);
  });
});
