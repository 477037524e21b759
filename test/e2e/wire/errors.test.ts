import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { isBefore, pinnedVersion } from "../trpcVersion.ts";
import { notes } from "./notes.ts";
import { failed, type ServerFrame, started } from "./rawSocket.ts";
import { startWorld } from "./world.ts";

const request = (path: string): object => ({ id: 1, method: "query", params: { path } });

async function answerTo(
  makeChain: Parameters<typeof startWorld>[0],
  options: Parameters<typeof startWorld>[1] = {},
): Promise<ServerFrame> {
  const { open } = await startWorld(makeChain, options);
  const socket = await open();
  socket.send(request("broken"));
  return socket.next(failed(1));
}

const subscriptions = initSubscriptions();

it("a stack trace is sent only with exposeStackTraces, although NODE_ENV is not production", async () => {
  vi.stubEnv("NODE_ENV", "");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const t = initTRPC.create({ isDev: true });
  // `.errors()` came after 11.19.
  const hasErrors = !isBefore(pinnedVersion, "11.22");
  const shaped = hasErrors
    ? t.procedure.errors(({ shape }) => ({ ...shape, message: "shaped" }))
    : t.procedure;
  const router = t.router({
    broken: t.procedure.query((): never => {
      throw new Error("broken here");
    }),
    onShaped: shaped.subscription((): never => {
      throw new Error("broken there");
    }),
  });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  for (const exposeStackTraces of [false, undefined, true]) {
    const handler = exposeStackTraces === undefined ? {} : { exposeStackTraces };
    const { open, settle } = await startWorld(chain, { serve: { handler } });
    const socket = await open();
    socket.send("{");
    socket.send(request("broken"));
    socket.subscribe(2, "onShaped");
    await settle(socket);
    expect(socket.frames).toHaveLength(3);
    const messages = socket.frames.map(({ error }) => error?.message);
    expect(messages).toContain(hasErrors ? "shaped" : "broken there");
    const text = socket.texts.join("\n");
    expect(text.includes("errors.test")).toBe(exposeStackTraces === true);
    expect(text.includes('"stack"')).toBe(exposeStackTraces === true);
  }
});

it("faults of the table are told to onError, not to the client", async () => {
  const refuse = Object.assign(new Error("not authorized on arn:aws:dynamodb:secret"), {
    name: "AccessDeniedException",
    $metadata: {},
  });
  const { open, errors } = await startWorld(notes, {
    plan: ({ command }) => (command === "TransactWriteItemsCommand" ? { refuse } : undefined),
  });
  const socket = await open();
  socket.subscribe(1, "onAny");
  const { error } = await socket.next(failed(1));
  expect(error).toMatchObject({ message: "Internal server error", code: -32603 });
  expect(JSON.stringify(error)).not.toContain("arn:aws");
  expect(errors.map(({ error: own }) => own.cause)).toEqual([refuse]);
});

it("the errorFormatter makes the error, with input, path, type and context", async () => {
  const seen: object[] = [];
  const t = initTRPC.context<{ userId: string }>().create({
    errorFormatter({ shape, error, type, path, input, ctx }) {
      seen.push({ type, path, input, ctx });
      const zodIssues = error.cause instanceof z.ZodError ? error.cause.issues.length : 0;
      return { ...shape, data: { ...shape.data, zodIssues } };
    },
  });
  const router = t.router({
    onNote: t.procedure
      .input(z.object({ topic: z.string() }))
      .subscription(subscriptions.resolver<string>()),
  });
  const { client } = await startWorld((store) => subscriptions.router({ router }).store({ store }));
  for (const version of clientVersions) {
    seen.length = 0;
    const { client: caller } = client<typeof router>(version, { user: "alice" });
    const failure = record((on) => caller.onNote.subscribe({ topic: 5 as never }, on));
    expect(await failure.failed()).toMatchObject({ data: { code: "BAD_REQUEST", zodIssues: 1 } });
    expect(seen).toEqual([
      { type: "subscription", path: "onNote", input: { topic: 5 }, ctx: { userId: "alice" } },
    ]);
  }
});

it("an errorFormatter that throws still leaves the client with an answer, and onError with both errors", async () => {
  const t = initTRPC.create({
    errorFormatter() {
      throw new Error("the formatter broke");
    },
  });
  const router = t.router({
    broken: t.procedure.query((): never => {
      throw new TRPCError({ code: "CONFLICT", message: "taken" });
    }),
  });
  const messages: string[] = [];
  const onError = ({ error }: { readonly error: Error }): void => {
    messages.push(error.message);
  };
  const answer = await answerTo((store) => subscriptions.router({ router }).store({ store }), {
    serve: { handler: { onError } },
  });
  expect(answer.error).toMatchObject({ code: -32009, data: { code: "CONFLICT" } });
  expect(messages).toEqual(["taken", "the formatter broke"]);
});

it("an error too large to deliver still leaves the client with an answer", async () => {
  const t = initTRPC.create();
  const router = t.router({
    broken: t.procedure.query((): never => {
      throw new TRPCError({ code: "CONFLICT", message: "é".repeat(70_000) });
    }),
  });
  const answer = await answerTo((store) => subscriptions.router({ router }).store({ store }));
  expect(answer.error).toMatchObject({ message: "Internal server error", code: -32009 });
});

it("an answer too large to deliver becomes an error", async () => {
  const t = initTRPC.create();
  const router = t.router({ broken: t.procedure.query(() => "é".repeat(70_000)) });
  const answer = await answerTo((store) => subscriptions.router({ router }).store({ store }));
  expect(answer.error).toMatchObject({ data: { code: "PAYLOAD_TOO_LARGE" } });
});

it.each(clientVersions)("errors pass through the transformer (client %s)", async (version) => {
  const t = initTRPC.create({
    transformer: superjson,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, at: new Date(5) } }),
  });
  const router = t.router({
    onClosed: t.procedure.subscription((): AsyncIterable<string> => {
      throw new TRPCError({ code: "FORBIDDEN", message: "closed" });
    }),
  });
  const { client } = await startWorld((store) => subscriptions.router({ router }).store({ store }));
  const { client: caller } = client<typeof router>(version, { transformer: superjson });
  const failure = record((on) => caller.onClosed.subscribe(undefined, on));
  expect(await failure.failed()).toMatchObject({
    message: "closed",
    data: { code: "FORBIDDEN", at: new Date(5) },
  });
});

it("C17: an onError or a createContext that throws costs no client its answer", async () => {
  const { open, settle } = await startWorld(notes, {
    serve: {
      handler: {
        createContext() {
          throw new TRPCError({ code: "UNAUTHORIZED", message: "who are you" });
        },
        onError() {
          throw new Error("the logger broke");
        },
      },
    },
  });
  const socket = await open();
  socket.send("{");
  socket.send([request("echo"), { id: 2, method: "subscription", params: { path: "onAny" } }]);
  await settle(socket);
  const codes = new Map(socket.frames.map(({ id, error }) => [id, error?.data.code]));
  expect(codes).toEqual(
    new Map<unknown, unknown>([
      [null, "PARSE_ERROR"],
      [1, "UNAUTHORIZED"],
      [2, "UNAUTHORIZED"],
    ]),
  );
  expect(socket.frames.some(started(2))).toBe(false);
  expect(socket.isOpen, "T4: a client that is closed comes back hundreds of times a second").toBe(
    true,
  );
});
