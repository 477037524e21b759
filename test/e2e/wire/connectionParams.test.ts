import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { onMethod } from "./gatewayProbe.ts";
import { failed, type RawSocket, rawSocket, started } from "./rawSocket.ts";
import { startWorld, type World } from "./world.ts";

/** The context of every procedure: what `createContext` saw. */
interface Seen {
  readonly token: string;
}

const subscriptions = initSubscriptions();
const t = initTRPC.context<Seen>().create();
const router = t.router({
  onAny: t.procedure.subscription(subscriptions.resolver<string>()),
  whoAmI: t.procedure.query(({ ctx }) => ctx.token),
});
const chain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onAny.filter({ name: "token", ctx: { token: true } });

/** A world whose context is the client's `token`; `none` where the client has no connectionParams. */
function startParamsWorld({
  connectionParamsTimeoutMs = 3_000,
  onConnectionRead = () => undefined,
}: {
  readonly connectionParamsTimeoutMs?: number;
  readonly onConnectionRead?: () => void;
} = {}): Promise<World<ReturnType<ReturnType<typeof chain>["publisher"]>>> {
  const edit = <T>(output: T): T => {
    onConnectionRead();
    return output;
  };
  return startWorld(chain, {
    plan: ({ command }) => (command === "GetItemCommand" ? { edit } : undefined),
    serve: {
      handler: {
        connectionParamsTimeoutMs,
        createContext: ({ connection, info }) => {
          expect(info.connectionParams).toEqual(connection.connectionParams);
          return { token: connection.connectionParams?.["token"] ?? "none" };
        },
      },
    },
  });
}

const open = ({ gateway }: Pick<World<unknown>, "gateway">): Promise<RawSocket> =>
  rawSocket(`${gateway.url}?connectionParams=1`);
const whoAmI = (id: number): object => ({ id, method: "query", params: { path: "whoAmI" } });
const params = (data: unknown): object => ({ method: "connectionParams", data });
const everyVersion = clientVersions.map((version) => [version] as const);

it.each(everyVersion)("T8: connectionParams reach the context (client %s)", async (version) => {
  const { client, publisher } = await startParamsWorld();
  const { client: caller } = client<typeof router>(version, {
    connectionParams: async () => ({ token: "abc" }),
  });
  const notes = record<string>((on) => caller.onAny.subscribe(undefined, on));
  await notes.started;
  expect(await caller.whoAmI.query()).toBe("abc");
  await publisher.routes.onAny.publish({
    data: "for abc",
    filter: { name: "token", ctx: { token: "abc" } },
  });
  expect(await notes.received(1)).toEqual(["for abc"]);
});

it.each(everyVersion)(
  "T8: requests handled before their connectionParams wait for them (client %s)",
  async (version) => {
    const read = deferred();
    const { client, probe, errors } = await startParamsWorld({ onConnectionRead: read.resolve });
    const held = probe.hold(onMethod("connectionParams"));
    const { client: caller } = client<typeof router>(version, {
      connectionParams: () => ({ token: "late" }),
    });
    const answer = caller.whoAmI.query();
    await held.arrived;
    await read.promise;
    await held.release();
    expect(await answer).toBe("late");
    expect(errors).toEqual([]);
  },
);

it("T8: a request whose connectionParams never come fails, and never runs without them", async () => {
  const world = await startParamsWorld({ connectionParamsTimeoutMs: 60 });
  const socket = await open(world);
  socket.send(whoAmI(1));
  socket.subscribe(2, "onAny");
  expect((await socket.next(failed(1))).error?.data.code).toBe("TIMEOUT");
  expect((await socket.next(failed(2))).error?.data.code).toBe("TIMEOUT");
  expect(await world.liveRows()).toEqual([]);
  socket.send(params({ token: "at last" }));
  await world.settle(socket);
  socket.send(whoAmI(3));
  expect(await socket.next(({ id }) => id === 3)).toMatchObject({ result: { data: "at last" } });
});

it.each(everyVersion)("T8: a client with none has null (client %s)", async (version) => {
  const { client } = await startParamsWorld();
  const without = client<typeof router>(version);
  expect(await without.client.whoAmI.query()).toBe("none");
  const withNull = client<typeof router>(version, { connectionParams: () => null });
  expect(await withNull.client.whoAmI.query()).toBe("none");
});

it("T8: bad connectionParams are answered, fail the requests that wait, and leave the socket open", async () => {
  const world = await startParamsWorld();
  for (const bad of [{ token: 1 }, "token", ["token"], { token: { deep: "x" } }]) {
    const socket = await open(world);
    socket.send(whoAmI(1));
    socket.send(params(bad));
    const { error } = await socket.next(failed(null));
    expect(error).toMatchObject({ code: -32700, message: "Invalid connection params shape" });
    expect((await socket.next(failed(1))).error?.data.code).toBe("BAD_REQUEST");
    socket.send(params({ token: "good" }));
    await world.settle(socket);
    socket.send(whoAmI(2));
    expect((await socket.next(({ id }) => id === 2)).error?.data.code).toBe("BAD_REQUEST");
    expect(socket.isOpen).toBe(true);
  }
});

it("S12: connectionParams have at most 8,192 bytes, since they are read with every frame", async () => {
  const world = await startParamsWorld();
  const jsonBytes = JSON.stringify({ token: "" }).length;
  const largest = "x".repeat(8_192 - jsonBytes);
  const good = await open(world);
  good.send(params({ token: largest }));
  await world.settle(good);
  good.send(whoAmI(1));
  expect(await good.next(({ id }) => id === 1)).toMatchObject({ result: { data: largest } });
  const bad = await open(world);
  bad.send(whoAmI(1));
  bad.send(params({ token: `${largest}x` }));
  expect((await bad.next(failed(null))).error).toMatchObject({
    code: -32700,
    message: "connectionParams have 8193 bytes, more than 8192",
  });
  expect((await bad.next(failed(1))).error?.data.code).toBe("BAD_REQUEST");
});

it("T8, S1: connectionParams sent twice: the first ones stay, the socket too", async () => {
  const world = await startParamsWorld();
  const socket = await open(world);
  socket.send(params({ token: "first" }));
  await world.settle(socket);
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  socket.send(params({ token: "second" }));
  await world.settle(socket);
  expect(world.errors.map(({ error }) => error.message)).toEqual([
    expect.stringContaining("sent before"),
  ]);
  socket.send(whoAmI(2));
  expect(await socket.next(({ id }) => id === 2)).toMatchObject({ result: { data: "first" } });
  expect(await world.publisher.routes.onAny.count()).toBe(1);
});

it("T8: connectionParams that were not announced change nothing", async () => {
  const world = await startParamsWorld();
  const socket = await world.open();
  socket.send(params({ token: "smuggled" }));
  expect((await socket.next(failed(null))).error?.message).toContain("not announced");
  socket.send(whoAmI(1));
  expect(await socket.next(({ id }) => id === 1)).toMatchObject({ result: { data: "none" } });
});

it("T8: connectionParams and requests in one frame, in whatever order", async () => {
  const world = await startParamsWorld();
  const socket = await open(world);
  socket.send([whoAmI(1), params({ token: "inside" })]);
  expect(await socket.next(({ id }) => id === 1)).toMatchObject({ result: { data: "inside" } });
});

it.each(everyVersion)(
  "T8: a reconnecting client's new connectionParams count for its subscriptions (client %s)",
  async (version: ClientVersion) => {
    const { client, gateway, publisher, probe } = await startParamsWorld();
    let connection = 0;
    const { client: caller } = client<typeof router>(version, {
      connectionParams: () => ({ token: `token${++connection}` }),
    });
    const notes = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await notes.started;
    await gateway.dropConnection(gateway.connectionIds()[0] ?? "");
    await probe.until("management", ({ body }) => body?.includes('"started"') === true, 2);
    const publish = (token: string): Promise<unknown> =>
      publisher.routes.onAny.publish({ data: token, filter: { name: "token", ctx: { token } } });
    await publish("token1");
    await publish("token2");
    expect(await notes.received(1)).toEqual(["token2"]);
  },
);
