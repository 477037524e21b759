import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { seeded } from "../../seeded.ts";
import { Heard, until } from "../world.ts";
import { createWorld } from "./world.ts";

interface Message {
  readonly id: string;
  readonly data: { readonly text: string };
}

it.each([
  ["capability", 60],
  ["exact", 20],
] as const)(
  "loses and doubles nothing while its credentials change under load (%s, %s times)",
  async (authorization, swaps) => {
    const seed = Date.now() % 1_000_000;
    const random = seeded(seed);
    const { client, publisher, observed } = await createWorld({
      engine: { authorization },
      // Up to 3 ms for everything that the broker sends.
      broker: {
        delay: () => new Promise((resolve) => setTimeout(resolve, random() * 3)),
      },
    });
    const { trpc } = client("ann", { authorization, grantMs: 60, overlapMs: 500 });
    const heard = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
    await heard.start();
    const sent: string[] = [];
    const connected = (): number => observed.filter(({ type }) => type === "connected").length;
    while (connected() < swaps) {
      const text = `${sent.length}`;
      sent.push(text);
      await publisher.routes.chat.onMessage.publish({ data: tracked(text, { text }) });
    }
    await until(() => heard.data.length >= sent.length);
    // Two connections of one client know no order, and IoT Core promises none on one.
    const numbers = heard.data.map(({ data }) => Number(data.text)).toSorted((a, b) => a - b);
    expect(numbers, `seed ${seed}`).toEqual(sent.map(Number));
  },
);
