import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { TaskSet } from "../../gateway/taskSet.ts";
import { close, listen } from "../../local/listen.ts";
import { refusedCall, type TableObservation, tableObservations } from "./tableCalls.ts";

/** A DynamoDB endpoint that hands every call on, and tells of what it was. */
export interface TableProxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts a proxy in front of a DynamoDB. What calls mean is told once they were answered. */
export async function startTableProxy(
  target: string,
  onCall: (observation: TableObservation) => void,
): Promise<TableProxy> {
  const agent = new Agent({ keepAlive: true });
  const calls = new TaskSet();
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    calls.run(() => handOn(incoming, outgoing, { target, agent, onCall }));
  });
  const origin = await listen(server, { host: "127.0.0.1", port: 0 });
  return {
    endpoint: `http://${origin}`,
    async stop() {
      await close(server);
      await calls.settled();
      agent.destroy();
    },
  };
}

async function handOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  {
    target,
    agent,
    onCall,
  }: {
    readonly target: string;
    readonly agent: Agent;
    readonly onCall: (observation: TableObservation) => void;
  },
): Promise<void> {
  try {
    const body = await bytesOf(incoming);
    const { method = "POST", url = "/", headers } = incoming;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outbound = request(new URL(url, target), { method, headers, agent }, resolve);
      outbound.once("error", reject);
      outbound.end(body);
    });
    const result = await bytesOf(answer);
    const statusCode = answer.statusCode ?? 502;
    const operation = String(headers["x-amz-target"] ?? "").replace(/^.*\./, "");
    const observations =
      statusCode === 200 ? tableObservations(operation, body, result) : refusedCall(body, result);
    for (const observation of observations) onCall(observation);
    outgoing.writeHead(statusCode, answer.headers);
    outgoing.end(result);
  } catch {
    // The caller's SDK tells what a cut connection is, and tries again.
    outgoing.destroy();
  }
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
