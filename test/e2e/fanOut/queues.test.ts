import { describe, expect, it } from "vitest";
import { fanOutWorld, joinRoom, received, sumOf, THRESHOLD } from "./fanOutWorld.ts";

const ALL = 60;

describe("a queue", () => {
  it("that says no leaves everybody to publish", async () => {
    const world = await fanOutWorld({
      queue: { onSend: () => ({ code: "InvalidMessageContents", senderFault: true }) },
    });
    const clients = await joinRoom(world, ALL);
    const report = await world.publisher.routes.onMessage.publish({ data: "one" });
    expect(report).toEqual({ matched: ALL, delivered: ALL, gone: 0, failed: 0, complete: true });
    expect(world.errors).toMatchObject([{ route: "publisher", error: { name: "QueueError" } }]);
    for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
    expect(world.reports).toEqual([]);
  });

  it("that says no and takes the message all the same reaches nobody twice", async () => {
    const world = await fanOutWorld({
      queue: {
        onSend: () => ({ code: "InvalidMessageContents", senderFault: true, taken: true }),
        redeliveryDelayMs: 20,
        maxReceiveCount: 10_000,
      },
    });
    const clients = await joinRoom(world, ALL);
    await world.publisher.routes.onMessage.publish({ data: "one" });
    expect(world.errors).toMatchObject([{ route: "publisher", error: { name: "QueueError" } }]);
    await world.queue.idle();
    for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
  });

  it("whose workers all die has dead letters, which resume takes", async () => {
    const world = await fanOutWorld({
      queue: { crash: () => "beforeWork", maxReceiveCount: 2, redeliveryDelayMs: 1 },
    });
    const clients = await joinRoom(world, ALL);
    await world.publisher.routes.onMessage.publish({ data: "one" });
    await world.queue.idle();
    const [letter, ...others] = world.queue.deadLetters();
    expect(others).toEqual([]);
    const report = await world.publisher.resume(letter?.body ?? "");
    const rest = ALL - THRESHOLD;
    expect(report).toEqual({ matched: rest, delivered: rest, gone: 0, failed: 0, complete: true });
    for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
  });

  it("has small messages for a large event, which is in the table once", async () => {
    const bodies: string[] = [];
    const world = await fanOutWorld({
      queue: { onSend: (body) => void bodies.push(body) },
    });
    const clients = await joinRoom(world, ALL);
    const data = Array.from({ length: 25_000 }, () => Math.random().toString(36).slice(2, 6)).join(
      "",
    );
    await world.publisher.routes.onMessage.publish({ data });
    await world.queue.idle();
    expect(bodies.map((body) => body.length < 1_000)).toEqual([true]);
    expect((await world.table.rows()).filter(({ sk }) => sk === "text").length).toBe(1);
    for (const texts of await received(world, clients)) expect(texts).toEqual([data]);
  });

  it("gets what a publish has no time for", async () => {
    const world = await fanOutWorld();
    const clients = await joinRoom(world, ALL);
    const report = await world.publisher.routes.onMessage.publish({ data: "one", deadlineMs: 0 });
    expect(report).toMatchObject({ matched: 0, complete: true, queued: true });
    await world.queue.idle();
    expect(sumOf(world.reports, "delivered")).toBe(ALL);
    for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
  });
});
