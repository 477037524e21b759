import { tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { publish } from "../../../src/publisher/publish.ts";
import { audience } from "./audience.ts";

type Schema = NonNullable<Parameters<typeof publish>[1]["definition"]["schema"]>;

const schemaOf = (validate: Schema["~standard"]["validate"]): Schema => ({
  "~standard": { version: 1, vendor: "test", validate },
});

/** Publishes on a route with one subscriber; the table may only be read when nothing is wrong. */
async function world(validate?: Schema["~standard"]["validate"]) {
  const read: string[] = [];
  const one = audience({
    wrap: (store) => ({
      ...store,
      findRoutes: (query) => {
        read.push(query.path);
        return store.findRoutes(query);
      },
    }),
  });
  await one.join({ connectionId: "c" });
  const schema = validate && schemaOf(validate);
  const target = { path: "p", definition: { schema, hooks: {}, shards: 1 } };
  return { ...one, read, publishAny: (options: unknown) => publish(one.context, target, options) };
}

describe("C2: a publish with wrong options reads nothing", () => {
  it.each([
    [undefined, "options", "options must be an object with `data`"],
    [null, "options", "options must be an object with `data`"],
    ["data", "options", "options must be an object with `data`"],
    [{ data: 1, filters: {} }, "options.filters", "options.filters is not an option of publish"],
    [{ data: 1, "": 1 }, "options.", "options. is not an option of publish"],
    [{}, "data", "data is missing"],
    [{ filter: undefined }, "data", "data is missing"],
    [Object.create({ data: 1 }), "data", "data is missing"],
    [{ data: Promise.resolve(1) }, "data", "data is a promise. Await it first"],
    [{ data: tracked("1", Promise.resolve(1)) }, "data", "data is a promise. Await it first"],
    [{ data: Object.create(Promise.prototype) }, "data", "data is a promise. Await it first"],
  ])("%o", async (options, place, problem) => {
    const { publishAny, read } = await world();
    const failing = publishAny(options);
    await expect(failing).rejects.toMatchObject({ path: "p", place });
    await expect(failing).rejects.toThrow(problem);
    expect(read).toEqual([]);
  });

  it("but every option that it has is taken", async () => {
    const { publishAny, read } = await world();
    const { signal } = new AbortController();
    const all = { data: undefined, deadlineMs: 1_000, signal, filter: [] };
    expect(await publishAny(all)).toMatchObject({ matched: 0, complete: true });
    expect(await publishAny({ data: JSON.parse('{"then":1}') })).toMatchObject({
      delivered: 1,
      complete: true,
    });
    expect(read).toEqual(["p"]);
  });

  it("and a filter that is inherited or hidden is one, and not everybody", async () => {
    const { publishAny } = await world();
    const inherited = Object.assign(Object.create({ filter: [] }), { data: 1 });
    expect(await publishAny(inherited)).toMatchObject({ matched: 0 });
    const hidden = Object.defineProperty({ data: 1 }, "filter", { value: [], enumerable: false });
    expect(await publishAny(hidden)).toMatchObject({ matched: 0 });
  });

  it("and deadlineMs that is no number is told with the route", async () => {
    const { publishAny } = await world();
    await expect(publishAny({ data: 1, deadlineMs: "5" })).rejects.toThrow('publish on "p"');
  });
});

describe("a schema", () => {
  it("makes what is sent", async () => {
    const { publishAny, posts } = await world((value) => ({ value: `made of ${String(value)}` }));
    await publishAny({ data: 1 });
    expect(posts[0]?.frame).toContain("made of 1");
  });

  it.each([
    [
      [{ message: "too short", path: ["users", 0, { key: "name" }] }],
      "data.users.0.name",
      "too short",
    ],
    [[{ message: "no text" }, { message: "second", path: ["x"] }], "data", "no text"],
    [[], "data", "invalid"],
  ])("that finds %j says where", async (issues, place, problem) => {
    const { publishAny, read } = await world(() => ({ issues }));
    const failing = publishAny({ data: {} });
    await expect(failing).rejects.toMatchObject({ code: "INVALID_DATA", path: "p", place });
    await expect(failing).rejects.toThrow(
      `publish to "p": ${place} does not match the resolver's schema: ${problem}`,
    );
    expect(read).toEqual([]);
  });

  it("that throws is a fault of the data, with its reason", async () => {
    const reason = new RangeError("too deep");
    const { publishAny, read } = await world(() => {
      throw reason;
    });
    const failing = publishAny({ data: {} });
    await expect(failing).rejects.toMatchObject({ path: "p", place: "data", cause: reason });
    await expect(failing).rejects.toThrow("data cannot be validated: RangeError: too deep");
    expect(read).toEqual([]);
  });
});
