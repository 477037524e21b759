import { assertNoPoisoning, restoreGlobals } from "@fast-check/poisoning";
import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adapterOf, subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";
import { report } from "../figures.ts";

const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "__defineGetter__",
] as const;

const router = t.router({
  echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
  record: t.procedure.input(z.record(z.string(), z.unknown())).query(({ input }) => ({ input })),
  loose: t.procedure.input(z.looseObject({})).query(({ input }) => ({ input })),
  context: t.procedure.query(({ ctx }) => ({ ctx })),
  onNews: t.procedure
    .input(z.unknown())
    .subscription(
      subscriptions.resolver<unknown>({ onData: ({ data, input }) => ({ data, input }) }),
    ),
});

/** JSON text that would set `polluted` on what it is merged into carelessly. */
const polluting = (name: string): string =>
  `{"${name}":{"polluted":true,"prototype":{"polluted":true}}}`;

/** All but the language's own globals: Node makes some of the others when they are first used. */
const ignoredRootRegex =
  /^(?!(?:Object|Array|Function|String|Number|Boolean|Symbol|BigInt|Map|Set|WeakMap|WeakSet|Promise|Proxy|Reflect|JSON|Math|Date|RegExp|Error|TypeError|RangeError|Uint8Array|ArrayBuffer)$)/;

beforeAll(() => {
  // What other test files left is theirs.
  restoreGlobals({ ignoredRootRegex });
});

afterEach(() => {
  assertNoPoisoning({ ignoredRootRegex });
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  expect(Reflect.get(Object, "polluted")).toBeUndefined();
});

async function opened(authorized: unknown = {}) {
  const adapter = adapterOf(router, { connect: { authorize: () => ({ session: authorized }) } });
  await adapter.open();
  return adapter;
}

const errorsOf = (frames: readonly unknown[]): unknown =>
  frames.map((frame) => JSON.parse(JSON.stringify(frame)).error?.data.code);

describe.each(NAMES)("S3: %s", (name) => {
  it.each(["query", "mutation", "subscription"])("is no path of a %s", async (method) => {
    const { send } = await opened();
    for (const path of [name, `echo.${name}`, `${name}.${name}`, `${name}.polluted`]) {
      const frames = await send({ id: 1, method, params: { path } });
      expect(errorsOf(frames)).toEqual(["NOT_FOUND"]);
    }
  });

  it("is no route of a publisher, and no verb", async () => {
    const { chain, recording } = await opened();
    const { client, endpoint } = recording;
    const publisher = chain.publisher({ client, endpoint });
    const routes = publisher.routes as unknown as Record<
      string,
      Record<string, () => Promise<unknown>>
    >;
    await expect(routes[name]?.["publish"]?.()).rejects.toMatchObject({ name: "BuilderError" });
    // tRPC's proxy answers these two itself, with the path as text.
    if (name === "toString" || name === "valueOf") return;
    await expect(routes["onNews"]?.[name]?.()).rejects.toMatchObject({ name: "BuilderError" });
  });

  it("is an id like others", async () => {
    const { send, store, chain, recording } = await opened();
    const subscribe = { id: name, method: "subscription", params: { path: "onNews" } };
    expect(await send(subscribe)).toEqual([{ id: name, result: { type: "started" } }]);
    const { client, endpoint } = recording;
    const publisher = chain.publisher({ client, endpoint });
    const { onNews } = publisher.routes as unknown as Record<
      string,
      { publish(o: object): Promise<unknown> }
    >;
    expect(await onNews?.publish({ data: JSON.parse(polluting(name)) })).toMatchObject({
      delivered: 1,
    });
    expect(await send({ id: name, method: "subscription.stop" })).toEqual([
      { id: name, result: { type: "stopped" } },
    ]);
    expect(await store.getSubscriptions([{ connectionId: "connection", id: name }])).toEqual([]);
  });

  it("is a connection, or none, like others", async () => {
    const adapter = await opened();
    expect(await adapter.open(name)).toBe(200);
    const query = { id: 1, method: "query", params: { path: "echo", input: 1 } };
    expect(await adapter.send(query, { connectionId: name })).toEqual([
      { id: 1, result: { type: "data", data: { input: 1 } } },
    ]);
    expect(await adapter.close(name)).toBe(200);
  });
});

describe.each(NAMES)("S3: %s", (name) => {
  it.each(["echo", "record", "loose"])(
    "is a member of an input of %s, also beside lastEventId",
    async (path) => {
      const { handler, frames } = await opened();
      for (const more of ["", ',"lastEventId":"e1"']) {
        const params = `{"path":"${path}","input":${polluting(name)}${more}}`;
        await handler(messageEvent(`{"id":1,"method":"query","params":${params}}`));
      }
      const answers = frames().map(({ error }) => error?.data["code"]);
      expect(answers.filter((code) => code !== undefined && code !== "BAD_REQUEST")).toEqual([]);
      expect(answers).toHaveLength(2);
    },
  );

  it("is what a client may call its lastEventId", async () => {
    const { send } = await opened();
    const params = { path: "echo", input: {}, lastEventId: name };
    expect(await send({ id: 1, method: "query", params })).toEqual([
      { id: 1, result: { type: "data", data: { input: { lastEventId: name } } } },
    ]);
  });

  it("is a member of an envelope that nobody reads", async () => {
    const { handler, frames } = await opened();
    const member = polluting(name).slice(1, -1);
    await handler(
      messageEvent(`{${member},"id":1,"method":"query","params":{${member},"path":"echo"}}`),
    );
    expect(frames()).toMatchObject([{ id: 1, result: { type: "data" } }]);
  });

  it("is a name of connectionParams, a header and a word of the query string", async () => {
    const seen: unknown[] = [];
    const adapter = adapterOf(router, {
      connect: {
        authorize: ({ headers, query }) => {
          seen.push(Object.hasOwn(headers, name.toLowerCase()), Object.hasOwn(query, name));
          return { session: {} };
        },
      },
      handler: { createContext: ({ connection }) => ({ value: connection.connectionParams }) },
    });
    const own = JSON.parse(`{"${name}":"x","connectionParams":"1"}`);
    const event = { ...connectEvent(), headers: own, queryStringParameters: own };
    expect(await adapter.connect(event)).toEqual({ statusCode: 200 });
    expect(seen).toEqual([true, true]);
    const frame = `{"method":"connectionParams","data":{"${name}":"x"}}`;
    await adapter.handler(messageEvent(frame));
    const frames = await adapter.send({ id: 1, method: "query", params: { path: "context" } });
    expect(JSON.stringify(frames[0]?.result?.data)).toContain(`"${name}":"x"`);
  });

  it("is a member of a session", async () => {
    const session: unknown = JSON.parse(polluting(name));
    const { send } = await opened(session);
    const frames = await send({ id: 1, method: "query", params: { path: "context" } });
    expect(JSON.stringify(frames[0]?.result?.data)).toContain('"polluted":true');
  });

  it("is a filter's name, and the name of a field", async () => {
    const { chain } = adapterOf(router);
    const route = (chain.routes as unknown as Record<string, FilterRoute>)["onNews"];
    const field: unknown = JSON.parse(`{"${name}":true}`);
    expect(() => route?.filter({ name, input: field })).not.toThrow();
  });
});

interface FilterRoute {
  filter(filter: object): unknown;
}

it("S3: a filter on such fields finds who has them, and nobody who inherits them", async () => {
  for (const name of NAMES) {
    const adapter = adapterOf(router);
    const route = (adapter.chain.routes as unknown as Record<string, FilterRoute>)["onNews"];
    const field: unknown = JSON.parse(`{"${name}":true}`);
    const chain = route?.filter({ name, input: field }) as typeof adapter.chain;
    const handler = chain.handler({ client: adapter.recording.client });
    const input = (id: number, text: string): string =>
      `{"id":${id},"method":"subscription","params":{"path":"onNews","input":${text}}}`;
    await adapter.open();
    await handler(messageEvent(input(1, "{}")));
    await handler(messageEvent(input(2, `{"${name}":"x"}`)));
    const { client, endpoint } = adapter.recording;
    const publisher = chain.publisher({ client, endpoint });
    const { onNews } = publisher.routes as unknown as Record<
      string,
      { count(filter: object): Promise<number> }
    >;
    const filter = { name, input: JSON.parse(`{"${name}":"x"}`) };
    expect(await onNews?.count(filter), name).toBe(1);
    // What Object.prototype has is no scalar, and must not pass for null.
    expect(await onNews?.count({ name, input: JSON.parse(`{"${name}":null}`) }), name).toBe(0);
  }
  report("hostile prototypes", { names: NAMES.length });
});
