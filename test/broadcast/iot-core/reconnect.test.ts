import { createServer } from "node:http";
import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { connectAsync } from "mqtt";
import { expect, it, onTestFinished } from "vitest";
import { hasMosquitto, startMosquitto } from "../../unit/testing/iot-core/mosquitto.ts";
import { Heard, type Message, message, textsOf, until } from "../world.ts";
import { createWorld } from "./world.ts";

const FAST = { backOffMs: [1] } as const;

it.each(["capability", "exact"] as const)(
  "comes back when it was dropped (%s)",
  async (authorization) => {
    const { client, publisher, iotCore } = await createWorld({ engine: { authorization } });
    const { trpc } = client("ann", FAST);
    const heard = [new Heard<Message>(), new Heard<Message>()] as const;
    trpc.chat.onMessage.subscribe({ room: "red" }, heard[0].callbacks);
    trpc.chat.onMessage.subscribe({ room: "blue" }, heard[1].callbacks);
    await Promise.all(heard.map((one) => one.start()));
    const { publish } = publisher.routes.chat.onMessage;
    await publish({ data: message("before") });
    await until(() => heard.every(({ data }) => data.length === 1));
    for (const clientId of iotCore.clientIds()) iotCore.dropConnection(clientId);
    await until(() =>
      heard.every(({ states }) => states.filter((s) => s === "pending").length === 2),
    );
    await publish({ data: message("after") });
    await until(() => heard.every(({ data }) => data.length === 2));
    expect(heard.map(textsOf)).toEqual([
      ["before", "after"],
      ["before", "after"],
    ]);
    expect(heard.flatMap(({ errors }) => errors)).toEqual([]);
  },
);

it("ends a subscription that the broker refuses, instead of trying for ever", async () => {
  // An authorizer that has another secret than the server that hands out grants.
  const world = await createWorld();
  const other = await createWorld({ engine: { secret: "another secret, 32 bytes and more too" } });
  const { trpc } = world.client("ann", { ...FAST, url: other.iotCore.url });
  const heard = new Heard<Message>();
  trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
  await until(() => heard.errors.length > 0);
  expect(heard.errors[0]?.message).toContain("refused the connection");
  expect(other.refused).toMatchObject([{ code: "GRANT_TOKEN", problem: "signature" }]);
});

it("says so when nobody told it the url, and when the server refuses the user", async () => {
  const { client } = await createWorld({ engine: { url: undefined as never } });
  const heard = [new Heard<Message>(), new Heard<Message>()] as const;
  client("ann", FAST).trpc.chat.onMessage.subscribe({ room: "red" }, heard[0].callbacks);
  client(undefined, FAST).trpc.chat.onMessage.subscribe({ room: "red" }, heard[1].callbacks);
  await until(() => heard.every(({ errors }) => errors.length > 0));
  expect(heard[0].errors[0]?.message).toContain("there is no url");
  expect(heard[1].errors[0]).toMatchObject({ data: { code: "UNAUTHORIZED" } });
});

if (hasMosquitto) {
  it.each([4, 5] as const)(
    "works at mosquitto, through its restart (version %s)",
    async (version) => {
      let broker = await startMosquitto();
      onTestFinished(() => broker.stop());
      const { client, chain } = await createWorld();
      const { trpc } = client("ann", { ...FAST, url: broker.url, protocolVersion: version });
      const heard = new Heard<Message>();
      trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
      await heard.start();
      const first = await publisherAt(broker.url, chain);
      await first.publish({ data: message("before") });
      await until(() => heard.data.length === 1);
      await broker.stop();
      broker = await startMosquitto({ port: Number(new URL(broker.url).port) });
      await until(() => heard.states.filter((state) => state === "pending").length === 2);
      const second = await publisherAt(broker.url, chain);
      const mine = { name: "mine", ctx: { userId: "ann" } } as const;
      await second.publish({ data: message("after"), filter: mine });
      await second.publish({ data: message("bob's"), filter: { ...mine, ctx: { userId: "bob" } } });
      await second.publish({ data: message("end") });
      await until(() => heard.data.length === 3);
      expect(textsOf(heard)).toEqual(["before", "after", "end"]);
    },
  );
}

type Chain = Awaited<ReturnType<typeof createWorld>>["chain"];

/** A publisher whose SDK calls reach a broker that has no HTTP API. */
async function publisherAt(url: string, chain: Chain) {
  const mqtt = await connectAsync(url, { reconnectPeriod: 0 });
  const server = createServer(async (request, response) => {
    const topic = decodeURIComponent(new URL(request.url ?? "", "http://x").pathname.slice(8));
    await mqtt.publishAsync(topic, Buffer.concat(await request.toArray()), { qos: 1 });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const client = new IoTDataPlaneClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
    await mqtt.endAsync(true);
  });
  return chain.publisher({ client }).routes.chat.onMessage;
}
