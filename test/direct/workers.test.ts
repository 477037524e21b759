import type { FanOutQueue } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { record } from "../e2e/client.ts";
import { inserts } from "../e2e/outbox/world.ts";
import { startDirect } from "./world.ts";

/** A queue that keeps its messages for the test to bring. */
function heldQueue(): FanOutQueue<string, void> & { readonly messages: string[] } {
  const messages: string[] = [];
  return {
    threshold: 1,
    maxMessageBytes: 100_000,
    messages,
    send: async (given) => void messages.push(...given),
    receive: async (body, work) => work({ id: body.slice(0, 20), body, receiveCount: 1 } as never),
  };
}

it("hands a large audience to a queue, whose workers send to it", async () => {
  const queue = heldQueue();
  const world = await startDirect({ publisher: { fanOut: queue } });
  const heard = await Promise.all(
    ["ann", "bob", "eve"].map(async (userId) => {
      const { client } = world.client(userId);
      const recording = record<{ readonly text: string }>((on) =>
        client.onMessage.subscribe({ room: "red" }, on),
      );
      await recording.started;
      return recording;
    }),
  );
  const worker = world.chain.fanOutHandler({ client: world.sdk, fanOut: queue });
  await world.publisher.routes.onMessage.publish({ data: { text: "1" } });
  while (queue.messages.length > 0) await worker(queue.messages.shift() ?? "");
  for (const recording of heard) expect(await recording.received(1)).toEqual([{ text: "1" }]);
});

it("sends what an outbox wrote", async () => {
  const world = await startDirect();
  const { client } = world.client("ann");
  const heard = record<{ readonly data: number }>((on) =>
    client.onKept.subscribe({ room: "red" }, on),
  );
  await heard.started;
  const { publish } = world.chain.outbox().routes.onKept;
  await publish({ data: 1, filter: { name: "room", input: { room: "red" } } });
  const rows = (await world.table.rows()).filter(({ pk }) => pk.startsWith("event#"));
  const handler = world.chain.streamHandler({ client: world.sdk });
  expect(await handler(inserts(...rows) as never)).toEqual({ batchItemFailures: [] });
  expect(await heard.received(1)).toMatchObject([{ data: 1 }]);
});
