import { tracked } from "@trpc/server";
import type { IClientOptions, MqttClient } from "mqtt";
import type { IotAuthorizer } from "trpc-aws-subscriptions/iot-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Heard, until } from "../world.ts";
import { idOf, insider, intruder } from "./intruder.ts";
import { chainOf, createWorld } from "./world.ts";

const HOUR_MS = 60 * 60 * 1000;

/** The texts of what a client is sent from now on. */
function heardBy(client: MqttClient): readonly string[] {
  const texts: string[] = [];
  client.on("message", (_, payload) => {
    const { d } = JSON.parse(payload.toString()) as { readonly d: readonly [string, object] };
    texts.push(JSON.stringify(d));
  });
  return texts;
}

const toAnn = (text: string) => ({
  data: tracked(text, { text }),
  filter: { name: "mine", ctx: { userId: "ann" } } as const,
});

const ended = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once("close", () => resolve()));

describe("a topic's name that leaked, by capability", () => {
  it("lets whoever has a grant hear what is sent to it, until the secret is another one", async () => {
    const world = await createWorld({ engine: { authorization: "capability" } });
    const victim = await world.grant("ann", "red");
    const thief = await insider(world);
    await thief.subscribeAsync([...victim.topics]);
    const heard = heardBy(thief);
    await world.publisher.routes.chat.onMessage.publish(toAnn("1"));
    await until(() => heard.length > 0);
    const next = chainOf({ secret: "another secret of the tests, 32 bytes" });
    const { chat } = next.publisher({ client: world.sdk }).routes;
    expect(await chat.onMessage.publish(toAnn("2"))).toMatchObject({ sent: 1 });
    await world.publisher.routes.chat.onMessage.publish(toAnn("3"));
    await until(() => heard.length > 1);
    expect(heard.map((text) => /[123]/.exec(text)?.[0])).toEqual(["1", "3"]);
  });

  it("is of no use without a grant", async () => {
    const world = await createWorld({ engine: { authorization: "capability" } });
    const victim = await world.grant("ann", "red");
    for (const password of ["", "v1.e30.x", victim.topics.join()]) {
      const connecting = intruder(world.iotCore, { clientId: idOf(victim), password });
      await expect(connecting).rejects.toThrow("Not authorized");
    }
  });
});

describe("a token that was stolen", () => {
  it("throws its owner's connection out, whose link is back under another id, and is good until its time is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const authorizer = chainOf().authorizer();
    const seen: IClientOptions[] = [];
    const tapped: IotAuthorizer = (event, context) => {
      const { clientId = "", password = "" } = event.protocolData.mqtt ?? {};
      seen.push({ clientId, password: Buffer.from(password, "base64") });
      return authorizer(event, context);
    };
    const world = await createWorld({
      engine: { grantTtlMs: HOUR_MS },
      broker: { authorizers: { subscriptions: tapped } },
    });
    const owner = new Heard<{ readonly id: string }>();
    const { trpc, link } = world.client("ann", { backOffMs: [1] });
    let grants = 0;
    link.onEvent(({ type }) => void (type === "granted" && grants++));
    trpc.chat.onMessage.subscribe({ room: "red" }, owner.callbacks);
    await owner.start();
    const [stolen = {}] = seen;
    // Two with one id throw each other out, until the owner has another grant.
    await intruder(world.iotCore, stolen);
    await owner.start(2);
    await until(() => grants === 2);
    const thief = await intruder(world.iotCore, stolen);
    await owner.start(3);
    expect(world.iotCore.clientIds()).toEqual(expect.arrayContaining([stolen.clientId]));
    expect(world.iotCore.clientIds()).toHaveLength(2);
    await world.publisher.routes.chat.onMessage.publish(toAnn("1"));
    await until(() => owner.data.length > 0);
    await thief.endAsync(true);
    vi.setSystemTime(Date.now() + HOUR_MS - 1);
    await (await intruder(world.iotCore, stolen)).endAsync(true);
    vi.setSystemTime(Date.now() + 1);
    await expect(intruder(world.iotCore, stolen)).rejects.toThrow("Not authorized");
  });
});

describe("a client that does not go when it is locked out", () => {
  it("is ended by disconnect(), and comes in again only until its token is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const world = await createWorld({ engine: { grantTtlMs: HOUR_MS } });
    const grant = await world.grant("mallory", "red");
    const own = { clientId: idOf(grant), password: grant.token };
    const client = await intruder(world.iotCore, own);
    const isOut = ended(client);
    expect(await world.chain.disconnect(idOf(grant), { client: world.sdk })).toBe(true);
    await isOut;
    const again = await intruder(world.iotCore, own);
    await again.endAsync(true);
    vi.setSystemTime(Date.now() + HOUR_MS);
    await expect(intruder(world.iotCore, own)).rejects.toThrow("Not authorized");
  });

  it("is ended by the broker when its token is over", async () => {
    // Five minutes, which are the least, are 90 milliseconds.
    const world = await createWorld({
      engine: { grantTtlMs: 5 * 60_000 },
      broker: { secondMs: 0.3 },
    });
    const client = await insider(world);
    await ended(client);
    expect(world.observed.filter(({ type }) => type === "disconnected")).toEqual([
      { type: "disconnected", clientId: expect.any(String), reason: expect.any(String) },
    ]);
  });
});
