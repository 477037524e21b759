import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build, type Format } from "esbuild";
import { startDynamoDB } from "../../src/local/dynamodb.ts";
import { table } from "../../src/store/dynamodb/table.ts";
import { NAME, type Project } from "./project.ts";

/** The three handlers, and a publish. */
const HANDLERS = `
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions } from "${NAME}";

const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({ onEvent: t.procedure.subscription(subscriptions.resolver()) });
const store = dynamodb({ tableName: process.env.TABLE_NAME, dynamoDBClient: new DynamoDBClient({}) });
const app = subscriptions.router({ router }).store({ store });
export const connect = app.connect();
export const disconnect = app.disconnect();
export const handler = app.handler();
export const publish = (data, endpoint) => app.publisher({ endpoint }).routes.onEvent.publish({ data });
`;

/** A client's life with a bundle's handlers behind the local gateway, over a real socket and the real SDK. */
const life = (bundle: string): string => `
import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";
import { startGateway } from "${NAME}/local";

const { connect, disconnect, handler, publish } = await import("./${bundle}");
const gateway = await startGateway({ handlers: { connect, disconnect, default: handler } });
process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI = gateway.endpoint;
const socket = new WebSocket(gateway.url);
await once(socket, "open");
async function answer(frame) {
  const message = once(socket, "message");
  socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  const [data] = await message;
  return String(data);
}
assert.equal(await answer("PING"), "PONG");
const started = await answer({ id: 1, method: "subscription", params: { path: "onEvent" } });
assert.equal(JSON.parse(started).result?.type, "started", started);
const event = once(socket, "message");
const report = await publish("hello", gateway.endpoint);
assert.deepEqual([report.matched, report.delivered], [1, 1]);
assert.equal(JSON.parse(String((await event)[0])).result.data, "hello");
const stopped = await answer({ id: 1, method: "subscription.stop" });
assert.equal(JSON.parse(stopped).result?.type, "stopped", stopped);
socket.close();
await gateway.stop();
`;

/** A way to bundle for Lambda: the SDK comes with the runtime, or is in the bundle. */
interface Packing {
  readonly format: Format;
  readonly external: readonly string[];
}

const PACKINGS: readonly Packing[] = [
  { format: "esm", external: ["@aws-sdk/*"] },
  { format: "esm", external: [] },
  { format: "cjs", external: ["@aws-sdk/*"] },
  { format: "cjs", external: [] },
];

/** Bundles the three handlers in each way, and has each bundle serve a client. Returns how many. */
export async function bundleForLambda(project: Project): Promise<number> {
  writeFileSync(join(project.folder, "lambda.mjs"), HANDLERS);
  const bundles = await Promise.all(PACKINGS.map((packing) => bundle(project.folder, packing)));
  const dynamoDB = await startDynamoDB();
  try {
    // All of them come to their end before the table does.
    const lives = await Promise.allSettled(
      bundles.map(async (file, index) => {
        const tableName = `bundle${index}`;
        await dynamoDB.createTable({ tableName, table });
        await project.run(`life${index}.mjs`, life(file), {
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "local",
          AWS_SECRET_ACCESS_KEY: "local",
          AWS_ENDPOINT_URL_DYNAMODB: dynamoDB.endpoint,
          TABLE_NAME: tableName,
        });
      }),
    );
    for (const [index, end] of lives.entries()) {
      if (end.status === "rejected") {
        throw new Error(`${bundles[index]} does not serve a client`, { cause: end.reason });
      }
    }
  } finally {
    await dynamoDB.stop();
  }
  return bundles.length;
}

async function bundle(folder: string, { format, external }: Packing): Promise<string> {
  const kind = external.length === 0 ? "bundled" : "external";
  const file = `sdk-${kind}.${format === "esm" ? "mjs" : "cjs"}`;
  const { metafile, warnings } = await build({
    absWorkingDir: folder,
    entryPoints: ["lambda.mjs"],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    external: [...external],
    // Without it esbuild takes the CommonJS of packages that have no exports, which needs a `require` in ES modules.
    mainFields: ["module", "main"],
    metafile: true,
    logLevel: "silent",
  });
  assert.deepEqual(warnings, [], file);
  const ours = Object.keys(metafile.inputs).filter((path) => path.includes(`/${NAME}/`));
  assert.ok(
    ours.length > 0 && ours.every((path) => path.endsWith(".mjs")),
    `${file} mixes formats`,
  );
  const missing = Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path }) => !isBuiltin(path) && !(kind === "external" && /^@aws-sdk\//.test(path)));
  assert.deepEqual(missing, [], `${file} needs what Lambda does not have`);
  return file;
}
