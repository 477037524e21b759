import { expect, it } from "vitest";
import { startApiGateway } from "../local/apiGateway.ts";
import { startAppSync } from "../local/appsync.ts";
import { startIot } from "../local/iot.ts";
import { startIotDirect } from "../local/iotDirect.ts";
import { runScores } from "../local/run.ts";

const LISTENERS = 20;

it.each([
  ["AppSync Events", startAppSync, 1],
  ["AWS IoT Core", startIot, 1],
  ["each client by itself", startIotDirect, LISTENERS],
  ["API Gateway", startApiGateway, LISTENERS],
] as const)(
  "%s brings one score to every listener of its match, once",
  async (name, start, requests) => {
    const stack = await start();
    const lines: string[] = [];
    try {
      const outcome = await runScores(stack, LISTENERS, (line) => lines.push(line));
      expect(outcome).toEqual({ requests, heard: LISTENERS, twice: 0, strangers: 0 });
      expect(lines[0]).toContain(name);
    } finally {
      await stack.stop();
    }
  },
);
