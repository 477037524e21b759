/**
 * Runs the ping example without AWS: an embedded DynamoDB, a gateway that behaves like API Gateway, a queue that behaves
 * like SQS, the table's stream as Lambda reads it, the three handlers, the queue's worker and the stream's handler.
 *
 * npm run start:ping   the demo, then serves until Ctrl-C
 * npm start -- --once  the demo alone; also when there is no terminal
 */
import process from "node:process";
import { table } from "trpc-aws-subscriptions";
import { startDynamoDB, startGateway, startQueue, startStream } from "trpc-aws-subscriptions/local";

const TABLE_NAME = "ping";
const once = process.argv.includes("--once") || !process.stdin.isTTY;
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const dynamoDB = await startDynamoDB();
await dynamoDB.createTable({ tableName: TABLE_NAME, table, stream: true });

// What Lambda and the deployment would set. The handlers read it when they are loaded, so they are imported after it.
const environment = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_ENDPOINT_URL_DYNAMODB: dynamoDB.endpoint,
  TABLE_NAME,
};
Object.assign(process.env, environment);
const { connect, disconnect, handler } = await import("./src/handlers.ts");

const gateway = await startGateway({ handlers: { connect, disconnect, default: handler } });
const queue = await startQueue({
  handler: async (event, context) => {
    const { worker } = await import("./src/fanOut.ts");
    return worker(event, context);
  },
});
const stream = await startStream({
  dynamoDB,
  tableName: TABLE_NAME,
  handler: async (event, context) => {
    const outbox = await import("./src/outbox.ts");
    return outbox.stream(event, context);
  },
});
const deployed = {
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: gateway.endpoint,
  WEBSOCKET_ENDPOINT: gateway.endpoint,
  QUEUE_URL: queue.url,
  FAN_OUT_THRESHOLD: "50",
};
Object.assign(process.env, deployed);

async function stop(exitCode: number): Promise<void> {
  await stream.stop();
  await queue.stop();
  await gateway.stop();
  await dynamoDB.stop();
  process.exitCode = exitCode;
}

print(`table       ${TABLE_NAME} on ${dynamoDB.endpoint}`);
print(`gateway     ${gateway.url}`);
print(`queue       ${queue.url}`);
const { runDemo } = await import("./demo.ts");
const { runCrowd } = await import("./crowd.ts");
const { runNews } = await import("./news.ts");
const isRight =
  (await runDemo(gateway.url, print)) &&
  (await runCrowd(gateway.url, queue, print)) &&
  (await runNews(gateway.url, stream, print));

if (once) {
  await stop(isRight ? 0 : 1);
} else {
  const variables = Object.entries({ ...environment, ...deployed })
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
  print(`
Serving ${gateway.url} until Ctrl-C. Try it by hand:

  npx wscat -c "${gateway.url}?token=alice-token"
  > {"id":1,"method":"subscription","params":{"path":"onPing","input":{"room":"red"}}}

and publish from a second terminal (user or *, room or *, text):

  ${variables} npm run ping -- alice red "hello"
`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop(isRight ? 0 : 1).catch((error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      });
    });
  }
}
