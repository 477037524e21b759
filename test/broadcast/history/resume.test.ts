import { describe, expect, it } from "vitest";
import { Heard, until } from "../world.ts";
import { hearing, inRoom, numbers } from "./feed.ts";
import { createWorld, type Given, lockedOut, memoryEngine } from "./world.ts";

const path = "feed";
const input = { room: "red" };

describe("a subscription with a lastEventId in its input", () => {
  it("is sent what came after it, in order, before it is told that it has started", async () => {
    const { client, publisher } = await createWorld(memoryEngine(0));
    const cursor = publisher.cursor();
    for (const n of [1, 2, 3]) {
      await publisher.routes.feed.publish({
        data: { n, at: new Date(n) },
        filter: n === 2 ? { name: "mine", ctx: { userId: "ann" } } : inRoom("red"),
      });
    }
    const heard = new Heard<Given>();
    const order: string[] = [];
    const trpc = await client("ann");
    trpc.feed.subscribe(
      { room: "red", lastEventId: cursor },
      {
        ...heard.callbacks,
        onStarted: () => {
          order.push(`started after ${heard.data.length}`);
        },
      },
    );
    await until(() => order.length > 0);
    expect(order).toEqual(["started after 3"]);
    expect(numbers(heard)).toEqual([1, 2, 3]);
    expect(heard.data[1]?.data.at).toEqual(new Date(2));
  });

  it("is refused for what is no id of ours", async () => {
    const { client } = await createWorld(memoryEngine(0));
    const heard = new Heard<Given>();
    const trpc = await client("ann");
    trpc.feed.subscribe({ room: "red", lastEventId: "7" }, heard.callbacks);
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.data?.code).toBe("BAD_REQUEST");
    expect(heard.started).toBe(0);
  });
});

describe("a request for what was missed", () => {
  it.each([
    "",
    "7",
    "0".repeat(19),
    "0".repeat(21),
    "ILOU0000000000000000",
    "zzzzzzzzz00000000000",
    "../../event#feed#000",
    7,
    {},
    ["0".repeat(20)],
    true,
  ])("is refused with %j", async (lastEventId) => {
    const { ask } = await createWorld(memoryEngine(0));
    const { error, result } = await ask("ann", { path, input, lastEventId });
    expect(error?.json.data.code).toBe("BAD_REQUEST");
    expect(result).toBeUndefined();
  });

  it("tells of others' events nothing, and nothing of other rooms", async () => {
    const { ask, publisher } = await createWorld(memoryEngine(0));
    const lastEventId = publisher.cursor();
    const data = { n: 1, at: new Date(1) };
    await publisher.routes.feed.publish({ data, filter: { name: "mine", ctx: { userId: "bob" } } });
    await publisher.routes.feed.publish({ data, filter: inRoom("blue") });
    const missedOf = async (user: string) =>
      (await ask(user, { path, input, lastEventId })).result?.data.json.history?.missed;
    expect(await missedOf("ann")).toEqual([]);
    expect(await missedOf("bob")).toHaveLength(1);
  });

  it("runs the middleware of now: who may not any more gets the refusal and no event", async () => {
    const { heard, ask, publisher, drop } = await hearing();
    const data = { n: 1, at: new Date(1) };
    await publisher.routes.feed.publish({ data, filter: inRoom("red") });
    await until(() => heard.data.length === 1);
    lockedOut.add("ann");
    await drop();
    await publisher.routes.feed.publish({ data: { ...data, n: 2 }, filter: inRoom("red") });
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.data?.code).toBe("FORBIDDEN");
    expect(numbers(heard)).toEqual([1]);
    const lastEventId = publisher.cursor();
    expect((await ask("ann", { path, input, lastEventId })).error?.json.data.code).toBe(
      "FORBIDDEN",
    );
  });

  it("is ignored on a route without history", async () => {
    const { ask, publisher } = await createWorld(memoryEngine(0));
    const { result } = await ask("ann", { path: "plain", lastEventId: publisher.cursor() });
    expect(result?.data.json).not.toHaveProperty("history");
  });
});

describe("a gap", () => {
  it("ends a subscription with the error of API Gateway, and no part is sent", async () => {
    const { heard, publisher, drop } = await hearing(memoryEngine(0), "short");
    await publisher.routes.short.publish({ data: { n: 0 } });
    await until(() => heard.data.length === 1);
    await drop();
    for (let n = 1; n <= 6; n++) await publisher.routes.short.publish({ data: { n } });
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.data).toMatchObject({
      code: "PRECONDITION_FAILED",
      httpStatus: 412,
      cause: "RESUME_GAP",
    });
    expect(heard.errors[0]?.message).toContain("more than 5 events");
    expect(numbers(heard)).toEqual([0]);
  });

  it("is none with as many as may be missed", async () => {
    const { heard, publisher, drop } = await hearing(memoryEngine(0), "short");
    await publisher.routes.short.publish({ data: { n: 0 } });
    await until(() => heard.data.length === 1);
    await drop();
    for (let n = 1; n <= 5; n++) await publisher.routes.short.publish({ data: { n } });
    await heard.start(2);
    expect(numbers(heard)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("is told to whom the last event is too old, with a first subscription too", async () => {
    const { ask } = await createWorld(memoryEngine(0));
    const { result } = await ask("ann", { path, input, lastEventId: "0".repeat(20) });
    expect(result?.data.json.history).toMatchObject({ gap: expect.stringContaining("too old") });
    expect(result?.data.json.history).not.toHaveProperty("missed");
  });

  it.each([
    [15, false],
    [20, true],
  ])(
    "is told when an answer has more than 4 MB as it is sent: %i large events",
    async (count, isGap) => {
      const { ask, publisher } = await createWorld(memoryEngine(0));
      const lastEventId = publisher.cursor();
      // JSON in JSON: a quote has two bytes in the table, and four on the way.
      const quotes = '"'.repeat(60_000);
      for (let n = 1; n <= count; n++) {
        const data = { n, at: new Date(n), quotes };
        await publisher.routes.feed.publish({ data, filter: inRoom("red") });
      }
      const { result } = await ask("ann", { path, input, lastEventId });
      const { missed, gap } = result?.data.json.history ?? {};
      expect(missed?.length).toBe(isGap ? undefined : count);
      expect(gap !== undefined).toBe(isGap);
    },
  );
});
