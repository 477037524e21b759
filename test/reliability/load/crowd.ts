import { once } from "node:events";
import { WebSocket } from "ws";
import { clientVersions, stockClient } from "../../e2e/client.ts";
import type { EverybodyRouter } from "./everybody.ts";
import { Latencies } from "./latencies.ts";

/** What the crowd is told. */
export type CrowdOrder =
  /** So many events are for each. */
  { readonly type: "expect"; readonly events: number } | { readonly type: "leave" };

/** What it answers. */
export type CrowdReport =
  | { readonly type: "started" }
  | {
      readonly type: "received";
      /** Events that came again, too early, or after one was missed. */
      readonly wrong: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
    }
  /** A socket was closed, with its code. */
  | { readonly type: "closed"; readonly code: number };

/** Sockets that are being opened at the same time. */
const ARRIVING = 100;

const [url = "", count = "0", stock = "0", pingMs = "0"] = process.argv.slice(2);
const latencies = new Latencies();
let wrong = 0;
let received = 0;
let expected = Number.POSITIVE_INFINITY;
let isLeaving = false;

const tell = (report: CrowdReport): void => void process.send?.(report);

/** Takes the events of one subscription. Each publisher counts from 0. */
function taker(): (event: string) => void {
  const next = new Map<string, number>();
  return (event) => {
    const [publisher = "", number = "", publishedAt = ""] = event.split(" ");
    if (Number(number) !== (next.get(publisher) ?? 0)) wrong++;
    next.set(publisher, Number(number) + 1);
    latencies.add(performance.timeOrigin + performance.now() - Number(publishedAt));
    received++;
    tellIfAll();
  };
}

function tellIfAll(): void {
  if (received < expected) return;
  tell({ type: "received", wrong, p50Ms: latencies.at(0.5), p99Ms: latencies.at(0.99) });
}

async function arrive(): Promise<void> {
  const socket = new WebSocket(url);
  const take = taker();
  const started = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const text = data.toString();
      if (text === "PONG") return;
      const { result } = JSON.parse(text);
      if (result?.type === "data") take(result.data);
      else if (result?.type === "started") resolve();
      else throw new Error(`not subscribed: ${text}`);
    });
  });
  socket.on("close", (code) => {
    if (!isLeaving) tell({ type: "closed", code });
  });
  await once(socket, "open");
  // Each from its own arrival on, so that they do not all come at once.
  if (Number(pingMs) > 0) setInterval(() => socket.send("PING"), Number(pingMs));
  const params = { path: "onMessage" };
  socket.send(JSON.stringify({ id: 1, method: "subscription", params }));
  await started;
}

function arriveAsStock(index: number): Promise<void> {
  const version = clientVersions[index % clientVersions.length];
  const keepAlive = {
    enabled: Number(pingMs) > 0,
    intervalMs: Number(pingMs),
    pongTimeoutMs: 60_000,
  };
  const { client } = stockClient<EverybodyRouter>({ url, keepAlive, ...(version && { version }) });
  const take = taker();
  return new Promise((resolve, reject) => {
    const on = { onStarted: () => resolve(), onData: take, onError: reject };
    client.onMessage.subscribe(undefined, on);
  });
}

process.on("message", (order: CrowdOrder) => {
  if (order.type === "leave") {
    isLeaving = true;
    process.exit();
  }
  expected = order.events * Number(count);
  tellIfAll();
});
const raw = Number(count) - Number(stock);
const queue = Array.from({ length: raw }, () => arrive);
await Promise.all(
  Array.from({ length: ARRIVING }, async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await next();
  }),
);
await Promise.all(Array.from({ length: Number(stock) }, (_, index) => arriveAsStock(index)));
tell({ type: "started" });
