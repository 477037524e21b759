import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Attributes } from "./expression.ts";
import type { Steps } from "./steps.ts";
import type { Query, SimulatedTable, Write } from "./table.ts";

interface Command {
  readonly input: Attributes;
  readonly constructor: { readonly name: string };
}

/** How a process's calls reach the table. */
export interface ClientOptions {
  readonly table: SimulatedTable;
  readonly steps: Steps;
  /** The items of a transaction become visible one by one, and lock out other writers until then. */
  readonly split?: boolean;
  /** Happens to a call instead of it when it throws or never ends. */
  readonly before?: (command: string) => Promise<void> | undefined;
}

/** A document client on the simulated table: every call has a moment of arrival and one of its answer. */
export function simulatedClient(options: ClientOptions): DynamoDBDocumentClient {
  const { steps, before } = options;
  const client = {
    async send(command: Command): Promise<unknown> {
      const name = command.constructor.name.replace(/Command$/, "");
      await before?.(name);
      await steps.take(`${name} arrives`);
      try {
        return { ...(await answer(name, command.input, options)), $metadata: { attempts: 1 } };
      } finally {
        await steps.take(`${name} is answered`);
      }
    },
  };
  return client as unknown as DynamoDBDocumentClient;
}

async function answer(name: string, input: Attributes, options: ClientOptions): Promise<object> {
  const { table } = options;
  switch (name) {
    case "Get": {
      const Item = table.get(record(input["Key"]));
      return Item === undefined ? {} : { Item };
    }
    case "Put":
    case "Update": {
      const Attributes = table.write(input as Write);
      return input["ReturnValues"] === "ALL_OLD" && Attributes !== undefined ? { Attributes } : {};
    }
    case "Query":
      return table.query(input as Query);
    case "BatchGet":
      return batchGet(input, table);
    case "BatchWrite":
      return batchWrite(input, table);
    case "TransactWrite":
      return transact(input, options);
    default:
      throw new Error(`the simulated table knows no ${name}`);
  }
}

function batchGet(input: Attributes, table: SimulatedTable): object {
  const [[name, request] = ["", {}]] = Object.entries(record(input["RequestItems"]));
  const keys = list(record(request)["Keys"]);
  return { Responses: { [name]: keys.flatMap((key) => table.get(key) ?? []) } };
}

function batchWrite(input: Attributes, table: SimulatedTable): object {
  const [[name, requests] = ["", []]] = Object.entries(record(input["RequestItems"]));
  const left = list(requests).filter((request) => {
    return !table.delete(record(record(request["DeleteRequest"])["Key"]));
  });
  return left.length === 0 ? {} : { UnprocessedItems: { [name]: left } };
}

async function transact(
  input: Attributes,
  { table, steps, split }: ClientOptions,
): Promise<object> {
  const writes = list(input["TransactItems"]).map((item) => {
    return (item["Put"] ?? item["Update"]) as Write;
  });
  const items = table.transact(writes);
  if (split !== true || !steps.isFollowed) {
    for (const show of items) show();
    return {};
  }
  await Promise.all(
    items.map(async (show) => {
      await steps.take("an item of the transaction becomes visible");
      show();
    }),
  );
  return {};
}

function record(value: unknown): Attributes {
  return value as Attributes;
}

function list(value: unknown): readonly Attributes[] {
  return value as readonly Attributes[];
}
