/** Measures one cold start: imports the bundle named on the command line, then lets its `$connect` handle an event. */
import { randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
import type { WebSocketConnectEvent } from "../../src/index.ts";
import { connectEvent } from "../../src/testing/events.ts";
import { monotonicMs } from "../clock.ts";

interface Handlers {
  connect(event: WebSocketConnectEvent): Promise<{ readonly statusCode: number }>;
}

const event = connectEvent({ connectionId: `${randomBytes(11).toString("base64url")}=` });
const startMs = monotonicMs();
const { connect }: Handlers = await import(pathToFileURL(process.argv[2] ?? "").href);
const importedMs = monotonicMs();
const { statusCode } = await connect(event);
const connectedMs = monotonicMs();
if (statusCode !== 200) throw new Error(`$connect answers ${statusCode}`);
const line = JSON.stringify({
  importMs: importedMs - startMs,
  connectMs: connectedMs - importedMs,
});
process.stdout.write(`${line}\n`, () => process.exit());
