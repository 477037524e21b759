import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { record } from "../client.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startWorld, type User } from "./world.ts";

const subscriptions = initSubscriptions<User>();

/** A browser cannot send headers; other clients can. */
class WithHeaders extends WebSocket {
  constructor(url: string) {
    super(url, { headers: { authorization: "Bearer canary-header", cookie: "id=canary-cookie" } });
  }
}

it("C20: secrets in ctx, headers, query, connectionParams and input are in no row, no frame and no error text", async () => {
  const t = initTRPC.context<{ readonly token: string; readonly userId: string }>().create();
  const router = t.router({
    onNote: t.procedure
      .input(z.object({ room: z.string(), key: z.string() }))
      .subscription(subscriptions.resolver<string>()),
    broken: t.procedure.query(({ ctx }): never => {
      throw new Error(`no such user ${ctx.userId}`);
    }),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "room", ctx: { userId: true }, input: { room: true } });
  const { gateway, table, probe, errors, client, publisher } = await startWorld(chain, {
    serve: {
      connect: { authorize: () => ({ session: { userId: "alice" } }) },
      handler: {
        createContext: ({ connection }) => ({ ...connection.session, token: "canary-ctx" }),
      },
    },
  });
  const { client: caller } = client<typeof router>(newestVersion, {
    url: () => `${gateway.url}?token=canary-query`,
    WebSocket: WithHeaders as never,
  } as never);
  const notes = record<string>((on) =>
    caller.onNote.subscribe({ room: "lobby", key: "canary-input" }, on),
  );
  await notes.started;
  await publisher.routes.onNote.publish({ data: "hi" });
  await notes.received(1);
  await expect(caller.broken.query()).rejects.toThrow("no such user alice");
  notes.unsubscribe();
  await probe.until("management", ({ body }) => body?.includes('"stopped"') === true);
  expect(probe.events.some((event) => JSON.stringify(event).includes("canary-cookie"))).toBe(true);
  expect(JSON.stringify(await table.rows())).not.toContain("canary");
  const posts = probe.observations.filter(({ type }) => type === "management");
  expect(JSON.stringify(posts)).not.toContain("canary");
  const told = errors.map(({ error }) => `${error.message} ${error.stack}`).join();
  expect(told).toContain("no such user alice");
  expect(told).not.toContain("canary");
});

it("C20: connectionParams are kept with the connection, where createContext finds them, and nowhere else", async () => {
  const t = initTRPC.context<User>().create();
  const router = t.router({ onNote: t.procedure.subscription(subscriptions.resolver<string>()) });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { client, table } = await startWorld(chain);
  const { client: caller } = client<typeof router>(newestVersion, {
    connectionParams: { token: "canary-params" },
  });
  const notes = record<string>((on) => caller.onNote.subscribe(undefined, on));
  await notes.started;
  const withCanary = (await table.rows()).filter((row) => JSON.stringify(row).includes("canary"));
  expect(withCanary).toHaveLength(1);
  expect(withCanary[0]?.["state"]).toBe("OPEN");
  expect(Object.keys(withCanary[0] ?? {})).toContain("connectionParams");
});
