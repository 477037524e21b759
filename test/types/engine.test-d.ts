import type { AnyTRPCRouter, inferRouterContext } from "@trpc/server";
import { expectTypeOf, it } from "vitest";
import type {
  AnyFilter,
  Engine,
  EngineTypes,
  FiltersOf,
  PublishRoutes,
  RouterOf,
} from "../../src/index.ts";
import { createInitSubscriptions } from "../../src/subscriptions/builder.ts";
import { type AppContext, type AppRouter, appRouter, store } from "./fixture.ts";

// An engine with other steps than API Gateway's, made of the public types alone.
interface TopicTypes extends EngineTypes {
  readonly handlers: TopicHandlers<RouterOf<this>, FiltersOf<this>, this["session"]>;
}

interface TopicHandlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter, TSession> {
  grants(options: { readonly session: TSession }): inferRouterContext<TRouter>;
  names(): TFilters["name"];
  publisher(): { readonly routes: PublishRoutes<TRouter["_def"]["record"], "", TFilters> };
}

declare const topics: Engine<TopicTypes>;
const chain = createInitSubscriptions(topics)<{ readonly tenant: number }>().router({
  router: appRouter,
});
const app = chain.routes.mySubscription
  .filter({ name: "a", input: { name: true } })
  .store({ store })
  .routes.chat.onMessage.filter({ name: "b" });

it("gets router, filters and session of the chain it ends", () => {
  expectTypeOf(app.names()).toEqualTypeOf<"a" | "b">();
  expectTypeOf(app.grants).parameter(0).toEqualTypeOf<{
    readonly session: { readonly tenant: number };
  }>();
  expectTypeOf(app.grants).returns.toEqualTypeOf<AppContext>();
  const { routes } = app.publisher();
  void routes.mySubscription.publish({ data: "x", filter: { name: "a", input: { name: "x" } } });
  // @ts-expect-error a filter of another route
  void routes.mySubscription.publish({ data: "x", filter: { name: "b" } });
});

it("brings all the steps behind the store", () => {
  // @ts-expect-error not a step of this engine
  void app.connect;
  // @ts-expect-error before the store
  void chain.grants;
  expectTypeOf<RouterOf<{ router: AppRouter }>>().toEqualTypeOf<AppRouter>();
});
