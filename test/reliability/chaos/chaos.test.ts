import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import type { Row } from "../../testTable.ts";
import { report } from "../figures.ts";
import { isSoak, limitMs, seed, size } from "../size.ts";
import { rates } from "./faults.ts";
import type { Violation } from "./historyEntry.ts";
import { Memory } from "./memory.ts";
import { Population } from "./population.ts";
import { OnePublisher, Publishers } from "./publishers.ts";
import { type ChaosWorld, chaosWorld } from "./world.ts";

const SECONDS = size({ ci: 120, soak: 1_800 });
const EVENTS = size({ ci: 1_200, soak: 40_000 });
const DEPLOYS = 8;
/** The longest that a connection may last, and what clocks may differ by. */
const LONGEST_ROW_MS = (2 * 60 + 15) * 60_000 + 60_000;
/** When nothing is under way any more, whoever waits longer than this waits for ever. */
const HUNG_MS = 30_000;
/** With fewer events some kind of fault may not happen at all. */
const ENOUGH_EVENTS = 1_000;

it(
  "chaos: nothing leaks, nothing comes from nowhere, and what is lost is reported",
  async () => {
    const unhandled = countUnhandled();
    const world = await chaosWorld(seed);
    const population = new Population(world, seed + 10);
    const publishers = new Publishers(world, seed + 20);
    const memory = new Memory(SECONDS * 10);
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const deploying = setInterval(() => world.deployments.deploy(), (SECONDS * 1_000) / DEPLOYS);
    await publishers.publish(EVENTS, SECONDS * 1_000);
    clearInterval(deploying);
    const tookMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    const slope = memory.end();
    await population.keepStill();
    world.faults.end();
    await world.gateway.settled();
    const hung = await unansweredLater(world);
    const last = new OnePublisher("last", world, publishers.counts);
    await last.publish("last-0", "everybody");
    await population.leave();
    await closed(world);
    world.ledger.settleAll();

    const { history, deliveries, answers, refusals } = world.ledger;
    const { deployments, faults } = world;
    const { rejections, ...reports } = publishers.counts;
    report("chaos", {
      seconds: Math.round(tookMs / 1_000),
      cpuPercent: Math.round((user + system) / tookMs / 10),
      ...history.counts,
      ...reports,
      ...counted(
        "violations",
        history.violations.map(({ kind }) => kind),
      ),
      p50Ms: deliveries.at(0.5),
      p99Ms: deliveries.at(0.99),
      longestAnswerMs: answers.at(1),
      ...population.counts,
      ...faults.counts,
      deploys: deployments.count,
      mostAtWork: publishers.mostAtWork,
      clientErrors: JSON.stringify(Object.fromEntries(refusals)),
      handlerErrors: JSON.stringify(Object.fromEntries(deployments.errors.counts)),
      rejections: JSON.stringify(Object.fromEntries(rejections)),
      unanswered: hung.length,
      unreachable: deployments.errors.unreachable.size,
      heapMegabytesAMinute: Number(slope.toFixed(2)),
    });
    expect(history.violations).toEqual([]);
    expect(publishers.counts.wrong).toBe(0);
    expect(hung.filter((name) => !deployments.errors.unreachable.has(connectionOf(name)))).toEqual(
      [],
    );
    if (history.counts.publishes >= ENOUGH_EVENTS) {
      for (const kind of Object.keys(rates)) expect(faults.counts).not.toMatchObject({ [kind]: 0 });
    }
    expect(unwanted(await world.table.rows(), world)).toEqual([]);
    expect(unhandled).toEqual([]);
    if (isSoak && SECONDS >= 600) expect(slope).toBeLessThan(1);
  },
  limitMs(300_000),
);

function counted(name: string, kinds: readonly Violation["kind"][]): Record<string, number> {
  const all = ["lost", "duplicate", "phantom", "reordered", "leaked"] as const;
  return Object.fromEntries(
    all.map((kind) => [`${name}.${kind}`, kinds.filter((one) => one === kind).length]),
  );
}

function countUnhandled(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return unhandled;
}

/** Subscriptions that are not answered although there has been all the time for it. */
async function unansweredLater({ ledger: { history } }: ChaosWorld): Promise<readonly string[]> {
  const until = performance.now() + HUNG_MS;
  while (history.unanswered.length > 0 && performance.now() < until) await sleep(100);
  return history.unanswered;
}

/** Every socket is closed, and everything that followed has been handled. */
async function closed({ gateway, connections }: ChaosWorld): Promise<void> {
  while (connections.size > 0) await sleep(10);
  await gateway.settled();
}

function connectionOf(subscription: string): string {
  return subscription.slice(0, subscription.lastIndexOf("/"));
}

/** Rows that nobody will delete in time, or that nobody should need any more. */
function unwanted(rows: readonly Row[], world: ChaosWorld): readonly Row[] {
  const { withoutDisconnect, deployments } = world;
  const lost = [...withoutDisconnect, ...deployments.errors.notCleanedUp];
  return rows.filter(({ pk, sk, expireAt }) => {
    if (pk === "secret#cursor") return false;
    const isBounded = Number.isInteger(expireAt) && expireAt * 1_000 < Date.now() + LONGEST_ROW_MS;
    if (!isBounded) return true;
    return pk.includes("path#") && !lost.some((connection) => sk.includes(connection));
  });
}
