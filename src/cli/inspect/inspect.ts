import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { InvalidFilterError, TableError } from "../../errors.ts";
import { storedFilters } from "../../inspect/address.ts";
import { describeTable, type TableDescription } from "../../inspect/describeTable.ts";
import { explainPublish } from "../../inspect/explain.ts";
import { inspectTable } from "../../inspect/inspectTable.ts";
import type { InspectedPublish, PublishExplanation, TableInspection } from "../../inspect/types.ts";
import type { ApiReference } from "../../store/types.ts";
import { CommandFailure } from "../failure.ts";
import type { SubscriptionReference } from "../options.ts";
import type { CommandOutput } from "../output.ts";
import { countText, jsonText, printable } from "../text.ts";
import { timeToLiveProblem } from "../timeToLive.ts";
import { explanationLines, isLive, listingLines, referenceText } from "./listing.ts";
import { Progress } from "./progress.ts";

/** Flags of `inspect`. */
export interface InspectFlags {
  readonly table: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly namespace?: string;
  readonly path?: string;
  readonly filter?: unknown;
  readonly subscription?: SubscriptionReference;
  readonly api?: ApiReference;
  readonly shards?: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

/**
 * Lists who listens to what, or explains a publish.
 *
 * @returns the exit code: 1 when the table has a fault that was reported
 */
export async function inspect(flags: InspectFlags, output: CommandOutput): Promise<number> {
  if (flags.path === undefined && ("filter" in flags || flags.shards !== undefined || flags.api)) {
    throw new CommandFailure("--filter, --api and --shards describe a publish: add --path <path>.");
  }
  const client = clientFor(flags);
  try {
    const description = await describe(client, flags);
    const inspection = await read(client, flags, { description, output });
    const write = (line: string): unknown => output.stdout.write(`${line}\n`);
    if (flags.path === undefined) {
      list(inspection, { flags, write, description });
    } else {
      explain(inspection, { ...flags, path: flags.path }, write);
    }
    const problem = timeToLiveProblem(flags.table, description.timeToLive);
    if (problem === undefined) return 0;
    output.stderr.write(`error: ${problem}\n`);
    return 1;
  } finally {
    client.destroy();
  }
}

/** An emulator takes any credentials and region; where none are set it should not need them. */
function clientFor({ endpoint, region }: InspectFlags): DynamoDBClient {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const hasCredentials = AWS_ACCESS_KEY_ID !== undefined || AWS_PROFILE !== undefined;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const regionSet = region ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  return new DynamoDBClient({
    ...(regionSet !== undefined && { region: regionSet }),
    ...(endpoint !== undefined && {
      endpoint,
      ...(regionSet === undefined && { region: "local" }),
      ...(!hasCredentials && { credentials }),
    }),
  });
}

async function describe(client: DynamoDBClient, flags: InspectFlags): Promise<TableDescription> {
  const at = flags.endpoint ?? process.env["AWS_ENDPOINT_URL_DYNAMODB"];
  try {
    const description = await describeTable(client, flags.table);
    if (description.hasOurKeys === false) {
      throw new CommandFailure(
        `table "${printable(flags.table)}" has other keys than pk and sk: it is none of this package. Correct --table.`,
      );
    }
    return description;
  } catch (error) {
    if (error instanceof TableError) {
      const place = at ?? `region ${await client.config.region()}`;
      throw new CommandFailure(
        `table "${printable(flags.table)}" does not exist at ${place}. Correct --table, --region or --endpoint.`,
        { cause: error },
      );
    }
    if (isUnreachable(error)) {
      throw new CommandFailure(
        `no DynamoDB answers at ${at ?? "the region's endpoint"}. Start it, or correct --endpoint.`,
        { cause: error },
      );
    }
    throw error;
  }
}

function isUnreachable(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"].includes(String(code));
}

async function read(
  client: DynamoDBClient,
  { table, namespace, subscription }: InspectFlags,
  {
    description,
    output,
  }: { readonly description: TableDescription; readonly output: CommandOutput },
): Promise<TableInspection> {
  const progress = new Progress(output.stderr, description.itemCount);
  try {
    return await inspectTable({
      tableName: table,
      dynamoDBClient: client,
      ...(namespace !== undefined && { namespace }),
      ...(subscription !== undefined && { connectionId: subscription.connectionId }),
      onProgress: ({ rowsRead }) => progress.update(rowsRead),
    });
  } finally {
    progress.end();
  }
}

function list(
  inspection: TableInspection,
  {
    flags,
    write,
    description,
  }: {
    readonly flags: InspectFlags;
    readonly write: (line: string) => unknown;
    readonly description: TableDescription;
  },
): void {
  const { subscription } = flags;
  if (subscription !== undefined) requireSubscription(inspection, subscription);
  const shown: TableInspection =
    flags.all === true
      ? inspection
      : {
          ...inspection,
          connections: inspection.connections.filter((one) => isLive(inspection, one)),
          subscriptions: inspection.subscriptions.filter((one) => isLive(inspection, one)),
        };
  if (flags.json === true) {
    write(jsonText({ ...shown, timeToLive: description.timeToLive }));
    return;
  }
  for (const line of listingLines(shown)) write(line);
}

function explain(
  inspection: TableInspection,
  flags: InspectFlags & { readonly path: string },
  write: (line: string) => unknown,
): void {
  const { path, subscription, filter, api, shards } = flags;
  if (subscription !== undefined) requireSubscription(inspection, subscription);
  const publish: InspectedPublish = {
    path,
    ...("filter" in flags && { filter }),
    ...(api !== undefined && { api }),
    ...(shards !== undefined && { shards }),
  };
  const explanations = explained(inspection, publish).filter(
    ({ subscription: one }) =>
      subscription === undefined ||
      (one.connectionId === subscription.connectionId && one.id === subscription.id),
  );
  if (flags.json === true) {
    write(jsonText({ publish, readAt: inspection.readAt, explanations }));
    return;
  }
  for (const line of explanationLines(explanations, inspection.readAt)) write(line);
  const matching = explanations.filter(({ matches }) => matches).length;
  write(`${matching} of ${countText(explanations.length, "subscription")} match`);
}

function explained(
  inspection: TableInspection,
  publish: InspectedPublish,
): readonly PublishExplanation[] {
  try {
    return explainPublish(inspection, publish);
  } catch (error) {
    if (!(error instanceof InvalidFilterError)) throw error;
    const stored = storedFilters(inspection, publish.path).map(
      ({ name, ctx, input }) =>
        `${name}(${[...ctx.map((field) => `ctx.${field}`), ...input.map((field) => `input.${field}`)].join(", ")})`,
    );
    throw new CommandFailure(
      `${error.message} Filters with rows in the table: ${printable(stored.join(", ")) || "none"}.`,
      { cause: error },
    );
  }
}

function requireSubscription(inspection: TableInspection, wanted: SubscriptionReference): void {
  const { connectionId } = wanted;
  const own = inspection.subscriptions.filter((one) => one.connectionId === connectionId);
  if (own.some(({ id }) => id === wanted.id)) return;
  const isKnown = inspection.connections.some((one) => one.connectionId === connectionId);
  const have = own.map(referenceText).join(", ");
  throw new CommandFailure(
    isKnown
      ? `connection ${printable(connectionId)} has no subscription ${printable(String(wanted.id))}: it was refused, never asked for, or stopped long ago. It has: ${have || "none"}.`
      : `the table has no connection ${printable(connectionId)}: it never connected here, or is long gone. Leave --subscription out to list those there are${inspection.namespace === undefined ? ", or give its --namespace" : ""}.`,
  );
}
