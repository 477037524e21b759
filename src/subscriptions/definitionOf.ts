import type { App } from "./app.ts";
import { definitionIn, type RouteDefinition } from "./resolver.ts";

/**
 * What a subscription's resolver was made of, or `undefined` when there is no such subscription or it was not given to
 * `.subscription()` by `resolver()` itself. Loads the lazy routers on the way.
 */
export async function definitionOf(
  app: Pick<App, "router">,
  path: string,
): Promise<RouteDefinition | undefined> {
  let loaded: LazyLoader | undefined;
  while (procedureAt(app, path) === undefined) {
    const loader = lazyLoader(app, path);
    // tRPC forgets a loader that has loaded; one that is still there would be asked for ever.
    if (loader === undefined || loader === loaded) return undefined;
    await loader.load();
    loaded = loader;
  }
  return loadedDefinitionOf(app, path);
}

/** {@link definitionOf}, without loading anything. */
export function loadedDefinitionOf(
  app: Pick<App, "router">,
  path: string,
): RouteDefinition | undefined {
  const procedure = procedureAt(app, path);
  if (procedure === undefined || procedure.type !== "subscription") return undefined;
  return definitionIn(procedure.resolver);
}

/** Tells whether the router has a procedure of any type at a path; one of a lazy router counts once that was loaded. */
export function hasProcedure(app: Pick<App, "router">, path: string): boolean {
  return procedureAt(app, path) !== undefined;
}

/** Tells whether a path is below a router that has not been loaded yet. */
export function isBelowLazyRouter(app: Pick<App, "router">, path: string): boolean {
  return lazyLoader(app, path) !== undefined;
}

interface LazyLoader {
  readonly load: () => Promise<void>;
}

function lazyLoader({ router }: Pick<App, "router">, path: string): LazyLoader | undefined {
  const entry = Object.entries(router._def.lazy).find(
    ([prefix]) => path === prefix || path.startsWith(`${prefix}.`),
  );
  return entry?.[1];
}

/** A procedure's definition; `resolver` is not in tRPC's types, but there at run time in every version of 11. */
function procedureAt(
  app: Pick<App, "router">,
  path: string,
): { readonly type?: unknown; readonly resolver?: unknown } | undefined {
  const procedures: Readonly<Record<string, { readonly _def: object } | undefined>> =
    app.router._def.procedures;
  return Object.hasOwn(procedures, path) ? procedures[path]?._def : undefined;
}
