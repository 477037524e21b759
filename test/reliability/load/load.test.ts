import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { dynamodb } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "../../e2e/stack.ts";
import { collector } from "../../memory.ts";
import { createTestTable } from "../../testTable.ts";
import { report } from "../figures.ts";
import { isSoak, limitMs, size } from "../size.ts";
import type { CrowdOrder, CrowdReport } from "./crowd.ts";
import { everybody } from "./everybody.ts";
import { affordable } from "./openFiles.ts";

const SOCKETS = affordable(size({ ci: 2_000, soak: 8_000 }), 1);
const STOCK = Math.min(50, SOCKETS);
const PUBLISHES = isSoak ? 20 : 5;
const PUBLISHERS = 2;
/** Nothing but `PING` passes for so long. */
const HOLD_MS = isSoak ? size({ ci: 0, soak: 600 }) * 1_000 : 0;
/** A socket that is not pinged would not live as long as the hold. */
const IDLE_TIMEOUT_MS = HOLD_MS === 0 ? 600_000 : Math.max(10_000, HOLD_MS / 2);
/** What one connection may take of this process, which is the gateway, the handlers and the publishers. */
const MOST_HEAP_BYTES = 64 * 1024;

it(
  `${SOCKETS} sockets: each gets each event once, and those of one publisher in turn`,
  async () => {
    const table = await createTestTable();
    const stack = await serve(everybody(dynamodb(table)), {
      gateway: {
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        // The table goes with the test; cleaning up for thousands would take longer than the test.
        dropDisconnect: () => true,
      },
      // A post that takes longer is made again, and a busy machine may be as slow.
      publisher: { postTimeoutMs: 60_000 },
    });
    onTestFinished(async () => {
      await stack.stop();
      await table.stop();
    });
    const before = heapBytes();
    const startedAt = performance.now();
    const crowd = startCrowd(stack.gateway.url, HOLD_MS === 0 ? 0 : IDLE_TIMEOUT_MS / 2.5);
    await crowd.next("started");
    const openedMs = performance.now() - startedAt;
    const heapEach = (heapBytes() - before) / SOCKETS;

    const cpu = process.cpuUsage();
    const publishedAt = performance.now();
    await Promise.all(
      Array.from({ length: PUBLISHERS }, (_, index) => publishInTurn(stack, index)),
    );
    const publishMs = performance.now() - publishedAt;
    const { user, system } = process.cpuUsage(cpu);
    crowd.tell({ type: "expect", events: PUBLISHES });
    const { wrong, p50Ms, p99Ms } = await crowd.next("received");
    await sleep(HOLD_MS);
    const deliveries = SOCKETS * PUBLISHES;
    report("load", {
      sockets: SOCKETS,
      publishes: PUBLISHES,
      openSeconds: Number((openedMs / 1_000).toFixed(1)),
      ...{ wrong, p50Ms, p99Ms },
      deliveriesASecond: Math.round(deliveries / (publishMs / 1_000)),
      cpuMicrosecondsADelivery: Math.round((user + system) / deliveries),
      heapBytesAConnection: Math.round(heapEach),
      rssMegabytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
      holdSeconds: HOLD_MS / 1_000,
      closed: crowd.closed(),
    });
    expect(wrong).toBe(0);
    expect(crowd.closed()).toBe(0);
    expect(stack.gateway.connectionIds().length).toBe(SOCKETS);
    expect(stack.errors).toEqual([]);
    // A few hundred connections are lost in what else this process remembers.
    if (SOCKETS >= 2_000) expect(heapEach).toBeLessThan(MOST_HEAP_BYTES);
    crowd.tell({ type: "leave" });
    await crowd.left;
  },
  limitMs(240_000),
);

/** What one publisher publishes, one after the other; all of them together {@link PUBLISHES}. */
async function publishInTurn(
  { publisher }: Awaited<ReturnType<typeof serve<ReturnType<typeof everybody>>>>,
  index: number,
): Promise<void> {
  const own = Math.ceil((PUBLISHES - index) / PUBLISHERS);
  for (let number = 0; number < own; number++) {
    const publishedAt = performance.timeOrigin + performance.now();
    const { publish } = publisher.routes.onMessage;
    const sent = await publish({
      data: `p${index} ${number} ${publishedAt}`,
      deadlineMs: Number.POSITIVE_INFINITY,
    });
    expect(sent).toMatchObject({ matched: SOCKETS, delivered: SOCKETS, failed: 0, complete: true });
  }
}

/** The clients, in a process of their own, so that this one's memory is the server's. */
function startCrowd(url: string, pingMs: number) {
  const script = new URL("crowd.ts", import.meta.url).pathname;
  const numbers = [SOCKETS, STOCK, Math.round(pingMs)].map(String);
  const child = fork(script, [url, ...numbers], { execArgv: ["--import", "tsx"] });
  onTestFinished(() => void child.kill());
  const left = once(child, "exit");
  let closed = 0;
  const reports: CrowdReport[] = [];
  let wake: () => void = () => undefined;
  child.on("message", (one: CrowdReport) => {
    if (one.type === "closed") closed++;
    else reports.push(one);
    wake();
  });
  void left.then(() => wake());
  return {
    left,
    closed: () => closed,
    tell: (order: CrowdOrder): void => void child.send(order),
    async next<T extends CrowdReport["type"]>(type: T): Promise<Extract<CrowdReport, { type: T }>> {
      for (;;) {
        const found = reports.find((one) => one.type === type);
        if (found !== undefined) return found as Extract<CrowdReport, { type: T }>;
        if (child.exitCode !== null) throw new Error(`the crowd ended with ${child.exitCode}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const collectGarbage = collector();

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
