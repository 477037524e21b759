import { afterAll, beforeAll, expect, it } from "vitest";
import { record, stockClient } from "../e2e/client.ts";
import { type RunningCli, runCli, startCli } from "./cliProcess.ts";
import { createProject, HANDLERS, type Project, routerSource } from "./project.ts";

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** What the client knows of the router, which stands in a text. */
interface AnyClient {
  readonly version: { query(): Promise<string> };
  readonly say: { mutate(input: { room: string }): Promise<unknown> };
  readonly onMessage: { subscribe(input: { room: string }, on: object): { unsubscribe(): void } };
  readonly keep: { mutate(input: { room: string }): Promise<{ readonly eventId: string }> };
  readonly onFeed: {
    subscribe(input: { room: string; lastEventId: string }, on: object): { unsubscribe(): void };
  };
}

let project: Project;
let cli: RunningCli;
let url: string;
let environment: Record<string, string>;

const event = async (fits: (event: Event) => boolean): Promise<Event> =>
  JSON.parse(await cli.line((line) => fits(JSON.parse(line))));

beforeAll(async () => {
  project = createProject();
  project.write("router.ts", routerSource("one"));
  project.write(".env", "EXTRA=more\nTABLE_NAME=not-this-one\n");
  project.write("handlers.ts", HANDLERS);
  const flags = ["--port", "0", "--table", "chat", "--env", ".env", "--json"];
  cli = startCli(["dev", "handlers.ts", ...flags], { cwd: project.folder });
  const ready = await event(({ type }) => type === "ready");
  url = String(ready["url"]);
  environment = ready["environment"] as Record<string, string>;
});

afterAll(() => {
  cli.signal("SIGKILL");
  project.remove();
});

function client(user: string) {
  const stock = stockClient<never>({ url: `${url}?user=${user}` });
  return { ...stock, client: stock.client as unknown as AnyClient };
}

it("gives the handlers a file's variables, and under no name another table", async () => {
  expect(environment).toMatchObject({ TABLE_NAME: "chat" });
  await event(({ type, line }) => type === "output" && line === "loaded with more");
});

it("tells of each frame who, path, filters, rows and time, and of each post", async () => {
  const alice = client("alice");
  const heard = record<string>((on) => alice.client.onMessage.subscribe({ room: "red" }, on));
  await heard.started;
  expect(await event(({ type }) => type === "connect")).toMatchObject({
    session: '{"userId":"alice"}',
    statusCode: 200,
    outcome: "returned",
  });
  const subscribed = await event(({ method }) => method === "subscription");
  expect(subscribed).toMatchObject({
    session: '{"userId":"alice"}',
    path: "onMessage",
    filters: [
      { name: "byRoom", ctx: [], input: [["room", "red"]] },
      { name: "byUser", ctx: [["userId", "alice"]], input: [] },
    ],
    rowsWritten: 4,
    reply: "started",
  });
  expect(subscribed["durationMs"]).toBeGreaterThan(0);
  await alice.client.say.mutate({ room: "red" });
  expect(await heard.received(1)).toEqual(["hello"]);
  expect(await event(({ type }) => type === "audience")).toMatchObject({
    path: "onMessage",
    filter: { name: "byRoom", input: [["room", "red"]] },
    rows: 1,
  });
  expect(await event(({ type }) => type === "post")).toMatchObject({
    connectionId: subscribed["connectionId"],
    id: subscribed["id"],
    what: "data",
    statusCode: 200,
  });
  heard.unsubscribe();
  await heard.completed;
  const stopped = await event(({ method }) => method === "subscription.stop");
  expect(stopped).toMatchObject({ deletes: 3, reply: "stopped" });
  await alice.close();
  expect(await event(({ type }) => type === "disconnect")).toMatchObject({
    connectionId: subscribed["connectionId"],
    session: '{"userId":"alice"}',
  });
});

it("tells of a publish that reaches nobody", async () => {
  const bob = client("bob");
  await bob.client.say.mutate({ room: "green" });
  expect(await event(({ type }) => type === "audience")).toMatchObject({ rows: 0 });
  await bob.close();
});

it("tells that an event was kept, and how many were replayed", async () => {
  const gina = client("gina");
  const { eventId } = await gina.client.keep.mutate({ room: "lobby" });
  expect(await event(({ type }) => type === "kept")).toMatchObject({
    path: "onFeed",
    eventId,
    filters: [{ name: "byRoom", ctx: [], input: [["room", "lobby"]] }],
    hasKey: true,
  });
  const input = { room: "lobby", lastEventId: eventId };
  const heard = record<unknown>((on) => gina.client.onFeed.subscribe(input, on));
  expect(await heard.received(1)).toEqual([{ id: eventId, data: "kept" }]);
  const came = await event(({ path, method }) => path === "onFeed" && method === "subscription");
  expect(came).toMatchObject({ session: '{"userId":"gina"}', replayed: 1, reply: "started" });
  expect(came).not.toHaveProperty("missed");
  await gina.close();
});

it("runs the worker of the queue", async () => {
  const [erin, frank] = [client("erin"), client("frank")];
  const hearing = [erin, frank].map((one) =>
    record<string>((on) => one.client.onMessage.subscribe({ room: "hall" }, on)),
  );
  await Promise.all(hearing.map(({ started }) => started));
  await erin.client.say.mutate({ room: "hall" });
  expect(await event(({ type }) => type === "worker")).toMatchObject({
    messages: 1,
    failed: 0,
    outcome: "returned",
  });
  for (const heard of hearing) expect(await heard.received(1)).toEqual(["hello"]);
  await Promise.all([erin.close(), frank.close()]);
});

it("loads changed code, and keeps the old one where the new one is broken; rows and sockets stay", async () => {
  const carol = client("carol");
  const heard = record<string>((on) => carol.client.onMessage.subscribe({ room: "blue" }, on));
  await heard.started;
  expect(await carol.client.version.query()).toBe("one");

  project.write("router.ts", "this is no TypeScript");
  const failed = await event(({ type }) => type === "reloadFailed");
  expect(failed["error"]).toMatch(/^handlers\.ts cannot be loaded: .*router\.ts/);
  expect(await carol.client.version.query()).toBe("one");

  project.write("router.ts", routerSource("two"));
  await event(({ type }) => type === "reloaded");
  expect(await carol.client.version.query()).toBe("two");
  await carol.client.say.mutate({ room: "blue" });
  expect(await heard.received(1)).toEqual(["hello"]);
  await carol.close();
});

it("shows its table to inspect", async () => {
  const dave = client("dave");
  const heard = record<string>((on) => dave.client.onMessage.subscribe({ room: "Red" }, on));
  await heard.started;
  const subscribed = await event(({ session }) => session === '{"userId":"dave"}');
  const publish = ["--path", "onMessage", "--filter", '{"name":"byRoom","input":{"room":"red"}}'];
  const { exitCode, stdout, stderr } = await runCli(
    ["inspect", "--table", "chat", "--namespace", "a#b", ...publish],
    { environment },
  );
  expect(stderr).toBe("");
  expect(stdout).toContain(`no       ${subscribed["connectionId"]}/`);
  expect(stdout).toContain('input.room is "Red", not "red": they differ in upper and lower case');
  expect(exitCode).toBe(0);
  await dave.close();
});

it("ends with its signal, and leaves nothing behind", async () => {
  cli.signal("SIGINT");
  const { exitCode, stderr } = await cli.ended;
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  await expect(fetch(environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "")).rejects.toThrow(
    "fetch failed",
  );
});
