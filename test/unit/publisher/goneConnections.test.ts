import { describe, expect, it } from "vitest";
import { WrongEndpointError } from "../../../src/errors.ts";
import type { Store } from "../../../src/store/types.ts";
import { audience, type DisconnectAll, idOf, PATH, range } from "./goneAudience.ts";
import { settled } from "./virtualTime.ts";

describe("closed connections", () => {
  it("C6: are removed with all their subscriptions and hooks, each connection once", async () => {
    const { store, routes, gone, reported, stopped, left, batches } = await audience(3, {
      each: 2,
    });
    for (const route of routes) {
      gone.noteAnswer(route, route.subscriber.connectionId === idOf(1));
    }
    await gone.finish();
    expect(await left()).toEqual([idOf(0), idOf(2)]);
    expect(store.countRoutes()).toBe(4);
    expect(stopped).toEqual([idOf(1), idOf(1)]);
    expect(batches).toEqual([2]);
    expect(reported).toEqual([]);
  });

  it("R4: are removed fifty rows at once beside the posts, and the others at the end", async () => {
    const { routes, gone, left, batches } = await audience(75);
    for (const [index, route] of routes.entries()) {
      gone.noteAnswer(route, index >= 10);
      await settled();
      expect((await left()).length).toBe(index < 59 ? 75 : 25);
    }
    await gone.finish();
    expect(await left()).toEqual(range(0, 10));
    expect(batches).toEqual([50, 15]);
  });

  it("are removed at the end when all of a few are closed", async () => {
    const { store, routes, gone, reported, left } = await audience(19);
    for (const route of routes) gone.noteAnswer(route, true);
    await settled();
    expect((await left()).length).toBe(19);
    await gone.finish();
    expect(await left()).toEqual([]);
    expect(store.countRoutes()).toBe(0);
    expect(reported).toEqual([]);
  });

  it("have their hooks run once, though a second batch is told of the same subscriptions", async () => {
    const options = { each: 60, disconnectAll: repeating() };
    const { routes, gone, stopped } = await audience(1, options);
    for (const route of routes) gone.noteAnswer(route, true);
    // Posts that arrived: the endpoint is not suspected.
    for (const route of routes.slice(0, 7)) gone.noteAnswer(route, false);
    await gone.finish();
    expect(stopped.length).toBe(60);
  });
});

/** A store whose second call finds what the first one found, as two calls at once may. */
function repeating(): DisconnectAll {
  let first: ReturnType<Store["disconnectAll"]> | undefined;
  return (routes, real) => {
    first ??= real.disconnectAll(routes);
    return first;
  };
}

describe("a wrong endpoint", () => {
  it("R3: is suspected when 18 of 20 posts say 410, and nothing is removed", async () => {
    const { routes, gone, reported, left, batches } = await audience(20);
    for (const [index, route] of routes.entries()) gone.noteAnswer(route, index > 1);
    await gone.finish();
    expect((await left()).length).toBe(20);
    expect(batches).toEqual([]);
    expect(reported).toEqual([{ error: expect.any(WrongEndpointError), at: {} }]);
    expect(reported[0]?.error).toMatchObject({ gone: 18, posted: 20 });
  });

  it("R3: is suspected however many say so, and nothing is removed", async () => {
    const { routes, gone, reported, left } = await audience(400);
    for (const route of routes) gone.noteAnswer(route, true);
    await gone.finish();
    expect((await left()).length).toBe(400);
    expect(reported[0]?.error).toMatchObject({ gone: 400, posted: 400 });
  });

  it("is not suspected when 17 of 20 do", async () => {
    const { routes, gone, reported, left } = await audience(20);
    for (const [index, route] of routes.entries()) gone.noteAnswer(route, index > 2);
    await gone.finish();
    expect(await left()).toEqual(range(0, 3));
    expect(reported).toEqual([]);
  });

  it("is no longer suspected once others were delivered", async () => {
    const { routes, gone, reported, left } = await audience(100);
    for (const [index, route] of routes.entries()) {
      gone.noteAnswer(route, index < 81);
      await settled();
      // 81 of 91 is the first share below nine tenths.
      expect((await left()).length).toBe(index < 90 ? 100 : 50);
    }
    await gone.finish();
    expect(await left()).toEqual(range(81, 100));
    expect(reported).toEqual([]);
  });
});

describe("C9: a failing clean-up", () => {
  it("is reported, and the other batches are cleaned up", async () => {
    const { routes, gone, reported, left } = await audience(160, {
      disconnectAll: async (rows, real) => {
        const ids = rows.map(({ subscriber }) => subscriber.connectionId);
        if (ids.includes(idOf(70))) throw new Error("no disconnect");
        return real.disconnectAll(rows);
      },
    });
    for (const [index, route] of routes.entries()) gone.noteAnswer(route, index >= 20);
    await gone.finish();
    expect(await left()).toEqual([...range(0, 20), ...range(70, 120)]);
    expect(reported).toEqual([{ error: new Error("no disconnect"), at: {} }]);
  });

  it("of a hook is reported and its connection stays closed, as the others do", async () => {
    const options = { badHookOf: idOf(1) };
    const { gone, reported, store, stopped, routes } = await audience(3, options);
    for (const [index, route] of routes.entries()) gone.noteAnswer(route, index > 0);
    await gone.finish();
    expect(await store.getConnection(idOf(1))).toBeUndefined();
    expect(store.countRoutes()).toBe(1);
    expect(stopped).toEqual([idOf(1), idOf(2)]);
    const at = { path: PATH, connectionId: idOf(1) };
    expect(reported).toEqual([{ error: new Error("onStop failed"), at }]);
  });
});

it("every onStop runs once when two batches meet one connection, and the one that found less is first", async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { routes, gone, stopped } = await audience(1, {
    each: 60,
    disconnectAll: async (rows, real) => {
      const all = await real.disconnectAll(rows);
      if (rows.length === 50) {
        await opened;
        return all;
      }
      const ids = rows.map(({ subscriber }) => subscriber.id);
      return all.filter(({ id }) => ids.includes(id));
    },
  });
  for (const route of routes.slice(0, 7)) gone.noteAnswer(route, false);
  for (const route of routes) gone.noteAnswer(route, true);
  const end = gone.finish();
  await settled();
  expect(stopped.length).toBe(10);
  open();
  await end;
  expect(stopped.length).toBe(60);
});

describe("R4: many", () => {
  it("are cleaned up with at most four batches under way, and memory for a thousand", async () => {
    let underWay = 0;
    let most = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { routes, gone, left, batches } = await audience(1_600, {
      disconnectAll: async (rows, real) => {
        most = Math.max(most, ++underWay);
        await gate;
        underWay--;
        return real.disconnectAll(rows);
      },
    });
    for (const [index, route] of routes.entries()) gone.noteAnswer(route, index >= 200);
    await settled();
    expect(batches).toEqual([50, 50, 50, 50]);
    const end = gone.finish();
    open();
    await end;
    expect(most).toBe(4);
    // Two hundred that arrived, and of 1,400 what was neither under way nor among the thousand that wait.
    expect((await left()).length).toBe(200 + 1_400 - 200 - 1_000);
    expect(Math.max(...batches)).toBe(50);
  });

  it("are all cleaned up where the store keeps pace", async () => {
    const { routes, gone, left } = await audience(3_000);
    for (const [index, route] of routes.entries()) {
      gone.noteAnswer(route, index % 10 < 8);
      if (index % 100 === 0) await settled();
    }
    await gone.finish();
    expect((await left()).length).toBe(600);
  });
});
