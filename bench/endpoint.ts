/**
 * A process that stands for the `@connections` API: answers posts after a latency and counts them. Writes its port as
 * one line, takes `/control/…` requests from the harness, and ends when its standard input does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { monotonicMs } from "./clock.ts";
import { CONNECTIONS_PATH, type Counts, type Faults } from "./endpointControl.ts";

const NO_FAULTS: Faults = { latencyMs: 0, staleIds: [], throttledShare: 0, seed: 0 };

let faults = NO_FAULTS;
let staleIds = new Set<string>();
let postsById = new Map<string, number>();
let acceptedById = new Map<string, number>();
let firstMs = 0;
let lastMs = 0;
let underWay = 0;
let maxUnderWay = 0;
let cpuBefore = process.cpuUsage();

function reset(next: Faults): void {
  faults = next;
  staleIds = new Set(next.staleIds);
  postsById = new Map();
  acceptedById = new Map();
  firstMs = 0;
  lastMs = 0;
  maxUnderWay = underWay;
  cpuBefore = process.cpuUsage();
}

function counts(): Counts {
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    postsById: Object.fromEntries(postsById),
    acceptedById: Object.fromEntries(acceptedById),
    firstMs,
    lastMs,
    maxUnderWay,
    cpuMs: (user + system) / 1000,
  };
}

/** FNV-1a, to choose connections by their id: the same ones in every run with a seed, whatever the order of posts. */
function isChosen(connectionId: string, share: number): boolean {
  let hash = 0x811c9dc5 ^ faults.seed;
  for (let at = 0; at < connectionId.length; at++) {
    hash = Math.imul(hash ^ connectionId.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32 < share;
}

/** Notes one post and chooses its answer. */
function take(connectionId: string): 200 | 410 | 429 {
  const nth = (postsById.get(connectionId) ?? 0) + 1;
  postsById.set(connectionId, nth);
  if (staleIds.has(connectionId)) return 410;
  if (nth === 1 && isChosen(connectionId, faults.throttledShare)) return 429;
  acceptedById.set(connectionId, (acceptedById.get(connectionId) ?? 0) + 1);
  lastMs = monotonicMs();
  if (firstMs === 0) firstMs = lastMs;
  return 200;
}

function answer(response: ServerResponse, status: 200 | 410 | 429): void {
  underWay--;
  if (status === 200) {
    response.writeHead(200, { "content-length": 0 }).end();
    return;
  }
  const errortype = status === 410 ? "GoneException" : "LimitExceededException";
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": 2,
      "x-amzn-errortype": errortype,
    })
    .end("{}");
}

function onPost(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? "";
  request.resume();
  underWay++;
  if (underWay > maxUnderWay) maxUnderWay = underWay;
  const status = take(decodeURIComponent(url.slice(CONNECTIONS_PATH.length)));
  if (faults.latencyMs === 0) answer(response, status);
  else setTimeout(answer, faults.latencyMs, response, status);
}

async function onControl(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.method === "POST") reset(JSON.parse(Buffer.concat(chunks).toString()));
  response.end(JSON.stringify(request.method === "POST" ? {} : counts()));
}

const server = createServer({ noDelay: true }, (request, response) => {
  if (request.url?.startsWith(CONNECTIONS_PATH) === true) {
    onPost(request, response);
    return;
  }
  onControl(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
});
// A socket that is closed between two posts would be the endpoint's doing, and counted as the program's.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${port}\n`);
});
process.stdin.resume().on("end", () => process.exit());
