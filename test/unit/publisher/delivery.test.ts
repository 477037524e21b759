import { initTRPC } from "@trpc/server";
import fc from "fast-check";
import superjson from "superjson";
import { expect, it } from "vitest";
import { z } from "zod";
import { createMessageHandler } from "../../../src/adapters/api-gateway/handler.ts";
import { createPublisher } from "../../../src/publisher/createPublisher.ts";
import { publisherContext } from "../../../src/publisher/publisherOptions.ts";
import type { Transport } from "../../../src/publisher/transport.ts";
import { memory } from "../../../src/store/memory.ts";
import { declareFilters } from "../../../src/subscriptions/declareFilters.ts";
import { createResolver } from "../../../src/subscriptions/resolver.ts";
import { messageEvent } from "../../../src/testing/events.ts";
import { API, END_SECONDS, START_MS } from "../../../src/testing/store/world.ts";
import { codePoint } from "../../codePoint.ts";

/** Values of a subscriber; the first two are its context, the others its input. */
type Values = Readonly<Record<"userId" | "tenant" | "a" | "b", unknown>>;

const t = initTRPC.context<object>().create({ transformer: superjson });
const router = t.router({
  p: t.procedure.input(z.looseObject({})).subscription(createResolver<number>()),
});
const fields = {
  byA: { input: ["a"] },
  byAB: { input: ["a", "b"] },
  byUser: { ctx: ["userId"] },
  all: { ctx: ["userId", "tenant"], input: ["a", "b"] },
  a: {},
} as const satisfies Record<string, Partial<Record<"ctx" | "input", readonly (keyof Values)[]>>>;
const shapes = [
  ...(Object.keys(fields) as (keyof typeof fields)[]),
  "ctxOnly",
  "everybody",
] as const;

/** The filter a publisher writes for these values. */
function filterOf(shape: (typeof shapes)[number], values: Values): object | undefined {
  if (shape === "everybody") return undefined;
  const name = shape === "ctxOnly" ? "all" : shape;
  const { ctx, input }: { ctx?: readonly (keyof Values)[]; input?: readonly (keyof Values)[] } =
    fields[name];
  const pick = (keys: readonly (keyof Values)[]) =>
    Object.fromEntries(keys.map((key) => [key, values[key]]));
  return {
    name,
    ...(ctx && { ctx: pick(ctx) }),
    ...(input && shape !== "ctxOnly" && { input: pick(input) }),
  };
}

/** What must hold: the named fields are equal, as `===` has it, so that -0 is 0. */
function isAddressed(shape: (typeof shapes)[number], published: Values, subscribed: Values) {
  const keys: Record<string, readonly (keyof Values)[]> = {
    ...{ byA: ["a"], byAB: ["a", "b"], byUser: ["userId"], a: [], everybody: [] },
    ...{ all: ["userId", "tenant", "a", "b"], ctxOnly: ["userId", "tenant"] },
  };
  // A filter with all its fields only ever finds subscribers that have all of them.
  const needed = shape === "ctxOnly" ? (keys["all"] ?? []) : (keys[shape] ?? []);
  return (
    needed.every((key) => isScalar(subscribed[key])) &&
    keys[shape]?.every((key) => subscribed[key] === published[key])
  );
}

function isScalar(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "string") return Buffer.from(value).toString() === value;
  return typeof value === "boolean" || typeof value === "bigint" || value === null;
}

async function start() {
  const store = memory({ now: () => START_MS });
  const unfiltered = { router, store, filters: new Map() };
  const declarations = Object.entries(fields).map(([name, sections]) => ({
    name,
    ...Object.fromEntries(
      Object.entries<readonly string[]>(sections).map(([section, names]) => [
        section,
        Object.fromEntries(names.map((field) => [field, true])),
      ]),
    ),
  }));
  const app = { ...unfiltered, filters: declareFilters(unfiltered, "p", declarations) };
  const received: { readonly connectionId: string; readonly data: unknown }[] = [];
  const transport: Transport = {
    async post(connectionId, frame) {
      const { result } = JSON.parse(frame);
      expect(result).toBeDefined();
      if (result.type === "data") received.push({ connectionId, data: result.data.json });
    },
    close: async () => undefined,
  };
  const contexts = new Map<string, object>();
  const createContext = ({ connection }: { readonly connection: { readonly id: string } }) =>
    contexts.get(connection.id) ?? {};
  const handler = createMessageHandler(app, { createContext }, () => transport);
  const publisher = createPublisher(publisherContext({ app, transport, api: API }, {}));
  const subscribe = async (connectionId: string, { userId, tenant, a, b }: Values) => {
    const times = { connectedAt: START_MS, expireAt: END_SECONDS };
    await store.connect({ connectionId, api: API, paramsExpected: false, ...times });
    contexts.set(connectionId, { userId, tenant });
    const input = superjson.serialize({ a, b });
    const request = { id: 1, method: "subscription", params: { path: "p", input } };
    await handler(messageEvent(request, { connectionId }));
  };
  const routes = publisher.routes as {
    readonly p: { publish(options: object): Promise<{ readonly matched: number }> };
  };
  return { store, received, subscribe, publish: routes.p.publish };
}

/** Few, so that two values are often nearly the same. */
const lookalikes = [0, -0, "0", "%n0", 1, "1", 1n, null, "null", true, "true", "", undefined];
const adversarial = [
  ...["#", "%", "\\", "\0", "a", "a#", "a#a#", "a#b#b", "%23", "%25", "connection#", "\ud800"],
  ...["%n1", 10, "%z", "%btrue", false, Number.NaN, [1], { a: 1 }],
  ...["x".repeat(128), "x".repeat(129), "x".repeat(130)],
];
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...lookalikes) },
  { weight: 3, arbitrary: fc.constantFrom(...adversarial) },
  { weight: 1, arbitrary: fc.string({ unit: codePoint, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.oneof(fc.double(), fc.bigInt({ min: -2n, max: 2n })) },
);
const values = fc.record({ userId: value, tenant: value, a: value, b: value });
/** Half of the published values are those of a subscriber. */
const published = fc.record({
  fresh: values,
  likeIndex: fc.nat(3),
  same: fc.record({ userId: fc.boolean(), tenant: fc.boolean(), a: fc.boolean(), b: fc.boolean() }),
  shape: fc.constantFrom(...shapes),
});
const scenario = fc.record({
  subscribers: fc.array(values, { minLength: 1, maxLength: 4 }),
  publishes: fc.array(published, { minLength: 1, maxLength: 3 }),
  asUnion: fc.boolean(),
});

it("C1 C2 C3: a publish is delivered exactly when the values are equal, once each", async () => {
  const { store, received, subscribe, publish } = await start();
  let run = 0;
  let deliveries = 0;
  const property = fc.asyncProperty(scenario, async ({ subscribers, publishes, asUnion }) => {
    run++;
    const ids = subscribers.map((_, index) => `c${run}-${index}`);
    for (const [index, one] of subscribers.entries()) await subscribe(ids[index] ?? "", one);
    const calls = publishes.flatMap(({ fresh, likeIndex, same, shape }) => {
      const like = subscribers[likeIndex % subscribers.length] ?? fresh;
      const keys = ["userId", "tenant", "a", "b"] as const;
      const mixed = Object.fromEntries(
        keys.map((key) => [key, same[key] ? like[key] : fresh[key]]),
      ) as Values;
      return keys.every((key) => isScalar(mixed[key])) ? [{ shape, values: mixed }] : [];
    });
    const unions = asUnion ? [calls] : calls.map((call) => [call]);
    for (const [data, union] of unions.entries()) {
      received.length = 0;
      const everybody = union.some(({ shape }) => shape === "everybody");
      const filters = union.map((call) => filterOf(call.shape, call.values));
      const report = await publish(everybody ? { data } : { data, filter: filters });
      const expected = ids.filter((_, index) =>
        union.some((call) => isAddressed(call.shape, call.values, subscribers[index] as Values)),
      );
      expect(received.map(({ connectionId }) => connectionId).toSorted()).toEqual(expected);
      expect(report.matched).toBe(expected.length);
      expect(received.every((one) => one.data === data)).toBe(true);
      if (!everybody) deliveries += received.length;
    }
    for (const id of ids) await store.disconnect(id);
    expect(store.countRoutes()).toBe(0);
  });
  await fc.assert(property, { numRuns: 1_500 });
  // Neither everything nor nothing is equal.
  expect(deliveries).toBeGreaterThan(500);
}, 60_000);
