import { inflateRawSync } from "node:zlib";
import { InvalidDataError, InvalidFilterError } from "trpc-aws-subscriptions";
import { expect, it, vi } from "vitest";
import { failed } from "../e2e/wire/rawSocket.ts";
import { filter, type Given, startWithSecrets, subscribeAll } from "./secretsWorld.ts";

/** Everything that the process writes while something is done. */
async function written(work: () => Promise<void>): Promise<readonly string[]> {
  const texts: string[] = [];
  const note = (...parts: unknown[]): true => {
    texts.push(parts.map(String).join(" "));
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(note),
    vi.spyOn(process.stderr, "write").mockImplementation(note),
    ...(["log", "info", "warn", "error", "debug", "trace"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(note),
    ),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return texts;
}

/** All that goes wrong, with a secret wherever one can be. */
async function failEverywhere(world: Awaited<ReturnType<typeof startWithSecrets>>): Promise<void> {
  await expect(world.refused()).rejects.toThrow("500");
  const socket = await subscribeAll(world);
  socket.send({
    id: 5,
    method: "query",
    params: { path: "fails", input: { key: "canary-input" } },
  });
  await socket.next(failed(5));
  socket.send({
    id: 6,
    method: "query",
    params: { path: "fails", input: { key: 1, x: "canary" } },
  });
  await socket.next(failed(6));
  socket.send({ method: "connectionParams", data: { token: "canary-params-2" } });
  socket.send('{"canary');
  await socket.next(failed(null));
  await world.settle(socket);
  const { publish } = world.publisher.routes.onNote;
  const unknown = { name: "room", ctx: { userId: "canary-user", x: "canary-field" } } as never;
  await expect(publish({ data: "x", filter: unknown })).rejects.toThrow(InvalidFilterError);
  const noScalar = { name: "room", ctx: { userId: ["canary-value"] } } as never;
  const refusal = await publish({ data: "x", filter: noScalar }).catch((error: Error) => error);
  expect(String(refusal)).not.toContain("canary");
  const noJson = await publish({ data: { secret: "canary-data", n: 1n } as never }).catch(
    (error: Error) => error,
  );
  expect(noJson).toBeInstanceOf(InvalidDataError);
  expect(String(noJson)).not.toContain("canary");
  await socket.close();
  await world.disconnected();
}

const told = ({ error }: Given): string => `${error.message} ${error.stack} ${String(error.cause)}`;

it("S15: nothing is written to a log, whatever goes right or wrong", async () => {
  const world = await startWithSecrets();
  const texts = await written(async () => {
    await failEverywhere(world);
  });
  expect(texts).toEqual([]);
});

it("S15: error texts hold no secret; what `onError` is given beside them does", async () => {
  const world = await startWithSecrets();
  await failEverywhere(world);
  const { given } = world;
  expect(given.map(({ error }) => error.message).toSorted()).toEqual([
    expect.stringContaining("Invalid input"),
    "connectionParams were sent before; the first ones stay",
    "no such key",
    "not today",
    expect.stringContaining("not JSON"),
  ]);
  expect(given.map(told).filter((text) => text.includes("canary"))).toEqual([]);
  const has = (failure: Given | undefined, text: string) => JSON.stringify(failure).includes(text);
  const byText = (text: string) => given.find(({ error }) => error.message === text);
  // The handshake has headers and query string, later events have the frame.
  for (const secret of ["canary-header", "canary-cookie", "canary-query"]) {
    expect(has(byText("not today"), secret)).toBe(true);
    expect(has(byText("no such key"), secret)).toBe(false);
  }
  for (const secret of ["canary-input", "canary-ctx"]) {
    expect(has(byText("no such key"), secret)).toBe(true);
  }
});

it("S15: a cursor can be read by whoever has it: it is signed, not encrypted", async () => {
  const world = await startWithSecrets();
  await subscribeAll(world);
  const { onNote } = world.publisher.routes;
  const report = await onNote.publish({ data: "canary-data", filter, deadlineMs: 0 });
  const [, body = ""] = report.cursor?.split(".") ?? [];
  const text = inflateRawSync(Buffer.from(body, "base64url")).toString();
  expect(text).toContain("canary-data");
  expect(text).toContain("canary-user");
});

it("S18: no frame that a client gets names a connection, its own or another", async () => {
  const world = await startWithSecrets();
  const [one, other] = [await subscribeAll(world), await subscribeAll(world)];
  await world.publisher.routes.onHooked.publish({ data: "x" });
  one.send({ id: 5, method: "query", params: { path: "fails", input: { key: "k" } } });
  one.subscribe(0, "onNote", { room: "a", key: "k" });
  await Promise.all([one.next(failed(5)), one.next(failed(0))]);
  await world.settle(one, other);
  const ids = world.gateway.connectionIds();
  expect(ids).toHaveLength(2);
  const texts = [...one.texts, ...other.texts];
  expect(texts.length).toBeGreaterThanOrEqual(8);
  expect(texts.filter((text) => ids.some((id) => text.includes(id)))).toEqual([]);
});
