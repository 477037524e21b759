import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { Heard, until } from "../world.ts";
import { chainOf, createWorld } from "./world.ts";

it("brings consumers behind a topic rule every event of their route", async () => {
  const chain = chainOf();
  const { chat, news } = chain.rules().routes;
  const consumed: object[] = [];
  const { publisher, iotCore } = await createWorld({
    broker: {
      rules: [
        {
          sql: chat.onMessage.sql(),
          handler: chat.onMessage.consumer(async ({ data, id, messageId }) => {
            consumed.push({ text: data.text, id, isNamed: messageId.length === 36 });
          }),
        },
        { sql: news.sql(), handler: news.consumer(({ data }) => void consumed.push({ data })) },
      ],
    },
  });
  const { routes } = publisher;
  await routes.chat.onMessage.publish({ data: tracked("1", { text: "all" }) });
  const filter = { name: "mine", ctx: { userId: "ann" } } as const;
  await routes.chat.onMessage.publish({ data: tracked("2", { text: "ann's" }), filter });
  await routes.news.publish({ data: 7 });
  await iotCore.settled();
  expect(consumed).toEqual([
    { text: "all", id: "1", isNamed: true },
    { text: "ann's", id: "2", isNamed: true },
    { data: 7 },
  ]);
  expect([chat.onMessage.topicFilter(), news.topicFilter()]).toEqual([
    expect.stringMatching(/^myapp\/dev\/chat-onMessage-x[a-z2-7]{8}\/#$/),
    "myapp/dev/news/#",
  ]);
});

it("has Lambda try again what a consumer throws, and what is no event", async () => {
  const { news } = chainOf().rules().routes;
  const broken = news.consumer(() => Promise.reject(new Error("broken")));
  await expect(broken({ m: "1", d: 7 })).rejects.toThrow("broken");
  for (const event of [undefined, null, "text", {}, { m: 1 }, []]) {
    await expect(broken(event)).rejects.toMatchObject({ code: "RULE_EVENT" });
  }
});

it("refuses rules of what is no route, and what a route does not have", () => {
  type AnyRoutes = Record<string, Record<string, () => unknown>>;
  const routes = chainOf().rules().routes as unknown as AnyRoutes;
  expect(() => routes["none"]?.["sql"]?.()).toThrow('"none" is not a subscription');
  expect(() => routes["news"]?.["publish"]?.()).toThrow("topicFilter, sql and consumer");
  expect(() => routes["news"]?.["consumer"]?.()).toThrow("expected a function");
});

it("tells of clients of its own that went away, and of no other", async () => {
  const gone: object[] = [];
  const handler = chainOf().disconnected((event) => void gone.push(event));
  const rule = { sql: "SELECT * FROM '$aws/events/presence/disconnected/+'", handler };
  const { client, iotCore, observed } = await createWorld({ broker: { rules: [rule] } });
  const { link, trpc } = client("ann");
  const heard = new Heard<unknown>();
  trpc.news.subscribe(undefined, heard.callbacks as never);
  await heard.start();
  const [clientId = ""] = iotCore.clientIds();
  expect(clientId).toMatch(/^myapp-dev-[a-z2-7]{26}$/);
  link.close();
  await until(() => observed.some(({ type }) => type === "disconnected"));
  await iotCore.settled();
  const reason = "CLIENT_INITIATED_DISCONNECT";
  expect(gone).toEqual([{ clientId, reason, timestampMs: expect.any(Number) }]);
  const event = { clientId, disconnectReason: reason, timestamp: 1 };
  await handler({ ...event, clientId: clientId.replace("dev", "prod") });
  await handler({ ...event, clientId: `${clientId}x` });
  expect(gone).toHaveLength(1);
  await expect(handler({})).rejects.toMatchObject({ code: "RULE_EVENT" });
});

it("ends a client's connection, which comes again", async () => {
  const { chain, client, iotCore, sdk, publisher, observed } = await createWorld();
  const { trpc } = client("ann", { backOffMs: [1] });
  const heard = new Heard<number>();
  trpc.news.subscribe(undefined, heard.callbacks as never);
  await heard.start();
  const [clientId = ""] = iotCore.clientIds();
  expect(await chain.disconnect(clientId, { client: sdk })).toBe(true);
  await until(() => heard.states.filter((state) => state === "pending").length === 2);
  const ended = { clientId, reason: "API_INITIATED_DISCONNECT" };
  expect(observed.filter(({ type }) => type === "disconnected")).toMatchObject([ended]);
  await publisher.routes.news.publish({ data: 1 });
  await until(() => heard.data.length === 1);
  const gone = clientId.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
  expect(await chain.disconnect(gone, { client: sdk })).toBe(false);
  await expect(chain.disconnect("another-app", { client: sdk })).rejects.toThrow("myapp-dev-");
});
