import { TRPCError } from "@trpc/server";
import type { Store } from "trpc-aws-subscriptions";
import { describe, expect, it, onTestFinished } from "vitest";
import { gatewayClient } from "../e2e/stack.ts";
import { failed, rawSocket, started, valuesOf } from "../e2e/wire/rawSocket.ts";
import { startWorld } from "../e2e/wire/world.ts";
import { type ChatPublisher, chat } from "./chat.ts";

const red = { room: "red" };
const byUser = (userId: string) => ({ name: "byUser", ctx: { userId } }) as const;
/** How long the session of `guest` lasts. */
const SESSION_SECONDS = 600;

/** A world whose clock can be moved on, and whose `authorize` can be told to refuse somebody. */
async function start() {
  let aheadMs = 0;
  let store: Store | undefined;
  const banned = new Set<string>();
  const ids = new Map<string, string>();
  const now = (): number => Date.now() + aheadMs;
  const world = await startWorld(
    (given) => {
      store = given;
      return chat(given);
    },
    {
      store: { now },
      serve: {
        connect: {
          authorize({ query, connection }) {
            const userId = query["user"] ?? "";
            if (banned.has(userId)) throw new TRPCError({ code: "UNAUTHORIZED" });
            ids.set(userId, connection.id);
            const expireAtSeconds = Math.floor(now() / 1000) + SESSION_SECONDS;
            return { session: { userId }, ...(userId === "guest" && { expireAtSeconds }) };
          },
        },
      },
    },
  );
  const join = async (user: string) => {
    const socket = await world.open(user);
    socket.subscribe(1, "onMessage", red);
    socket.subscribe(2, "onHooked", red);
    await Promise.all([socket.next(started(1)), socket.next(started(2))]);
    return socket;
  };
  /** A publisher whose calls to close a socket fail. */
  const withoutClosing = (): ChatPublisher => {
    const { endpoint } = world.gateway;
    const client = gatewayClient(endpoint);
    onTestFinished(() => client.destroy());
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "DeleteConnectionCommand") throw new Error("no close today");
          return next(args);
        },
      { step: "initialize" },
    );
    if (store === undefined) throw new Error("the chain was not built");
    return chat(store).publisher({ endpoint, client });
  };
  const connectionOf = (user: string): string => ids.get(user) ?? "";
  const moveOn = (seconds: number): void => {
    aheadMs += seconds * 1000;
  };
  return { ...world, banned, join, withoutClosing, connectionOf, moveOn };
}

type RevocationWorld = Awaited<ReturnType<typeof start>>;

/** Everything that can be published, to whomever it reaches. */
async function publishAll({ routes }: ChatPublisher): Promise<number> {
  const { onMessage, onHooked } = routes;
  const reports = [
    await onMessage.publish({ data: "filter", filter: byUser("guest") }),
    await onMessage.publish({ data: "everybody" }),
    await onHooked.publish({ data: "hooked" }),
  ];
  return reports.reduce((sum, { matched }) => sum + matched, 0);
}

/** Posts of events, delivered or not. */
const eventPosts = ({ probe }: RevocationWorld): number =>
  probe.observations.filter(
    (one) => one.type === "management" && one.body?.includes('"type":"data"') === true,
  ).length;

async function expectRefused(socket: Awaited<ReturnType<typeof rawSocket>>): Promise<void> {
  socket.send({ id: 7, method: "query", params: { path: "whoAmI" } });
  socket.subscribe(8, "onMessage", red);
  socket.subscribe(9, "onStream");
  for (const id of [7, 8, 9]) {
    expect((await socket.next(failed(id))).error?.data.code).toBe("UNAUTHORIZED");
  }
}

describe("S9: a session that has ended", () => {
  it("gets everything until then, and no post a second later; requests are refused, the socket stays open", async () => {
    const world = await start();
    const guest = await world.join("guest");
    world.moveOn(SESSION_SECONDS - 30);
    expect(await publishAll(world.publisher)).toBe(3);
    world.moveOn(31);
    const before = eventPosts(world);
    expect(await publishAll(world.publisher)).toBe(0);
    expect(eventPosts(world)).toBe(before);
    await expectRefused(guest);
    expect(guest.isOpen).toBe(true);
  });

  it("ends a running generator when that looks at the table again, within a second", async () => {
    const world = await start();
    const guest = await world.open("guest");
    guest.subscribe(1, "onStream");
    await guest.next(({ id, result }) => id === 1 && result?.type === "data");
    world.moveOn(SESSION_SECONDS + 1);
    // Its invocation ends only when the generator, which waits for nothing else, was aborted.
    await world.gateway.settled();
    expect(valuesOf(guest, 1)).toEqual(["first"]);
    expect(world.errors).toEqual([]);
  });

  it("comes back with a new one", async () => {
    const world = await start();
    const guest = await world.join("guest");
    world.moveOn(SESSION_SECONDS + 1);
    await guest.close();
    const again = await world.join("guest");
    expect(await publishAll(world.publisher)).toBe(3);
    await again.sync();
    expect(valuesOf(again, 1)).toEqual(["filter", "everybody"]);
  });
});

describe.each(["by connection", "by filter"] as const)("S9: revoked %s", (way) => {
  const revoke = async (world: RevocationWorld, publisher: ChatPublisher): Promise<void> => {
    if (way === "by filter") await publisher.routes.onMessage.disconnect(byUser("guest"));
    else await publisher.disconnect(world.connectionOf("guest")).catch(() => undefined);
  };

  it("no publish that begins afterwards posts to it, on any route, and its socket is closed", async () => {
    const world = await start();
    const [guest, other] = [await world.join("guest"), await world.join("other")];
    await revoke(world, world.publisher);
    const before = eventPosts(world);
    // Both routes of the other one.
    expect(await publishAll(world.publisher)).toBe(2);
    expect(eventPosts(world)).toBe(before + 2);
    await guest.closed;
    expect(other.isOpen).toBe(true);
  });

  it("nor where the socket cannot be closed; its frames are refused", async () => {
    const world = await start();
    const guest = await world.join("guest");
    await revoke(world, world.withoutClosing());
    expect(await publishAll(world.publisher)).toBe(0);
    await expectRefused(guest);
    expect(await publishAll(world.publisher)).toBe(0);
    expect(guest.isOpen).toBe(true);
  });

  it("a cursor from before reaches it no more", async () => {
    const world = await start();
    await world.join("guest");
    const { publish } = world.publisher.routes.onMessage;
    const { cursor = "" } = await publish({ data: "secret", deadlineMs: 0 });
    await revoke(world, world.publisher);
    expect(await world.publisher.resume(cursor)).toMatchObject({ matched: 0, delivered: 0 });
  });

  it("comes back only when `authorize` lets it", async () => {
    const world = await start();
    await world.join("guest");
    world.banned.add("guest");
    await revoke(world, world.publisher);
    await expect(rawSocket(world.urlOf("guest"))).rejects.toThrow("401");
    expect(await publishAll(world.publisher)).toBe(0);
    world.banned.clear();
    await world.join("guest");
    expect(await publishAll(world.publisher)).toBe(3);
  });
});

it("S9: disconnect(filter) finds connections by their subscriptions on that route alone", async () => {
  const { open, publisher } = await start();
  const guest = await open("guest");
  guest.subscribe(1, "onHooked", red);
  await guest.next(started(1));
  expect(await publisher.routes.onMessage.disconnect(byUser("guest"))).toMatchObject({
    matched: 0,
  });
  expect(await publisher.routes.onHooked.count()).toBe(1);
  expect(guest.isOpen).toBe(true);
});
