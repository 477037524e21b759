import { TRPCClientError } from "@trpc/client";
import { tracked } from "@trpc/server";
import { InvalidDataError, InvalidFilterError, PayloadTooLargeError } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { record } from "../e2e/client.ts";
import type { ChatOptions, Client, Publisher } from "./app.ts";

/** What an engine can, where they differ. */
export interface Capabilities {
  /** A report says how many subscribers there were; otherwise to how many topics it went. */
  readonly tellsAudience: boolean;
  /** Bytes that no message may have. */
  readonly tooLargeBytes: number;
}

/** An engine that runs, with its emulator. All of it ends with the test. */
export interface RunningEngine {
  readonly publisher: Publisher;
  /** A client of a user; without one it is nobody's. */
  client(userId?: string): Client | Promise<Client>;
  /** Ends all connections, as a network does. */
  drop(): Promise<void>;
}

interface Message {
  readonly id: string;
  readonly data: { readonly text: string };
}

const message = (id: string) => tracked(id, { text: `text ${id}` });

/** What holds on every engine: the same router, filters and calls, with a real client. */
export function engineSuite(
  name: string,
  capabilities: Capabilities,
  start: () => Promise<RunningEngine>,
): void {
  describe(`${name} delivers`, () => audiences(start, capabilities));
  describe(`${name} refuses`, () => refusals(start, capabilities));
  describe(`a client of ${name}`, () => clients(start));
}

async function listen(
  { client }: RunningEngine,
  { user, ...input }: { readonly user: string; readonly room: string; readonly agent?: string },
) {
  const trpc = await client(user);
  const heard = record<Message>((on) => trpc.chat.onMessage.subscribe(input, on));
  await heard.started;
  return heard;
}

const CASES: readonly (readonly [
  what: string,
  filter: ChatOptions["filter"] | "everybody",
  audience: readonly string[],
])[] = [
  ["to everybody", "everybody", ["ann red a", "ann blue b", "bob red b", "eve red *"]],
  ["to nobody for an empty union", [], []],
  ["by ctx", { name: "mine", ctx: { userId: "ann" } }, ["ann red a", "ann blue b"]],
  [
    "by ctx and input",
    { name: "mineInRoom", ctx: { userId: "ann" }, input: { room: "red" } },
    ["ann red a"],
  ],
  [
    "by the ctx of a filter that has an input too",
    { name: "mineInRoom", ctx: { userId: "ann" } },
    ["ann red a", "ann blue b"],
  ],
  [
    "by an optional field, also to who left it out",
    { name: "room", input: { room: "red", agent: "b" } },
    ["bob red b", "eve red *"],
  ],
  [
    "by a union, once to each",
    [
      { name: "mine", ctx: { userId: "ann" } },
      { name: "mineInRoom", ctx: { userId: "ann" } },
      { name: "room", input: { room: "red", agent: "a" } },
    ],
    ["ann red a", "ann blue b", "eve red *"],
  ],
];

function audiences(start: () => Promise<RunningEngine>, { tellsAudience }: Capabilities): void {
  it.each(CASES)("%s", async (_, filter, audience) => {
    const engine = await start();
    const members = [
      { user: "ann", room: "red", agent: "a" },
      { user: "ann", room: "blue", agent: "b" },
      { user: "bob", room: "red", agent: "b" },
      { user: "eve", room: "red" },
    ];
    const heard = await Promise.all(
      members.map(async (member) => ({
        name: `${member.user} ${member.room} ${member.agent ?? "*"}`,
        recording: await listen(engine, member),
      })),
    );
    const { publish } = engine.publisher.routes.chat.onMessage;
    const data = message("1");
    const report = await publish(
      filter === "everybody" ? { data } : { data, filter: filter ?? [] },
    );
    await publish({ data: message("2") });
    const names = await Promise.all(
      heard.map(async ({ name, recording }) => {
        const isMeant = audience.includes(name);
        const events = await recording.received(isMeant ? 2 : 1);
        const ids = events.map(({ id }) => id);
        expect(ids, name).toEqual(isMeant ? ["1", "2"] : ["2"]);
        expect(events[0]?.data).toEqual({ text: `text ${ids[0]}` });
        return isMeant ? [name] : [];
      }),
    );
    expect(names.flat()).toEqual(audience);
    if (tellsAudience) expect(report).toMatchObject({ delivered: audience.length, failed: 0 });
    else expect(report).toMatchObject({ failed: 0 });
  });

  it("what the resolver's schema makes of the data", async () => {
    const engine = await start();
    const trpc = await engine.client();
    const heard = record<{ n: number }>((on) => trpc.news.subscribe(undefined, on));
    await heard.started;
    await engine.publisher.routes.news.publish({ data: { n: "5" } });
    expect(await heard.received(1)).toEqual([{ n: 5 }]);
  });
}

function refusals(start: () => Promise<RunningEngine>, { tooLargeBytes }: Capabilities): void {
  it.each([
    ["nobody", undefined, { room: "red" }, "UNAUTHORIZED"],
    ["who may not", "ann", { room: "closed" }, "FORBIDDEN"],
    ["an input that the parser refuses", "ann", { room: 1 }, "BAD_REQUEST"],
  ])("%s, with the procedure's own error", async (...[, user, input, code]) => {
    const engine = await start();
    const trpc = await engine.client(user);
    const heard = record((on) => trpc.chat.onMessage.subscribe(input as never, on));
    const error = await heard.failed();
    expect(error).toBeInstanceOf(TRPCClientError);
    expect((error as TRPCClientError<never>).data).toMatchObject({ code });
  });

  it("what cannot be published, before anything is sent", async () => {
    const engine = await start();
    const heard = await listen(engine, { user: "ann", room: "red" });
    const { onMessage } = engine.publisher.routes.chat;
    const large = tracked("1", { text: "x".repeat(tooLargeBytes) });
    await expect(onMessage.publish({ data: large })).rejects.toBeInstanceOf(PayloadTooLargeError);
    await expect(
      onMessage.publish({ data: message("1"), filter: { name: "mine", ctx: {} } as never }),
    ).rejects.toBeInstanceOf(InvalidFilterError);
    await expect(
      engine.publisher.routes.news.publish({ data: { n: 1 } as never }),
    ).rejects.toBeInstanceOf(InvalidDataError);
    await onMessage.publish({ data: message("2") });
    expect((await heard.received(1)).map(({ id }) => id)).toEqual(["2"]);
  });
}

function clients(start: () => Promise<RunningEngine>): void {
  it("that unsubscribes hears no more, its other subscriptions do", async () => {
    const engine = await start();
    const trpc = await engine.client("ann");
    const [first, second] = [0, 1].map(() =>
      record<Message>((on) => trpc.chat.onMessage.subscribe({ room: "red" }, on)),
    );
    await Promise.all([first?.started, second?.started]);
    const { publish } = engine.publisher.routes.chat.onMessage;
    await publish({ data: message("1") });
    await Promise.all([first?.received(1), second?.received(1)]);
    first?.unsubscribe();
    await publish({ data: message("2") });
    await second?.received(2);
    expect(first?.data).toHaveLength(1);
  });

  it("that is cut off comes back by itself", async () => {
    const engine = await start();
    const trpc = await engine.client("ann");
    let startedTwice: () => void;
    const back = new Promise<void>((resolve) => {
      startedTwice = resolve;
    });
    let starts = 0;
    const heard = record<Message>((on) =>
      trpc.chat.onMessage.subscribe(
        { room: "red" },
        {
          ...on,
          onStarted() {
            starts++;
            on.onStarted();
            if (starts === 2) startedTwice();
          },
        },
      ),
    );
    await heard.started;
    await engine.drop();
    await back;
    await engine.publisher.routes.chat.onMessage.publish({ data: message("1") });
    expect((await heard.received(1)).map(({ id }) => id)).toEqual(["1"]);
  });
}
