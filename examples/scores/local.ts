/**
 * One score for a thousand listeners, on an engine of your choice, without AWS.
 *
 * npm start -- --engine appsync                    on AppSync Events
 * npm start -- --engine iot --listeners 2000       on AWS IoT Core
 * npm start -- --engine iot-direct                 on AWS IoT Core, each client by itself
 * npm start -- --engine api-gateway                on API Gateway, for comparison
 */
import process from "node:process";
import { runScores } from "./local/run.ts";
import type { Stack } from "./local/stack.ts";

/** The engines by the names that the command has for them. */
const ENGINES: Readonly<Record<string, () => Promise<Stack>>> = {
  appsync: async () => (await import("./local/appsync.ts")).startAppSync(),
  iot: async () => (await import("./local/iot.ts")).startIot(),
  "iot-direct": async () => (await import("./local/iotDirect.ts")).startIotDirect(),
  "api-gateway": async () => (await import("./local/apiGateway.ts")).startApiGateway(),
};

/** Runs the demo; resolves to whether everybody got the score, once, and nobody else. */
export async function runScoresDemo(engine: string, listeners: number): Promise<boolean> {
  const start = ENGINES[engine];
  if (start === undefined) throw new Error(`There is no engine ${engine}.`);
  const stack = await start();
  try {
    const print = (line: string): boolean => process.stdout.write(`${line}\n`);
    const { heard, twice, strangers } = await runScores(stack, listeners, print);
    return heard === listeners && twice === 0 && strangers === 0;
  } finally {
    await stack.stop();
  }
}
