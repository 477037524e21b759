import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { createWorld as appSyncWorld } from "../appsync-events/world.ts";
import { post } from "../unit/testing/appsync-events/rawClient.ts";
import { createWorld as iotWorld } from "./iot-core/world.ts";
import { Heard, type Message, message, textsOf, until } from "./world.ts";

/** Somebody else in the account who may publish: to a topic of ann's, past the library. */
const brokers = {
  "IoT Core": async () => {
    const world = await iotWorld();
    const topic = (await world.grant("ann", "red")).topics[1];
    const forge = async (payload: string) => {
      await world.sdk.send(new PublishCommand({ topic, payload: Buffer.from(payload), qos: 1 }));
    };
    return { ...world, forge };
  },
  "AppSync Events": async () => {
    const world = await appSyncWorld();
    const channel = (await world.grant("ann")).topics[1];
    const forge = async (event: string) => {
      const { status } = await post(world.api, { channel, events: [event] });
      expect(status).toBe(200);
    };
    return { ...world, forge };
  },
} as const;

/** JSON, since AppSync Events takes nothing else. */
const FOREIGN = [
  "null",
  "7",
  '"text"',
  "[]",
  "{}",
  '{"d":1}',
  '{"m":7,"d":1}',
  '{"m":null}',
  `${"[".repeat(1_000)}${"]".repeat(1_000)}`,
  '{"__proto__":{"m":"polluted"}}',
];

describe.each(Object.entries(brokers))("on %s", (_, start) => {
  it("what no publisher of ours has sent is told to onError and to no subscription, which goes on", async () => {
    const { client, publisher, forge } = await start();
    const failures: Error[] = [];
    const { trpc } = client("ann", { onError: (error) => failures.push(error) });
    const heard = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
    await heard.start();
    for (const body of FOREIGN) await forge(body);
    const { publish } = publisher.routes.chat.onMessage;
    const mine = { name: "mine", ctx: { userId: "ann" } } as const;
    await publish({ data: message("ours"), filter: mine });
    await until(() => heard.data.length > 0);
    expect(textsOf(heard)).toEqual(["ours"]);
    expect(failures).toHaveLength(FOREIGN.length);
    expect(new Set(failures.map(({ message: text }) => text))).toEqual(
      new Set([expect.stringContaining("a message that no publisher of ours has sent")]),
    );
    expect(heard).toMatchObject({ states: ["connecting", "pending"], errors: [] });
  });
});
