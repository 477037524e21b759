import { beforeEach, describe, expect, it } from "vitest";
import { BuilderError } from "../../../src/errors.ts";
import type { App } from "../../../src/subscriptions/app.ts";
import { createRouter, enginesBuilt, initSubscriptions, store, subscriptions } from "./fixture.ts";

const start = () => subscriptions.router({ router: createRouter() });

/** The app that the engine was given, through the step `connect`. */
const appOf = (chain: { connect(): unknown }): App => (chain.connect() as { app: App }).app;

beforeEach(() => {
  enginesBuilt.length = 0;
});

describe("chain", () => {
  it("gives the engine the router, the store and all filters, whatever the order of steps", () => {
    const router = createRouter();
    const chain = subscriptions.router({ router });
    const early = chain.routes.mine
      .filter({ name: "a", input: { name: true } })
      .store({ store })
      .routes.chat.room.onMessage.filter({ name: "a", ctx: { userId: true } });
    const late = chain
      .store({ store })
      .routes.mine.filter({ name: "a", input: { name: true } })
      .routes.chat.room.onMessage.filter({ name: "a", ctx: { userId: true } });
    for (const built of [early, late]) {
      const app = appOf(built);
      expect(app.router).toBe(router);
      expect(app.store).toBe(store);
      expect(Object.fromEntries(app.filters)).toEqual({
        mine: [{ name: "a", ctx: [], input: ["name"] }],
        "chat.room.onMessage": [{ name: "a", ctx: ["userId"], input: [] }],
      });
    }
  });

  it("hands arguments to the engine's step and builds its handlers once", () => {
    const chain = start().store({ store });
    expect(chain.connect(1, "two")).toMatchObject({ args: [1, "two"] });
    chain.connect();
    expect(enginesBuilt).toHaveLength(1);
  });

  it("does not ask the engine for handlers before one is used", () => {
    start().store({ store }).routes.mine.filter({ name: "a" });
    expect(enginesBuilt).toEqual([]);
  });

  it("leaves every older builder as it was", () => {
    const first = start().store({ store });
    const second = first.routes.mine.filter({ name: "a" });
    const third = second.routes.mine.filter({ name: "b" }, { name: "c" });
    const sibling = second.routes.mine.filter({ name: "b" });
    const names = [first, second, third, sibling].map((chain) =>
      (appOf(chain).filters.get("mine") ?? []).map(({ name }) => name),
    );
    expect(names).toEqual([[], ["a"], ["a", "b", "c"], ["a", "b"]]);
  });

  it("is frozen at every step", () => {
    const chain = start();
    for (const builder of [subscriptions, chain, chain.store({ store })]) {
      expect(Object.isFrozen(builder)).toBe(true);
    }
  });
});

describe("steps apart from their builder", () => {
  it("works with steps taken off their builder", () => {
    const { router } = initSubscriptions();
    const { store: step } = router({ router: createRouter() });
    const { routes } = step({ store });
    const { filter } = routes.chat.room.onMessage;
    const { connect } = filter({ name: "a" });
    expect(appOf({ connect }).filters.has("chat.room.onMessage")).toBe(true);
    expect(appOf(filter({ name: "b" })).filters.get("chat.room.onMessage")).toEqual([
      { name: "b", ctx: [], input: [] },
    ]);
  });

  it("can be awaited", async () => {
    const chain = start();
    expect(await chain).toBe(chain);
    const { routes } = chain;
    expect(await routes).toBe(routes);
    expect(await routes.chat.room).toBe(routes.chat.room);
    expect(typeof (await routes.mine.filter)).toBe("function");
  });
});

const untyped = (chain: object, step: string): ((...args: unknown[]) => unknown) =>
  Reflect.get(chain, step);

describe("wrong steps", () => {
  it.each(["connect", "forgotten"])("%s() before store() says what is missing", (step) => {
    const call = () => untyped(start(), step)();
    expect(call).toThrow(BuilderError);
    expect(call).toThrow(`${step}(): this chain has no store yet. Call .store({ store }) first.`);
    expect(enginesBuilt).toEqual([]);
  });

  it.each(["store", "engine", "connect", "publisher", "grantRouter"])(
    "%s() before router() says what is missing",
    (step) => {
      const call = () => untyped(initSubscriptions(), step)({});
      expect(call).toThrow(BuilderError);
      expect(call).toThrow(
        `${step}(): this chain has no router yet. Call .router({ router }) first.`,
      );
    },
  );

  it.each([{}, { send: () => undefined, config: {} }])("refuses %j, which is no store", (given) => {
    expect(() => untyped(start(), "store")({ store: given })).toThrow(
      "store(): what it was given is no store. Give it { store: dynamodb({",
    );
  });

  it("refuses a second store", () => {
    const chain = start().store({ store });
    expect(() => untyped(chain, "store")({ store })).toThrow(BuilderError);
  });

  it.each([[undefined], [null], [{}], [{ store: undefined }], [{ store: "dynamodb" }]])(
    "refuses the store %j",
    (options) => {
      expect(() => untyped(start(), "store")(options)).toThrow("store(): expected { store }");
    },
  );

  it.each([
    [undefined],
    [null],
    [{}],
    [{ router: {} }],
    [{ router: { _def: {} } }],
    [createRouter()],
  ])("refuses the router %#", (options) => {
    const call = () => untyped(subscriptions, "router")(options);
    expect(call).toThrow(BuilderError);
    expect(call).toThrow("router(): expected { router }");
  });

  it("refuses a step that the engine announced and does not have", () => {
    const chain = start().store({ store });
    expect(() => untyped(chain, "forgotten")()).toThrow('not a step of the engine "test"');
  });
});

describe("wrong routes", () => {
  it.each([
    [["mine", "publish"], "routes.mine.publish()"],
    [["filter"], "routes.filter()"],
    [["mine"], "routes.mine()"],
    [[], "routes.()"],
  ])("refuses routes.%j()", (path, message) => {
    const target = path.reduce<object>(
      (at, key) => Reflect.get(at, key) as object,
      start().routes,
    ) as () => unknown;
    expect(() => target()).toThrow(BuilderError);
    expect(() => target()).toThrow(message);
  });

  it("refuses an unknown route and a name that is taken", () => {
    const routes: object = start().routes;
    const unknown = Reflect.get(Reflect.get(routes, "missing") as object, "filter");
    expect(() => (unknown as (filter: object) => void)({ name: "a" })).toThrow(
      '"missing" is not a subscription',
    );
    const filtered = start().routes.mine.filter({ name: "a" });
    // @ts-expect-error the name is taken
    expect(() => filtered.routes.mine.filter({ name: "a" })).toThrow(BuilderError);
    // @ts-expect-error the name is taken
    expect(() => filtered.routes.mine.filter({ name: "b" }, { name: "b" })).toThrow(BuilderError);
  });
});

describe("initSubscriptions()", () => {
  it("gives the engine what listens to events", () => {
    const onEvent = (): void => undefined;
    const chain = initSubscriptions({ onEvent }).router({ router: createRouter() });
    expect(appOf(chain.store({ store })).onEvent).toBe(onEvent);
    expect(appOf(start().store({ store }))).not.toHaveProperty("onEvent");
  });

  it.each([
    [null, "initSubscriptions(): expected an object of options. Known: onEvent."],
    [() => undefined, "initSubscriptions(): expected an object of options. Known: onEvent."],
    [{ onEvent: "log" }, 'initSubscriptions(): onEvent is "log", not a function.'],
    [
      { onEvents: () => undefined },
      'initSubscriptions(): unknown option "onEvents". Known: onEvent.',
    ],
  ])("refuses %o", (options, message) => {
    expect(() => initSubscriptions(options as never)).toThrow(new BuilderError(message));
  });
});
