import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { type NotesRouter, notes } from "./notes.ts";
import { failed, type ServerFrame, started, valuesOf } from "./rawSocket.ts";
import { startWorld } from "./world.ts";

/** What each bad frame gets: the id of the answer, its code and a part of its message. */
const badFrames: readonly (readonly [name: string, frame: unknown, answer: Answer])[] = [
  ["no JSON", "{not json", { id: null, code: -32700, message: "not JSON" }],
  ["an empty frame", "", { id: null, code: -32700, message: "not JSON" }],
  ["JSON of no object", "42", { id: null, code: -32700, message: "must be an object" }],
  ["null", "null", { id: null, code: -32700, message: "must be an object" }],
  ["a JSON text", '"PING"', { id: null, code: -32700, message: "must be an object" }],
  [
    "JSON nested too deeply",
    `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    { id: null, code: -32700, message: "nested deeper" },
  ],
  [
    "a request without id",
    { method: "query", params: { path: "echo" } },
    { id: null, code: -32700, message: "`id` is required" },
  ],
  [
    "the id null",
    { id: null, method: "query", params: { path: "echo" } },
    { id: null, code: -32700, message: "`id` is required" },
  ],
  [
    "an id that is an object",
    { id: {}, method: "query", params: { path: "echo" } },
    { id: null, code: -32700, message: "`id` must be" },
  ],
  ["no method", { id: 7 }, { id: 7, code: -32700, message: "`method` must be" }],
  [
    "an unknown method",
    { id: 7, method: "publish", params: { path: "onAny" } },
    { id: 7, code: -32700, message: "`method` must be" },
  ],
  ["no params", { id: 7, method: "query" }, { id: 7, code: -32700, message: "`params` must be" }],
  [
    "a path that is no text",
    { id: 7, method: "query", params: { path: ["echo"] } },
    { id: 7, code: -32700, message: "`params.path` must be" },
  ],
  [
    "a lastEventId that is no text",
    { id: 7, method: "subscription", params: { path: "onAny", lastEventId: 1 } },
    { id: 7, code: -32700, message: "`params.lastEventId` must be" },
  ],
  [
    "an unknown path",
    { id: 7, method: "subscription", params: { path: "nowhere" } },
    { id: 7, code: -32004, message: '"nowhere"' },
  ],
  [
    "a path into Object.prototype",
    { id: 7, method: "subscription", params: { path: "__proto__" } },
    { id: 7, code: -32004, message: "__proto__" },
  ],
  [
    "a procedure of another type",
    { id: 7, method: "query", params: { path: "onAny" } },
    { id: 7, code: -32004, message: "onAny" },
  ],
  [
    "invalid input",
    { id: 7, method: "subscription", params: { path: "onNote", input: { topic: 1 } } },
    { id: 7, code: -32600, message: "expected string" },
  ],
  [
    "no input where there must be one",
    { id: 7, method: "subscription", params: { path: "onNote" } },
    { id: 7, code: -32600, message: "expected object" },
  ],
  [
    "a middleware that throws",
    { id: 7, method: "subscription", params: { path: "onBroken" } },
    { id: 7, code: -32603, message: "the middleware broke" },
  ],
  [
    "connectionParams that were not announced",
    { method: "connectionParams", data: { token: "x" } },
    { id: null, code: -32700, message: "not announced" },
  ],
];

interface Answer {
  readonly id: string | number | null;
  readonly code: number;
  readonly message: string;
}

it("C17, R11, T13: each bad frame gets its one answer; nothing is stored and the socket lives", async () => {
  const { open, settle, gateway, probe, liveRows } = await startWorld(notes);
  const socket = await open();
  for (const [name, frame, answer] of badFrames) {
    const before = socket.frames.length;
    socket.send(frame);
    await settle(socket);
    const answers: readonly ServerFrame[] = socket.frames.slice(before);
    expect(answers, name).toHaveLength(1);
    expect(answers[0], name).toMatchObject({
      id: answer.id,
      error: { code: answer.code, message: expect.stringContaining(answer.message) },
    });
  }
  expect(await liveRows()).toEqual([]);
  // The gateway has a frame of its own for a handler that throws; tRPC's client ignores it and waits for ever.
  expect(probe.observations.filter(({ type }) => type === "errorFrame")).toEqual([]);
  expect(gateway.connectionIds()).toHaveLength(1);
  socket.send({ id: 8, method: "query", params: { path: "echo", input: "still here" } });
  await socket.next(({ result }) => result?.data === "echo still here");
});

it("C17: bad frames leave a live subscription of the same socket alone", async () => {
  const { open, settle, publisher } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  for (const [, frame] of badFrames) socket.send(frame);
  await settle(socket);
  await publisher.routes.onAny.publish({ data: "hello" });
  await settle(socket);
  expect(valuesOf(socket, 1)).toEqual(["hello"]);
});

it.each(clientVersions)(
  "C17: a stock client's onError is called for each request that fails (client %s)",
  async (version) => {
    const { client, errors } = await startWorld(notes);
    const { client: caller } = client<NotesRouter>(version, { user: "mallory" });
    const failures = [
      record((on) => caller.onNote.subscribe({ topic: 1 as never }, on)),
      record((on) => caller.onMember.subscribe(undefined, on)),
      record((on) => caller.onBroken.subscribe(undefined, on)),
      record((on) => caller["nowhere" as "onAny"].subscribe(undefined, on)),
    ];
    const codes = await Promise.all(
      failures.map(async (failure) => Reflect.get(await failure.failed(), "data").code),
    );
    expect(codes).toEqual(["BAD_REQUEST", "FORBIDDEN", "INTERNAL_SERVER_ERROR", "NOT_FOUND"]);
    expect(errors.map(({ error }) => Reflect.get(error, "code")).sort()).toEqual(codes.sort());
    expect(await caller.echo.query("alive")).toBe("echo alive");
  },
);

it.each(clientVersions)(
  "C18: queries and mutations are answered over the socket, a batch one by one (client %s)",
  async (version) => {
    const { client, probe } = await startWorld(notes);
    const { client: caller } = client<NotesRouter>(version, { user: "alice" });
    const failure = caller.refuse.query().catch((error: unknown) => error);
    const answers = [caller.echo.query("a"), caller.save.mutate({ note: "n" }), failure];
    expect(await Promise.all(answers)).toEqual([
      "echo a",
      "alice saved n",
      expect.objectContaining({
        message: "taken",
        data: expect.objectContaining({ code: "CONFLICT" }),
      }),
    ]);
    const frames = probe.observations.filter(({ type }) => type === "frameReceived");
    expect(frames, "all three were in one frame").toHaveLength(1);
  },
);

it("T11: a client gets nothing but JSON objects and PONG", async () => {
  const { open, settle } = await startWorld(notes);
  const socket = await open();
  for (const [, frame] of badFrames) socket.send(frame);
  socket.send("PING");
  socket.send([{ id: 1, method: "query", params: { path: "echo", input: "x" } }, 7]);
  socket.subscribe(2, "onAny");
  socket.unsubscribe(2);
  await settle(socket);
  expect(socket.texts.length).toBeGreaterThan(badFrames.length);
  expect(socket.texts.filter((text) => text !== "PONG" && !text.startsWith("{"))).toEqual([]);
});

it("T1: every answer repeats the request's id with its type, and `jsonrpc` where it was sent", async () => {
  const { open, settle, publisher } = await startWorld(notes);
  const socket = await open();
  const ids = [1, "1", "two#%", 0, -5];
  for (const id of ids) {
    socket.send({ id, jsonrpc: "2.0", method: "subscription", params: { path: "onAny" } });
    await socket.next(started(id));
  }
  socket.subscribe(6, "onAny");
  await socket.next(started(6));
  await publisher.routes.onAny.publish({ data: "x" });
  for (const id of ids) {
    socket.send({ id, jsonrpc: "2.0", method: "subscription.stop" });
    await socket.next(({ id: own, result }) => own === id && result?.type === "stopped");
    socket.send({ id, jsonrpc: "2.0", method: "query", params: { path: "nowhere" } });
    await socket.next(failed(id));
  }
  await settle(socket);
  for (const id of ids) {
    const own = socket.frames.filter((frame) => frame.id === id);
    expect(own.map(({ jsonrpc, result }) => [jsonrpc, result?.type])).toEqual([
      ["2.0", "started"],
      ["2.0", "data"],
      ["2.0", "stopped"],
      ["2.0", undefined],
    ]);
  }
  const plain = socket.frames.filter((frame) => frame.id === 6);
  expect(plain).toEqual([
    { id: 6, result: { type: "started" } },
    { id: 6, result: { type: "data", data: "x" } },
  ]);
});
