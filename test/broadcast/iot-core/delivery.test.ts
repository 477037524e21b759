import mqtt from "mqtt";
import { expect, it } from "vitest";
import type { IotLinkOptions } from "../../../src/client/iot-core/options.ts";
import { Heard, type Message, message, textsOf, until } from "../world.ts";
import { type AppRouter, createWorld } from "./world.ts";

type Way = readonly [
  name: string,
  authorization: "capability" | "exact",
  link: Partial<IotLinkOptions<AppRouter>>,
];
const WAYS: readonly Way[] = [
  ["capability, MQTT 5", "capability", {}],
  ["capability, MQTT 3.1.1", "capability", { protocolVersion: 4 }],
  ["capability, the package mqtt", "capability", { mqtt }],
  ["exact, MQTT 5", "exact", {}],
  ["exact, MQTT 3.1.1, the package mqtt", "exact", { mqtt, protocolVersion: 4 }],
];

it.each(WAYS)(
  "brings everybody what is for them, once (%s)",
  async (_, authorization, settings) => {
    const { client, publisher, observed } = await createWorld({ engine: { authorization } });
    const rows = [
      ["ann", { room: "red" }],
      ["ann", { room: "red", agent: "x" }],
      ["ann", { room: "blue" }],
      ["bob", { room: "red" }],
    ] as const;
    const ann = client("ann", settings);
    const bob = client("bob", settings);
    const heard = rows.map(([user, input]) => {
      const one = new Heard<Message>();
      (user === "ann" ? ann : bob).trpc.chat.onMessage.subscribe(input, one.callbacks);
      return one;
    });
    await Promise.all(heard.map((one) => one.start()));
    const { publish } = publisher.routes.chat.onMessage;
    const room = { name: "room", ctx: { userId: "ann" } } as const;
    await publish({ data: message("all") });
    await publish({ data: message("ann's"), filter: { name: "mine", ctx: { userId: "ann" } } });
    await publish({
      data: message("red x"),
      filter: { ...room, input: { room: "red", agent: "x" } },
    });
    await publish({
      data: message("red y"),
      filter: { ...room, input: { room: "red", agent: "y" } },
    });
    await publish({
      data: message("nobody"),
      filter: { ...room, input: { room: "rEd", agent: "y" } },
    });
    await publish({
      data: message("both"),
      filter: [
        { name: "mine", ctx: { userId: "ann" } },
        { ...room, input: { room: "red", agent: "x" } },
      ],
    });
    await publish({ data: message("end") });
    await until(() => heard.every((one) => textsOf(one).includes("end")));
    expect(heard.map(textsOf)).toEqual([
      ["all", "ann's", "red x", "red y", "both", "end"],
      ["all", "ann's", "red x", "both", "end"],
      ["all", "ann's", "both", "end"],
      ["all", "end"],
    ]);
    expect(heard[0]?.data[0]).toEqual({ id: "all", data: { text: "all" } });
    expect(observed.filter(({ type }) => type === "denied" || type === "connectRefused")).toEqual(
      [],
    );
  },
);

it("tells with the report what the broker took, and with an error what it did not", async () => {
  const { publisher } = await createWorld({
    broker: { onPublish: (topic) => (topic.includes("/f-room/") ? 503 : undefined) },
  });
  const { publish } = publisher.routes.chat.onMessage;
  const room = {
    name: "room",
    ctx: { userId: "ann" },
    input: { room: "red", agent: "x" },
  } as const;
  await expect(publish({ data: message("a") })).resolves.toMatchObject({ topics: 1, sent: 1 });
  await expect(
    publish({ data: message("a"), filter: room, deadlineMs: 60_000 }),
  ).rejects.toMatchObject({
    code: "TRANSPORT",
    failure: "transient",
  });
  const mine = { name: "mine", ctx: { userId: "ann" } } as const;
  await expect(publish({ data: message("a"), filter: [room, mine] })).resolves.toMatchObject({
    topics: 3,
    sent: 1,
    failed: 2,
  });
});

it("refuses what is too large before it sends anything", async () => {
  const { publisher, observed } = await createWorld();
  const { publish } = publisher.routes.chat.onMessage;
  await expect(publish({ data: message("ü".repeat(65_536)) })).rejects.toMatchObject({
    code: "PAYLOAD_TOO_LARGE",
    message: expect.stringContaining("AWS IoT Core"),
  });
  expect(observed).toEqual([]);
});

it("refuses a subscription that has more topics than a connection, and leaves the others", async () => {
  const { client, publisher, observed } = await createWorld();
  const { trpc } = client("ann", { maxSubscriptionsPerConnection: 5 });
  const first = new Heard<Message>();
  trpc.chat.onMessage.subscribe({ room: "red" }, first.callbacks);
  await first.start();
  const rooms = Array.from({ length: 3 }, (_, number) => {
    const heard = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room: `${number}` }, heard.callbacks);
    return heard;
  });
  await until(() => rooms.every((heard) => heard.started + heard.errors.length > 0));
  const errors = rooms.flatMap(({ errors }) => errors);
  expect(errors.length).toBeGreaterThan(0);
  expect(errors[0]?.message).toContain("at most 5");
  await publisher.routes.chat.onMessage.publish({ data: message("all") });
  await until(() => first.data.length > 0);
  expect(observed.filter(({ type }) => type === "disconnected")).toEqual([]);
});
