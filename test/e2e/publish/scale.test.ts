import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
const router = t.router({
  onMessage: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>()),
});
const chain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter({ name: "byUser", ctx: { userId: true } });

it("2,000 sockets: each gets exactly one message, its own", async () => {
  let a = performance.now();
  const { join, publisher, posts } = await startWorld(chain);

  a = performance.now();
  const N = Number(process.env["N"] ?? 2000);
  const recs = Array.from({ length: N }, (_, i) => {
    const m = join({ userId: `user${i}` }, clientVersions[i % 2]);
    return record<string>((on) => m.client.onMessage.subscribe({ room: "r" }, on));
  });
  await Promise.all(recs.map((r) => r.started));

  a = performance.now();
  const report = await publisher.routes.onMessage.publish({ data: "x" });

  a = performance.now();
  await Promise.all(recs.map((r) => r.received(1)));

  a = performance.now();
  expect(report.delivered).toBe(N);
}, 120000);
