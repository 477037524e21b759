import { describe, expect, it } from "vitest";
import type { ClientBroker } from "../../src/client/broadcast/broker.ts";
import { BrokerConnectionError, BrokerRefusedError } from "../../src/errors/broadcast.ts";
import { createWorld, forbidden, Heard, type Message, until } from "./world.ts";

/** Short pauses, each as long as the others. */
const QUICK = { backOffMs: [10] } as const;

/** A subscription to the news that has started, and whatever failed. */
async function started(options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(options);
  const failures: Error[] = [];
  const { link, trpc } = await world.client("ann", {
    ...QUICK,
    onError: (error) => failures.push(error),
  });
  const heard = new Heard<number>();
  trpc.news.subscribe(undefined, heard.callbacks);
  await heard.start();
  return { ...world, failures, link, trpc, heard };
}

describe("a connection that drops", () => {
  it("is opened again, with the state that wsLink has meanwhile", async () => {
    const { broker, heard, publisher, failures } = await started();
    broker.drop();
    await heard.start(2);
    await publisher.routes.news.publish({ data: 1 });
    await until(() => heard.data.length > 0);
    expect(heard.states).toEqual(["connecting", "pending", "connecting", "pending"]);
    expect(failures.map(({ cause }) => cause)).toEqual([expect.any(BrokerConnectionError)]);
    expect(heard.errors).toEqual([]);
  });

  it("asks for grants again: who may no longer is told so, the others go on", async () => {
    const { broker, trpc, heard } = await started();
    const red = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room: "red" }, red.callbacks);
    await red.start();
    forbidden.add("red");
    broker.drop();
    await until(() => red.errors.length > 0);
    expect(red.errors[0]?.data?.code).toBe("FORBIDDEN");
    await heard.start(2);
    expect(heard.errors).toEqual([]);
  });

  it("is tried until the broker is back", async () => {
    const { broker, heard, failures } = await started();
    broker.setDown(true);
    broker.drop();
    await until(() => failures.length >= 4);
    expect(heard.errors).toEqual([]);
    broker.setDown(false);
    await heard.start(2);
  });

  it("is not opened again for nobody", async () => {
    const { broker, heard, trpc } = await started();
    const other = new Heard<number>();
    const subscription = trpc.news.subscribe(undefined, other.callbacks);
    await other.start();
    broker.drop();
    subscription.unsubscribe();
    await heard.start(2);
    expect(other.started).toBe(1);
  });
});

describe("a server that does not answer", () => {
  it("is asked again: a subscription waits for it", async () => {
    const { client, server, url } = await createWorld();
    server.close();
    const { trpc } = await client(undefined, QUICK);
    const heard = new Heard<number>();
    trpc.news.subscribe(undefined, heard.callbacks);
    await until(() => heard.states.length >= 3);
    expect(new Set(heard.states)).toEqual(new Set(["connecting"]));
    server.listen(Number(new URL(url).port), "127.0.0.1");
    await heard.start();
    expect(heard.errors).toEqual([]);
  });
});

describe("a callback that throws", () => {
  it("costs no other subscription its event, and is told to onError", async () => {
    const { trpc, heard, publisher, failures } = await started();
    const broken = { thrown: 0 };
    trpc.news.subscribe(undefined, {
      onData() {
        broken.thrown++;
        throw new TypeError("a bug of the application");
      },
    });
    const last = new Heard<number>();
    trpc.news.subscribe(undefined, last.callbacks);
    await last.start();
    await publisher.routes.news.publish({ data: 1 });
    await publisher.routes.news.publish({ data: 2 });
    await until(() => last.data.length === 2);
    expect(heard.data).toEqual([1, 2]);
    expect(broken.thrown).toBe(2);
    expect(failures.map(({ cause }) => String(cause))).toEqual([
      "TypeError: a bug of the application",
      "TypeError: a bug of the application",
    ]);
  });
});

describe("a listener of onEvent", () => {
  it("sees what the link does until it is off, and may throw", async () => {
    const { link, heard, publisher, failures } = await started();
    const events: string[] = [];
    const off = link.onEvent((event) => {
      events.push(event.type);
      throw new Error("a bug of the log");
    });
    await publisher.routes.news.publish({ data: 1 });
    await until(() => heard.data.length === 1);
    expect(events).toEqual(["message"]);
    expect(failures).toHaveLength(1);
    off();
    await publisher.routes.news.publish({ data: 2 });
    await until(() => heard.data.length === 2);
    expect(events).toEqual(["message"]);
  });
});

/** A link to a broker that does as the test says. */
async function clientOf(broker: Partial<ClientBroker>) {
  const { createBroadcastLink } = await import("../../src/client/broadcast/link.ts");
  const { createTRPCClient } = await import("@trpc/client");
  const world = await createWorld();
  const link = createBroadcastLink<typeof world.router>(
    { name: "the broker", connect: () => new Promise(() => {}), ...broker },
    { http: world.http(undefined), timeoutMs: 20, ...QUICK },
  );
  const heard = new Heard<number>();
  const trpc = createTRPCClient<typeof world.router>({ links: [link] });
  trpc.news.subscribe(undefined, heard.callbacks);
  return { link, heard };
}

describe("a broker", () => {
  it("that refuses the first connection ends the subscription", async () => {
    let tries = 0;
    const { heard } = await clientOf({
      connect: async () => {
        tries++;
        throw new BrokerRefusedError("not today");
      },
    });
    await until(() => heard.errors.length > 0);
    expect(heard.errors.map(({ message }) => message)).toEqual(["not today"]);
    expect(tries).toBe(1);
  });

  it("that refuses a topic ends the subscription", async () => {
    const { heard } = await clientOf({
      connect: async () => ({
        subscribe: async () => {
          throw new BrokerRefusedError("not this one");
        },
        unsubscribe: () => {},
        close: () => {},
      }),
    });
    await until(() => heard.errors.length > 0);
    expect(heard.errors.map(({ cause }) => cause)).toEqual([expect.any(BrokerRefusedError)]);
  });

  it("that does not answer is tried again, and what comes too late is closed", async () => {
    const late: (() => void)[] = [];
    let closed = 0;
    const { heard, link } = await clientOf({
      connect: () =>
        new Promise((resolve) => {
          const connection = {
            subscribe: () => new Promise<void>(() => {}),
            unsubscribe: () => {},
            close: () => void closed++,
          };
          late.push(() => resolve(connection));
        }),
    });
    await until(() => late.length === 3);
    expect(new Set(heard.states)).toEqual(new Set(["connecting"]));
    link.close();
    for (const resolve of late) resolve();
    await until(() => closed === 3);
    expect(heard).toMatchObject({ started: 0, errors: [], completed: 1 });
  });

  it("that confirms no topic has its connection closed, and another one is tried", async () => {
    let closed = 0;
    const { link } = await clientOf({
      connect: async () => ({
        subscribe: () => new Promise<void>(() => {}),
        unsubscribe: () => {},
        close: () => void closed++,
      }),
    });
    await until(() => closed >= 2);
    link.close();
  });
});
