import { initSubscriptions } from "trpc-aws-subscriptions";
import { createTestGateway, memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it, vi } from "vitest";
import { appRouter, appSubscriptions, handler, type Session } from "./chatApp.ts";

describe("a chain", () => {
  const chain = () => initSubscriptions<Session>().router({ router: appRouter });

  it("needs no store, and no options", async () => {
    const bare = createTestGateway(chain());
    const alice = await bare.connect({ session: { userId: "alice" } });
    const alerts = await bare.listen(alice.client.onAlert);
    await bare.publisher.routes.onAlert.publish({ data: "hi" });
    expect(await alerts.next()).toBe("hi");
    await bare.close();
  });

  it("takes options in place of handlers, connectionParams among what they see", async () => {
    const given = createTestGateway(chain(), {
      connect: {
        allowedOrigins: ["https://good.example"],
        authorize: ({ headers }) => ({ session: { userId: headers["x-user"] ?? "" } }),
      },
      handler: {
        createContext: ({ connection: { session, connectionParams } }) => ({
          userId: `${session.userId} ${connectionParams?.["token"]}`,
        }),
      },
    });
    const headers = { Origin: "https://good.example", "X-User": "alice" };
    const alice = await given.connect({ headers, connectionParams: { token: "t" } });
    expect(await alice.client.whoAmI.query()).toBe("alice t");
    await expect(given.connect({ headers: { Origin: "https://bad.example" } })).rejects.toThrow(
      "answered with 403",
    );
    await given.close();
  });

  it("takes one handler for all routes, and what a Lambda authorizer returned", async () => {
    const one = chain().store({ store: memory() });
    const all = createTestGateway(one, { webSocketHandler: one.webSocketHandler() });
    const alice = await all.connect({ authorizer: { userId: "alice" } });
    expect(await alice.client.whoAmI.query()).toBe("alice");
    await all.close();
  });

  it("takes one handler with options of all routes, and tells which route an error is of", async () => {
    const one = chain().store({ store: memory() });
    const webSocketHandler = one.webSocketHandler({
      authorize: ({ headers }) => ({ session: { userId: headers["x-user"] ?? "" } }),
      allowedOrigins: ["https://good.example"],
      createContext: ({ connection: { session } }) => ({ userId: `context of ${session.userId}` }),
    });
    const all = createTestGateway(one, { webSocketHandler });
    const alice = await all.connect({ headers: { "X-User": "alice" } });
    expect(await alice.client.whoAmI.query()).toBe("context of alice");
    const elsewhere = { headers: { Origin: "https://bad.example" } };
    await expect(all.connect(elsewhere)).rejects.toThrow("answered with 403");
    expect(all.errors.map(({ from }) => from)).toEqual(["$connect"]);
    await all.close();
  });
});

describe("time", () => {
  it("may be faked: what waits here is real, the app's clock is not", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01") });
    try {
      const faked = createTestGateway(appSubscriptions, {
        connect: {
          authorize: () => ({
            session: { userId: "alice" },
            expireAtSeconds: Date.now() / 1000 + 60,
          }),
        },
        handler,
      });
      const alice = await faked.connect();
      const alerts = await faked.listen(alice.client.onAlert);
      await faked.publisher.routes.onAlert.publish({ data: "before" });
      vi.setSystemTime(new Date("2030-01-01T00:02:00Z"));
      const report = await faked.publisher.routes.onAlert.publish({ data: "after" });
      expect(report.matched).toBe(0);
      await faked.settled();
      expect(alerts.received).toEqual(["before"]);
      await faked.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
