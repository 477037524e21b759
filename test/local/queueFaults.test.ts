import { describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/local/index.ts";
import { gate } from "./testGateway.ts";
import { bodiesOf, countsOf, noting, testQueue } from "./testQueue.ts";

describe("faults", () => {
  it("a crash before the work: the handler sees the batch only when it comes again", async () => {
    const { events, handler } = noting();
    let crashes = 0;
    const { queue, send } = await testQueue({
      handler,
      redeliveryDelayMs: 0,
      crash: () => (crashes++ === 0 ? "beforeWork" : undefined),
    });
    await send("a", "b");
    await queue.idle();
    expect(events.map(countsOf)).toEqual([["a 2", "b 2"]]);
  });

  it("a crash after the work: what was done is done again", async () => {
    const { events, handler } = noting();
    const { queue, send } = await testQueue({
      handler,
      redeliveryDelayMs: 0,
      crash: ({ Records: [first] }) =>
        first?.attributes.ApproximateReceiveCount === "1" ? "afterWork" : undefined,
    });
    await send("a");
    await queue.idle();
    expect(events.map(countsOf)).toEqual([["a 1"], ["a 2"]]);
  });

  it("a duplicate runs beside the first, with the same event", async () => {
    const both = gate();
    const events: QueueEvent[] = [];
    const { queue, send } = await testQueue({
      duplicate: (event) => bodiesOf(event).includes("a"),
      batchSize: 1,
      handler: async (event) => {
        events.push(event);
        if (bodiesOf(event).includes("b")) return;
        if (events.filter((one) => bodiesOf(one).includes("a")).length === 2) both.open();
        await both.opened;
      },
    });
    await send("a", "b");
    await queue.idle();
    const [first, second, ...others] = events.filter((event) => bodiesOf(event).includes("a"));
    expect(second).toEqual(first);
    expect(others).toEqual([]);
    expect(events).toHaveLength(3);
  });

  it("a duplicate that fails after the first succeeded brings nothing back", async () => {
    const firstIsDone = gate();
    let invoked = 0;
    const { queue, send } = await testQueue({
      duplicate: () => true,
      redeliveryDelayMs: 0,
      onEvent: ({ type }) => {
        if (type === "invoked") firstIsDone.open();
      },
      handler: async () => {
        invoked += 1;
        if (invoked === 1) return;
        await firstIsDone.opened;
        throw new Error("too late");
      },
    });
    await send("a");
    await queue.idle();
    expect(invoked).toBe(2);
  });
});
