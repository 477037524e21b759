import type { LocalDynamoDB } from "../src/local/dynamodb.ts";
import { table } from "../src/store/dynamodb/table.ts";
import type { Script } from "./bundle.ts";
import { runChild } from "./child.ts";
import {
  type App,
  type Bundle,
  bundleApp,
  type OwnShare,
  ownShare,
  PACKINGS,
  type Packing,
} from "./coldStart/bundleSize.ts";
import { lambdaEnvironment } from "./measure.ts";
import { median } from "./median.ts";

const TABLE_NAME = "cold-start";

/** A bundle and the cold starts that were measured with it. */
export interface ColdStart extends Bundle {
  readonly app: App;
  readonly packing: Packing;
  /** Medians, in milliseconds. */
  readonly importMs: number;
  readonly connectMs: number;
  readonly totalMs: number;
}

/** What one fresh process says. */
interface FirstConnect {
  readonly importMs: number;
  readonly connectMs: number;
}

/** Cold starts of every app, as one file and split, and the size of our own code. */
export interface ColdStarts {
  readonly starts: readonly ColdStart[];
  readonly own: OwnShare;
}

/** Bundles the handlers and starts each bundle in fresh processes, one after another in turn. */
export async function measureColdStarts(
  dynamoDB: LocalDynamoDB,
  scriptOf: (script: Script) => string,
  rounds: number,
): Promise<ColdStarts> {
  await dynamoDB.createTable({ tableName: TABLE_NAME, table });
  const environment = {
    ...lambdaEnvironment(dynamoDB),
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDB.endpoint,
    TABLE_NAME,
  };
  const variants = (["bare", "ours", "oursWithZod"] as const).flatMap((app) =>
    PACKINGS.map((packing) => ({ app, packing })),
  );
  const bundles = await Promise.all(
    variants.map(async (variant) => ({
      ...variant,
      bundle: await bundleApp(variant.app, variant.packing),
      samples: [] as FirstConnect[],
    })),
  );
  for (let round = 0; round < rounds; round++) {
    const first = round % bundles.length;
    for (const { bundle, samples } of [...bundles.slice(first), ...bundles.slice(0, first)]) {
      const script = scriptOf("coldStart/firstConnect");
      samples.push(await runChild<FirstConnect>(script, { argument: bundle.path, environment }));
    }
  }
  const starts = bundles.map(({ app, packing, bundle, samples }) => ({
    ...bundle,
    app,
    packing,
    importMs: median(samples.map(({ importMs }) => importMs)),
    connectMs: median(samples.map(({ connectMs }) => connectMs)),
    totalMs: median(samples.map(({ importMs, connectMs }) => importMs + connectMs)),
  }));
  return { starts, own: await ownShare() };
}
