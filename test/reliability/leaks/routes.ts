import { type AnyTRPCRouter, initTRPC } from "@trpc/server";
import superjson from "superjson";
import { initSubscriptions, type PublishReport, type Store } from "trpc-aws-subscriptions";
import type { Declaration, Fields, Filter } from "./oracle.ts";

const LONG = "p".repeat(128);

/** Routes whose names begin, or look like the keys of, one another, with their shards. */
export const routes: ReadonlyMap<string, number> = new Map([
  ["a", 3],
  ["a#1", 1],
  ["a.b", 1],
  ["ab", 1],
  ["A", 2],
  ["path", 2],
  ["1", 1],
  [`${LONG}1`, 1],
  [`${LONG}2`, 1],
]);

/** Filters of every route; names and fields begin, or look like the keys of, one another. */
export const declarations: readonly Declaration[] = [
  { name: "t", ctx: ["tenant"], input: [] },
  { name: "tt", ctx: ["tenant", "tenantUser"], input: [] },
  { name: "t#ctx#tenant#1", ctx: ["tenant"], input: ["a", "ab"] },
  { name: "t%23", ctx: ["tenantUser", "tenant"], input: ["ab", "a#", "a"] },
  { name: "input#a#", ctx: [], input: ["a"] },
  { name: "constructor", ctx: [], input: ["a#", "ab"] },
  { name: "%z", ctx: [], input: [] },
  { name: "%*", ctx: ["tenant"], input: ["ab", "a"], optional: ["ab"] },
  { name: "t%25*", ctx: ["tenantUser"], input: ["a", "a#"], optional: ["tenantUser", "a#"] },
];

/** A route of a publisher; which routes there are is not known to the compiler here. */
export interface RouteVerbs {
  publish(options: {
    readonly data: number;
    readonly filter?: readonly Filter[] | Filter;
  }): Promise<PublishReport>;
  count(...filter: readonly (readonly Filter[] | Filter)[]): Promise<number>;
  complete(...filter: readonly (readonly Filter[] | Filter)[]): Promise<PublishReport>;
  disconnect(filter: readonly Filter[] | Filter): Promise<PublishReport>;
}

interface FilterStep {
  filter(...filters: readonly object[]): unknown;
}

const subscriptions = initSubscriptions();
const t = initTRPC.context<Fields>().create({ transformer: superjson });
const anything = (input: unknown): unknown => input;

/** The chain of {@link routes} and {@link declarations} on a store. */
export function chainOn(store: Store) {
  const procedures = [...routes].map(([path, shards]) => [
    path,
    t.procedure.input(anything).subscription(subscriptions.resolver<number>({ shards })),
  ]);
  const router: AnyTRPCRouter = t.router(Object.fromEntries(procedures));
  let chain = subscriptions.router({ router }).store({ store });
  for (const path of routes.keys()) {
    const step = Reflect.get(chain.routes, path) as FilterStep;
    chain = step.filter(...declarations.map(declared)) as typeof chain;
  }
  return chain;
}

function declared({ name, ctx, input, optional = [] }: Declaration): object {
  const fields = (names: readonly string[]): object =>
    Object.fromEntries(names.map((field) => [field, optional.includes(field) ? "optional" : true]));
  return { name, ctx: fields(ctx), input: fields(input) };
}
