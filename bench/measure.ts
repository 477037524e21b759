import type { LocalDynamoDB } from "../src/local/dynamodb.ts";
import type { Script } from "./bundle.ts";
import { runChild } from "./child.ts";
import type { Endpoint } from "./endpointControl.ts";
import { median } from "./median.ts";
import type { Measured, Task } from "./programs/task.ts";
import { type ProgramName, programOf } from "./programs.ts";
import { type Sample, sampleOf } from "./sample.ts";
import type { Scenario } from "./scenarios.ts";
import type { StaleConnections } from "./staleConnections.ts";
import type { BenchTable } from "./table.ts";

/** Bytes of what is published. */
const DATA_BYTES = 200;
/** Chooses the throttled connections. */
const SEED = 7;

/** What samples are taken with. */
export interface Harness {
  readonly dynamoDB: LocalDynamoDB;
  readonly endpoint: Endpoint;
  scriptOf(script: Script): string;
  /** A table, filled when it is first asked for. */
  table(name: Scenario["table"]): Promise<BenchTable>;
  /** The stale connections of the table `stale`. */
  stale(): Promise<StaleConnections>;
}

/** Credentials and region as Lambda gives them, and nothing from files of whoever runs this. */
export function lambdaEnvironment(dynamoDB: LocalDynamoDB): NodeJS.ProcessEnv {
  return {
    AWS_REGION: dynamoDB.region,
    AWS_ACCESS_KEY_ID: dynamoDB.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynamoDB.credentials.secretAccessKey,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    NODE_OPTIONS: undefined,
  };
}

/** Lets one program publish once, in a process of its own. */
export async function takeSample(
  harness: Harness,
  scenario: Scenario,
  name: ProgramName,
): Promise<Sample> {
  const { dynamoDB, endpoint } = harness;
  const { script, options } = programOf(name);
  const table = await harness.table(scenario.table);
  const stale = scenario.table === "stale" ? await harness.stale() : undefined;
  await stale?.restore();
  const staleIds = scenario.staleShare > 0 ? (stale?.connectionIds ?? []) : [];
  const { latencyMs, throttledShare, repeat } = scenario;
  await endpoint.reset({ latencyMs, staleIds, throttledShare, seed: SEED });
  const audience = table.audience(scenario.audience);
  const { userId, name: audienceName } = audience;
  const task: Task = {
    dynamoDBEndpoint: dynamoDB.endpoint,
    tableName: table.tableName,
    endpoint: endpoint.url,
    userId,
    name: audienceName,
    data: "x".repeat(DATA_BYTES),
    repeat,
    ...options,
  };
  const measured = await runChild<Measured>(harness.scriptOf(script), {
    argument: JSON.stringify(task),
    environment: lambdaEnvironment(dynamoDB),
  });
  const publishes = 1 + repeat;
  const sample = sampleOf(measured, await endpoint.read(), { audience, staleIds, publishes });
  if (staleIds.length === 0 || stale === undefined) return sample;
  const { routeRows, openConnections } = await stale.leftovers();
  return { ...sample, staleRowsLeft: routeRows + openConnections };
}

/** The samples of a run by scenario and program, and their medians. */
export class Samples {
  readonly #samples = new Map<string, Sample[]>();

  add(scenario: string, program: ProgramName, sample: Sample): void {
    const key = `${scenario}/${program}`;
    const list = this.#samples.get(key);
    if (list === undefined) this.#samples.set(key, [sample]);
    else list.push(sample);
  }

  /** Field by field the median of a program's samples; `undefined` for one that did not run. */
  median(scenario: string, program: ProgramName): Sample | undefined {
    const samples = this.#samples.get(`${scenario}/${program}`);
    const [first] = samples ?? [];
    if (samples === undefined || first === undefined) return undefined;
    const fields = Object.keys(first) as (keyof Sample)[];
    const entries = fields.map((field) => [field, median(samples.map((one) => one[field]))]);
    return Object.fromEntries(entries) as Sample;
  }
}

/** The programs of a scenario in the order of one round: each takes its turn at being first. */
export function rotated(programs: readonly ProgramName[], round: number): readonly ProgramName[] {
  const at = round % programs.length;
  return [...programs.slice(at), ...programs.slice(0, at)];
}
