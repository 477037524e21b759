import type { FanOutQueue } from "trpc-aws-subscriptions";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** What the queue's handler answers: whether the message is to come again. */
interface Received {
  readonly isFailed: boolean;
}

/** A queue that does not fail. */
export function queueOf({ messages }: World, threshold: number): FanOutQueue<string, Received> {
  return {
    threshold,
    maxMessageBytes: 65_536,
    send: async (bodies) => void messages.push(...bodies),
    async receive(body, work) {
      try {
        await work({ id: body, body, receiveCount: 1 });
        return { isFailed: false };
      } catch {
        return { isFailed: true };
      }
    },
  };
}

/** Works on the oldest message; it comes again unless all went well. */
export async function workOnNext(world: World, process: Process): Promise<Received> {
  const { chain, management, endpoint, onError } = process;
  const handler = chain.fanOutHandler({
    ...{ client: management, endpoint, onError },
    fanOut: queueOf(world, 0),
    recipientsPerMessage: 1,
    onReport: (report) => void world.reports.push(report),
  });
  const [body] = world.messages;
  if (body === undefined) throw new Error("there is no message");
  const received = await handler(body, process.context);
  if (!received.isFailed) world.messages.splice(world.messages.indexOf(body), 1);
  return received;
}
