import type { AnyTRPCRouter } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import type { Store } from "../store/types.ts";
import type { FiltersByPath } from "./declareFilters.ts";

/** In the global registry, because a project may load this package as ESM and its test runner as CJS. */
const REBASE = Symbol.for("trpc-aws-subscriptions.rebase");
const MAKING = Symbol.for("trpc-aws-subscriptions.making");

/** What `rebase` needs of a chain. */
export interface Base {
  readonly router: AnyTRPCRouter;
  readonly filters: FiltersByPath;
  /** The same chain on another store. */
  readonly on: (store: Store) => object;
}

/** The part of a chain by which it can be put on another store. */
export function rebasable(base: Base): object {
  return { [REBASE]: base };
}

/**
 * What a chain is made of, with its store or before it.
 *
 * @throws {@link BuilderError} for anything but a chain that has its router
 */
export function baseOf(chain: unknown): Base {
  const base = typeof chain === "object" && chain !== null ? Reflect.get(chain, REBASE) : undefined;
  if (base !== undefined) return base as Base;
  throw new BuilderError(
    "expected what initSubscriptions().router({ router }) returned, with or without a store and filters.",
  );
}

/** How a handler was made. */
export interface Making extends Pick<Base, "router" | "filters"> {
  readonly step: string;
  readonly options: unknown;
}

/** Notes on a handler how it was made, so that tests can make it again on another store. Anything else stays as it is. */
export function noteMaking(made: unknown, making: Making): unknown {
  return typeof made === "function" ? Object.defineProperty(made, MAKING, { value: making }) : made;
}

/** How a handler was made; `undefined` for a function that no chain made, a wrapper for example. */
export function makingOf(handler: object): Making | undefined {
  return Reflect.get(handler, MAKING) as Making | undefined;
}
