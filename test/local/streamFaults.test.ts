import { describe, expect, it } from "vitest";
import { failing, noting, streamedTable } from "./testStream.ts";

describe("faults", () => {
  it("a crash before the work: the handler sees the batch only when it comes again", async () => {
    const { batches, handler } = noting();
    let invocations = 0;
    const table = await streamedTable("a1", "a2");
    const stream = await table.start({
      handler,
      crash: () => (invocations++ === 0 ? "beforeWork" : undefined),
    });
    await stream.idle();
    expect({ batches, invocations }).toEqual({ batches: [["a1", "a2"]], invocations: 2 });
  });

  it("a crash after the work: what was done is done again", async () => {
    const { batches, handler } = noting();
    let invocations = 0;
    const table = await streamedTable("a1", "a2", "a3");
    const stream = await table.start({
      handler,
      batchSize: 2,
      crash: () => (invocations++ === 0 ? "afterWork" : undefined),
    });
    await stream.idle();
    expect(batches).toEqual([["a1", "a2"], ["a1", "a2"], ["a3"]]);
  });

  it("a duplicate comes after the first, before others, and its answer is the one that counts", async () => {
    const { batches, handler } = noting((event, nth) =>
      nth === 2 ? failing(event, "a2") : undefined,
    );
    let events = 0;
    const table = await streamedTable("a1", "a2", "a3");
    const stream = await table.start({ handler, batchSize: 2, duplicate: () => events++ === 0 });
    await stream.idle();
    expect(batches).toEqual([["a1", "a2"], ["a1", "a2"], ["a2"], ["a3"]]);
  });
});
