import { expect, it } from "vitest";
import { addRows } from "../publish/world.ts";
import { gatewayClient } from "../stack.ts";
import { inserts, startOutbox } from "./world.ts";

const CROWD = ["zzzzzzzz0=", "zzzzzzzz1=", "zzzzzzzz2="];
const IDS = Array.from({ length: 100 }, (_, index) => index);
const order = { data: "ordered", key: "order 1" };

it("an event of the outbox that a publisher is given too, with a queue, is gone on with by each of them", async () => {
  let isBroken = false;
  const posted: string[] = [];
  // A post that has no answer in time is made again, and a busy machine may be slow.
  const postTimeoutMs = 20_000;
  const world = await startOutbox({
    stream: { postTimeoutMs },
    plan: ({ command, input }) =>
      isBroken && command === "QueryCommand" && "ExclusiveStartKey" in input
        ? { refuse: new Error("no answer") }
        : undefined,
    gateway: {
      onPost: (_, body) => {
        posted.push(JSON.parse(body).result.data.data);
        return { statusCode: 200 };
      },
    },
  });
  for (const connectionId of CROWD) {
    await addRows(world.store, { connectionId, path: "onMessage", ids: IDS });
  }
  const { eventId } = await world.outbox.routes.onMessage.publish(order);
  const batch = inserts(...(await world.events()));
  isBroken = true;
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
  isBroken = false;
  const messages: string[] = [];
  const { endpoint } = world.gateway;
  const { routes, resume } = world.chain.publisher({
    endpoint,
    client: gatewayClient(endpoint),
    postTimeoutMs,
    fanOut: {
      threshold: 0,
      // So that the event is kept in the table.
      maxMessageBytes: 1,
      send: async (bodies) => void messages.push(...bodies),
      receive: () => Promise.reject(new Error("it has no workers")),
    },
  });
  const report = await routes.onMessage.publish(order);
  expect(report).toMatchObject({ eventId, queued: true, repeated: true });
  posted.splice(0);
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  expect(posted.splice(0)).toEqual(Array(50).fill("ordered"));
  expect(await resume(messages[0] ?? "")).toMatchObject({ delivered: 300, complete: true });
  expect(posted).toEqual(Array(300).fill("ordered"));
});
