import { tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { createWorld, Heard, type Message, until, type World } from "./world.ts";

/** Clients of three users, one of them without the optional field, each subscribed in its room. */
async function crowd({ client }: World) {
  const members = [
    { user: "ann", room: "red", agent: "a" },
    { user: "ann", room: "blue", agent: "b" },
    { user: "bob", room: "red", agent: "b" },
    { user: "eve", room: "red", agent: undefined },
    // Of text that means something in keys and topics.
    { user: "ann#input#room#red#", room: "%*", agent: "%*" },
    { user: "ann/+/#", room: "red/#", agent: "+" },
  ];
  return Promise.all(
    members.map(async ({ user, room, agent }) => {
      const { trpc } = await client(user);
      const heard = new Heard<Message>();
      const input = agent === undefined ? { room } : { room, agent };
      trpc.chat.onMessage.subscribe(input, heard.callbacks);
      await heard.start();
      return { name: `${user} in ${room}`, heard };
    }),
  );
}

type Publish = Parameters<World["publisher"]["routes"]["chat"]["onMessage"]["publish"]>[0];

/** Whom a publish reaches; everybody gets one to all after it, so nothing is still on its way. */
async function audience(world: World, filter: Publish["filter"] | "everybody") {
  const members = await crowd(world);
  const { publish } = world.publisher.routes.chat.onMessage;
  const data = tracked("1", { text: "to some" });
  const report = await publish(filter === "everybody" ? { data } : { data, filter: filter ?? [] });
  await publish({ data: tracked("2", { text: "to all" }) });
  await until(() => members.every(({ heard }) => heard.data.some(({ id }) => id === "2")));
  return {
    report,
    names: members.flatMap(({ name, heard }) =>
      heard.data.filter(({ id }) => id === "1").map(() => name),
    ),
  };
}

const ALL = [
  "ann in red",
  "ann in blue",
  "bob in red",
  "eve in red",
  "ann#input#room#red# in %*",
  "ann/+/# in red/#",
];

const CASES: readonly (readonly [
  what: string,
  filter: Publish["filter"] | "everybody",
  names: readonly string[],
  topics: number,
])[] = [
  ["everybody", "everybody", ALL, 1],
  ["nobody", [], [], 0],
  ["a user", { name: "mine", ctx: { userId: "ann" } }, ["ann in red", "ann in blue"], 1],
  ["somebody who is not there", { name: "mine", ctx: { userId: "an" } }, [], 1],
  [
    "a user, by the ctx of a longer filter",
    { name: "mineInRoom", ctx: { userId: "ann" } },
    ["ann in red", "ann in blue"],
    1,
  ],
  [
    "a user in a room",
    { name: "mineInRoom", ctx: { userId: "ann" }, input: { room: "red" } },
    ["ann in red"],
    1,
  ],
  [
    "one whose name looks like a key",
    { name: "mineInRoom", ctx: { userId: "ann#input#room#red#" } },
    ["ann#input#room#red# in %*"],
    1,
  ],
  [
    "an agent, and who hears every agent",
    { name: "room", input: { room: "red", agent: "a" } },
    ["ann in red", "eve in red"],
    2,
  ],
  [
    "an agent whose name is the text for every agent",
    { name: "room", input: { room: "%*", agent: "%*" } },
    ["ann#input#room#red# in %*"],
    2,
  ],
  [
    "a room of wildcards",
    { name: "room", input: { room: "red/#", agent: "+" } },
    ["ann/+/# in red/#"],
    2,
  ],
  [
    "a union, each once",
    [
      { name: "mine", ctx: { userId: "ann" } },
      { name: "mineInRoom", ctx: { userId: "ann" } },
      { name: "mineInRoom", ctx: { userId: "ann" }, input: { room: "red" } },
      { name: "room", input: { room: "red", agent: "a" } },
    ],
    ["ann in red", "ann in blue", "eve in red"],
    4,
  ],
];

describe("a publish reaches", () => {
  it.each(CASES)("%s", async (...[, filter, names, topics]) => {
    const result = await audience(await createWorld(), filter);
    expect(result.names).toEqual(names);
    expect(result.report).toMatchObject({ topics, sent: topics, failed: 0 });
  });
});
