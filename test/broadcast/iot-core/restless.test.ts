import { tracked } from "@trpc/server";
import { expect, it, onTestFinished, vi } from "vitest";
import { seeded } from "../../seeded.ts";
import { Heard, type Message, until } from "../world.ts";
import { createWorld } from "./world.ts";

interface Subscription {
  readonly user: string;
  readonly room: string;
  readonly heard: Heard<Message>;
  end(): void;
}

const USERS = ["ann", "bob", "eve"] as const;
const ROOMS = ["red", "blue", "green"] as const;
const ACTIONS = 60;
const WEIGHTED = [
  "subscribe",
  "subscribe",
  "unsubscribe",
  "drop",
  "renew",
  "publish",
  "publish",
] as const;

const seed = Number(process.env["RESTLESS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

it.each(["capability", "exact"] as const)(
  `comes to rest after drops, renewals, comings and goings (%s), RESTLESS_SEED=${seed}`,
  async (authorization) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const random = seeded(seed);
    const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const { client, iotCore, publisher, observed } = await createWorld({
      engine: { authorization },
      broker: { delay: () => new Promise((resolve) => setTimeout(resolve, random() * 3)) },
    });
    const { publish } = publisher.routes.chat.onMessage;
    const clients = USERS.map((user) => ({ user, ...client(user, { backOffMs: [1] }) }));
    const live = new Set<Subscription>();
    const ended: Heard<Message>[] = [];
    let count = 0;

    const actions = {
      subscribe() {
        const { user, trpc } = oneOf(clients);
        const [room, heard] = [oneOf(ROOMS), new Heard<Message>()];
        const { unsubscribe } = trpc.chat.onMessage.subscribe({ room }, heard.callbacks);
        live.add({ user, room, heard, end: unsubscribe });
      },
      unsubscribe() {
        const one = oneOf([...live]);
        if (one === undefined) return;
        live.delete(one);
        ended.push(one.heard);
        one.end();
      },
      drop() {
        const clientId = oneOf(iotCore.clientIds());
        if (clientId !== undefined) iotCore.dropConnection(clientId);
      },
      renew: () => oneOf(clients).link.renew(),
      async publish() {
        const [user, room] = [oneOf(USERS), oneOf(ROOMS)];
        const filter = {
          name: "room",
          ctx: { userId: user },
          input: { room, agent: "a" },
        } as const;
        await publish({ data: tracked(`${count++}`, { text: `${user}/${room}` }), filter });
      },
    };
    for (let action = 0; action < ACTIONS; action++) {
      // A machine that sleeps: all grants are over.
      if (action === ACTIONS / 2) vi.setSystemTime(Date.now() + 61 * 60_000);
      await actions[oneOf(WEIGHTED)]();
    }
    actions.subscribe();

    // Whatever happened, in the end everybody hears.
    const hearsEnd = ({ heard }: { readonly heard: Heard<Message> }): boolean =>
      heard.data.some(({ data }) => data.text === "end");
    while (![...live].every(hearsEnd)) {
      await publish({ data: tracked(`${count++}`, { text: "end" }) });
    }
    for (const one of live) expectOnlyItsOwn(one);
    expect(ended.flatMap(({ errors }) => errors)).toEqual([]);
    // A connection is refused whose tokens were over when they came. Nobody asks for a topic that it has no token for.
    expect(observed.filter(({ type }) => type === "denied")).toEqual([]);
    for (const { end } of live) end();
    await until(() => iotCore.clientIds().length === 0);
  },
);

/** Nothing of others, and nothing twice. */
function expectOnlyItsOwn({ user, room, heard }: Subscription): void {
  const texts = new Set(heard.data.map(({ data }) => data.text));
  expect([...texts].filter((text) => text !== "end" && text !== `${user}/${room}`)).toEqual([]);
  const ids = heard.data.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  expect(heard.errors).toEqual([]);
}
