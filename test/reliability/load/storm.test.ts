import { dynamodb } from "trpc-aws-subscriptions";
import { apiGatewayPreset } from "trpc-aws-subscriptions/client";
import { expect, it, onTestFinished } from "vitest";
import { clientVersions, stockClient } from "../../e2e/client.ts";
import { deferred } from "../../e2e/deferred.ts";
import { serve } from "../../e2e/stack.ts";
import { createTestTable } from "../../testTable.ts";
import { report } from "../figures.ts";
import { limitMs, size } from "../size.ts";
import { type EverybodyRouter, everybody } from "./everybody.ts";
import { Latencies } from "./latencies.ts";
import { affordable } from "./openFiles.ts";

const CLIENTS = affordable(size({ ci: 200, soak: 5_000 }), 2);
/** Clients that connect for the first time at the same time. */
const ARRIVING = 100;
/** All are back within this time. */
const BACK_WITHIN_MS = 60_000;
/** The one that finds nobody there, and the one that succeeds. */
const MOST_CONNECTS = 2;
/** Connects of one client within a second. */
const HOT_LOOP = 5;

type Stack = Awaited<ReturnType<typeof serve<ReturnType<typeof everybody>>>>;
it(
  `${CLIENTS} clients cut at once are all back, without a hot loop, and get the next event once`,
  async () => {
    const table = await createTestTable();
    const connects = new Map<string, number[]>();
    let isOver = false;
    const stack = await serve(everybody(dynamodb(table)), {
      gateway: { dropDisconnect: () => isOver },
      publisher: { postTimeoutMs: BACK_WITHIN_MS },
      connect: {
        authorize({ query: { client = "" } }) {
          connects.set(client, [...(connects.get(client) ?? []), performance.now()]);
          return { session: {} };
        },
      },
    });
    const clients = await arrive(stack);
    onTestFinished(async () => {
      isOver = true;
      await Promise.all(clients.map((client) => client.close()));
      await stack.stop();
      await table.stop();
    });
    connects.clear();
    const { gateway, publisher } = stack;
    const cutAt = performance.now();
    const back = new Latencies();
    const again = clients.map(async (client) => {
      await client.startedAgain;
      back.add(performance.now() - cutAt);
    });
    await Promise.all(gateway.connectionIds().map((id) => gateway.dropConnection(id)));
    await Promise.all(again);
    await gateway.settled();
    const counts = [...connects.values()].map((times) => times.length);
    const perSecond = Math.max(...[...connects.values()].map(mostASecond));
    const { publish } = publisher.routes.onMessage;
    const sent = await publish({ data: "again" });
    await publish({ data: "end" });
    await Promise.all(clients.map(({ ended }) => ended));
    report("storm", {
      clients: CLIENTS,
      p50BackMs: back.at(0.5),
      lastBackMs: back.at(1),
      mostConnects: Math.max(...counts),
      mostConnectsASecond: perSecond,
      connects: counts.reduce((sum, count) => sum + count, 0),
    });
    expect(back.at(1)).toBeLessThan(BACK_WITHIN_MS);
    expect(connects.size).toBe(CLIENTS);
    expect(Math.max(...counts)).toBeLessThanOrEqual(MOST_CONNECTS);
    expect(perSecond).toBeLessThanOrEqual(HOT_LOOP);
    expect(sent).toMatchObject({ matched: CLIENTS, delivered: CLIENTS, gone: 0, failed: 0 });
    for (const { data } of clients) expect(data).toEqual(["again", "end"]);
  },
  limitMs(240_000),
);

interface Client {
  readonly data: readonly string[];
  readonly startedAgain: Promise<void>;
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** All clients, subscribed. */
async function arrive({ gateway }: Stack): Promise<readonly Client[]> {
  const clients: Client[] = [];
  await Promise.all(
    Array.from({ length: ARRIVING }, async (_, first) => {
      for (let index = first; index < CLIENTS; index += ARRIVING) {
        const { client, started } = join(`${gateway.url}?client=${index}`, index);
        clients.push(client);
        await started;
      }
    }),
  );
  return clients;
}

function join(url: string, index: number): { client: Client; started: Promise<void> } {
  const version = clientVersions[index % clientVersions.length];
  const stock = stockClient<EverybodyRouter>({
    url,
    ...apiGatewayPreset(),
    ...(version && { version }),
  });
  const data: string[] = [];
  const starts = [deferred(), deferred()];
  const ended = deferred();
  let count = 0;
  stock.client.onMessage.subscribe(undefined, {
    onStarted: () => starts[count++]?.resolve(),
    onData(event) {
      data.push(event);
      if (event === "end") ended.resolve();
    },
  });
  const [first = deferred(), second = deferred()] = starts;
  const client = { data, startedAgain: second.promise, ended: ended.promise, close: stock.close };
  return { client, started: first.promise };
}

/** The most of these times that lie within one second. */
function mostASecond(times: readonly number[]): number {
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
  );
}
