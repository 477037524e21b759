import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { expect, it, vi } from "vitest";
import { powertools } from "../powertools.ts";
import { runChain } from "./chain.ts";

type Line = Readonly<Record<string, unknown>>;

/** Lines of JSON that a chain leads to on the output of its process. */
async function linesOf(): Promise<readonly Line[]> {
  const texts: string[] = [];
  const note = (text: unknown): boolean => {
    texts.push(String(text));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(note),
  );
  try {
    const logger = new Logger({ serviceName: "board", logLevel: "DEBUG" });
    const metrics = new Metrics({ namespace: "Subscriptions", serviceName: "board" });
    await runChain(powertools({ logger, metrics }));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const lines = texts.join("").split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

/** Names of dimensions and metrics of an EMF line, and their values. */
interface Emf extends Line {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

const isEmf = (line: Line): line is Emf => "_aws" in line;

it("writes EMF that CloudWatch can read: names, units and dimensions stand beside their values", async () => {
  const emf = (await linesOf()).filter(isEmf);
  const readable = emf.map((line) => {
    const [directive] = line._aws.CloudWatchMetrics;
    const dimensions = (directive?.Dimensions ?? []).flat().map((name) => [name, line[name]]);
    const metrics = directive?.Metrics.map(({ Name, Unit }) => [Name, Unit, line[Name]]);
    expect(directive?.Namespace).toBe("Subscriptions");
    return [Object.fromEntries(dimensions), metrics];
  });
  const service = "board";
  const ms = (name: string) => [name, "Milliseconds", expect.any(Number)];
  const published = (matched: number) => [
    { service, path: "onNote" },
    [
      ["Published", "Count", 1],
      ["Matched", "Count", matched],
      ["Delivered", "Count", matched],
      ["Gone", "Count", 0],
      ["Failed", "Count", 0],
      ["Incomplete", "Count", 0],
      ms("PublishDuration"),
    ],
  ];
  expect(readable).toEqual([
    [{ service }, [["Connected", "Count", 1], ms("ConnectDuration")]],
    [
      { service, path: "onNote" },
      [["Subscribed", "Count", 1], ["RowsWritten", "Count", 3], ms("SubscribeDuration")],
    ],
    [{ service, path: "unknown", code: "NOT_FOUND" }, [["Calls", "Count", 1], ms("CallDuration")]],
    [{ service, step: "handler", code: "NOT_FOUND" }, [["Errors", "Count", 1]]],
    published(1),
    published(0),
    [{ service, call: "publish", code: "INVALID_FILTER" }, [["Rejected", "Count", 1]]],
    [{ service }, [["Disconnected", "Count", 1]]],
  ]);
});

it("writes a log line for each event, at the level of who has to look at it", async () => {
  const lines = (await linesOf()).filter((line) => !isEmf(line));
  const told = lines.map(({ level, message }) => `${level} ${message}`);
  expect(told).toEqual([
    ...["DEBUG connected", "DEBUG subscribed", "DEBUG called", "DEBUG failed"],
    ...["DEBUG published", "DEBUG published", "ERROR rejected", "DEBUG disconnected"],
  ]);
  expect(lines[1]).toMatchObject({ path: "onNote", filters: ["byRoom"], rows: 3 });
  expect(lines[6]).toMatchObject({ call: "publish", error: { name: "InvalidFilterError" } });
  expect(JSON.stringify(lines)).not.toContain("canary");
});
