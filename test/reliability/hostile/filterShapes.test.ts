import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { report } from "../figures.ts";
import { filterWorld, type UntypedRoute } from "./filterWorld.ts";

const user = { name: "byUser", ctx: { user: "Bob" } };
const room = { name: "byRoom", input: { room: "a" } };
const both = { name: "both", ctx: { user: "Bob" } };
const json = (text: string): unknown => JSON.parse(text);
const thrower = (name: string, inside: object = {}): object =>
  Object.defineProperty(inside, name, {
    enumerable: true,
    get() {
      throw new Error(`${name} is locked`);
    },
  });
const hidden = (from: object, name: string, value: unknown): object =>
  Object.defineProperty({ ...from }, name, { value, enumerable: false });

/** Options of `publish` whose filter must not be taken for another one, least of all for none. */
const refused: readonly (readonly [name: string, options: unknown, place: string])[] = [
  ["a filter that is inherited by a filter", { filter: Object.create(user) }, "ctx"],
  ["an inherited section", { filter: { name: "byUser", ...inherit("ctx", user.ctx) } }, "ctx"],
  ["a hidden section", { filter: hidden({ name: "byUser" }, "user", 1) }, "ctx"],
  [
    "an inherited second section, which would widen the audience when it is not seen",
    { filter: Object.assign(Object.create({ input: { room: "a" } }), both) },
    "input",
  ],
  ["an inherited field", { filter: { ...user, ctx: Object.create(user.ctx) } }, "ctx.user"],
  ["a field of another case", { filter: { ...user, ctx: { User: "Bob" } } }, "ctx.User"],
  ["a field too many", { filter: { ...user, ctx: { user: "Bob", room: "a" } } }, "ctx.room"],
  ["a field of the other section", { filter: { ...both, ctx: { room: "a" } } }, "ctx.room"],
  ["a section too many", { filter: { ...user, input: { room: "a" } } }, "input.room"],
  ["an unknown section", { filter: { ...user, headers: {} } }, "headers"],
  [
    "an own __proto__",
    { filter: json('{"name":"byUser","ctx":{"user":1},"__proto__":{}}') },
    "__proto__",
  ],
  [
    "an own __proto__ as a field",
    { filter: json('{"name":"byUser","ctx":{"__proto__":1}}') },
    "ctx.__proto__",
  ],
  ["the name __proto__", { filter: { name: "__proto__" } }, "name"],
  ["the name toString", { filter: { name: "toString" } }, "name"],
  ["a name of another case", { filter: { ...user, name: "ByUser" } }, "name"],
  ["a name that is a String object", { filter: { ...user, name: Object("byUser") } }, "name"],
  [
    "the name of a filter with nothing, and a field",
    { filter: { name: "none", ctx: { user: 1 } } },
    "ctx.user",
  ],
  ["a Map", { filter: new Map(Object.entries(user)) }, "name"],
  ["a filter as JSON", { filter: JSON.stringify(user) }, "filter"],
  ["a filter that is a promise", { filter: Promise.resolve(user) }, "name"],
  ["a filter of an array in an array", { filter: [[user]] }, "filter[0]"],
  ["a good filter and null", { filter: [user, null] }, "filter[1]"],
  ["a good filter and a bad one", { filter: [user, { name: "byRoom" }] }, "filter[1].input"],
  // biome-ignore lint/suspicious/noSparseArray: it is what is tested
  ["an array with a hole", { filter: [user, , room] }, "filter[1]"],
  ["a filter of undefined", { filter: undefined }, "filter"],
  ["an inherited filter of undefined", Object.create({ filter: undefined }), "filter"],
  ["a misspelt option", { filters: user }, "options.filters"],
  ["an own __proto__ among the options", json('{"__proto__":{"filter":{}}}'), "options.__proto__"],
];

/** Options that mean a filter, in whatever way it is there. */
const meant: readonly (readonly [name: string, options: object])[] = [
  ["a filter that is inherited", Object.create({ filter: user })],
  ["a filter that is not enumerable", hidden({}, "filter", user)],
  [
    "a filter behind a getter",
    {
      get filter() {
        return user;
      },
    },
  ],
  ["a filter without a prototype", { filter: Object.assign(Object.create(null), user) }],
  [
    "fields without a prototype",
    { filter: { ...user, ctx: Object.assign(Object.create(null), user.ctx) } },
  ],
  ["the same filter twice", { filter: [user, { ...user }] }],
  ["a narrower filter beside it", { filter: [both, { ...both, input: { room: "a" } }] }],
];

const throwing: readonly (readonly [name: string, options: object, message: string])[] = [
  ["a filter", thrower("filter"), "filter is locked"],
  ["a name", { filter: thrower("name") }, "name is locked"],
  ["a section", { filter: thrower("ctx", { name: "byUser" }) }, "ctx is locked"],
  ["a field", { filter: { name: "byUser", ctx: thrower("user") } }, "user is locked"],
];

function inherit(name: string, value: unknown): object {
  return Object.setPrototypeOf({}, { [name]: value });
}

const world = filterWorld();

beforeAll(async () => {
  for (const connectionId of ["Bob", "Eve"]) {
    world.contexts.set(connectionId, { user: connectionId });
    await world.connect(connectEvent({ connectionId }));
    const params = { path: "onNews", input: { room: "a" } };
    const subscribe = { id: 1, method: "subscription", params };
    await world.handler(messageEvent(subscribe, { connectionId }));
  }
});

/** What a call that must fail asked the store and posted. */
async function traceOf(work: () => Promise<unknown>, failure: object | string): Promise<unknown> {
  const before = [world.storeCalls.length, world.recording.posts.length];
  const outcome = expect(work()).rejects;
  await (typeof failure === "string" ? outcome.toThrow(failure) : outcome.toMatchObject(failure));
  return [world.storeCalls.slice(before[0]), world.recording.posts.slice(before[1])];
}

/** Adds `data`, and keeps everything else as it is: getters, prototypes, what is hidden. */
const withData = (options: unknown): unknown =>
  Object.defineProperty(options, "data", { value: "x", enumerable: true, configurable: true });

describe("S1: publish refuses, and asks and posts nothing", () => {
  it.each(refused)("%s", async (_name, options, place) => {
    const failure = { name: "InvalidFilterError", path: "onNews", place };
    expect(await traceOf(() => world.news.publish(withData(options)), failure)).toEqual([[], []]);
  });

  it.each(throwing)("%s whose getter throws, with its error", async (_name, options, message) => {
    const failure = await traceOf(() => world.news.publish(withData(options)), message);
    expect(failure).toEqual([[], []]);
  });
});

describe("S1: publish takes for what it is", () => {
  it.each(meant)("%s", async (_name, options) => {
    const before = world.recording.posts.length;
    expect(await world.news.publish(withData(options))).toMatchObject({ matched: 1, delivered: 1 });
    const posts = world.recording.posts.slice(before);
    expect(posts.map(({ connectionId }) => connectionId)).toEqual(["Bob"]);
  });
});

describe.each(["complete", "count", "disconnect"] satisfies readonly (keyof UntypedRoute)[])(
  "S1: %s refuses, and asks and posts nothing",
  (verb) => {
    const filters = refused.flatMap(([name, options, place]) =>
      typeof options === "object" && options !== null && Object.hasOwn(options, "filter")
        ? [[name, Reflect.get(options, "filter"), place] as const]
        : [],
    );

    it.each(filters)("%s", async (_name, filter, place) => {
      const failure = { name: "InvalidFilterError", path: "onNews", place };
      expect(await traceOf(() => world.news[verb](filter), failure)).toEqual([[], []]);
    });
  },
);

afterAll(() => {
  report("hostile filter shapes", { cases: refused.length + throwing.length + meant.length });
});
