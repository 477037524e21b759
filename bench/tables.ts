import type { LocalDynamoDB } from "../src/local/dynamodb.ts";
import type { Harness } from "./measure.ts";
import {
  CROWD_AUDIENCES,
  CROWD_ROWS,
  FAULT_AUDIENCE,
  GROWTH_AUDIENCES,
  type Scenario,
  STALE_SHARE,
} from "./scenarios.ts";
import { type StaleConnections, staleConnections } from "./staleConnections.ts";
import { type BenchTable, fillTable, type TableContents } from "./table.ts";

const CONTENTS: Readonly<Record<Scenario["table"], TableContents>> = {
  crowd: { tableName: "crowd", audiences: CROWD_AUDIENCES, rows: CROWD_ROWS },
  stale: { tableName: "stale", audiences: [FAULT_AUDIENCE], rows: CROWD_ROWS },
  growth: { tableName: "growth", audiences: GROWTH_AUDIENCES, rows: 0 },
};

/** The tables of a run, each filled when it is first asked for. */
export function lazyTables(
  dynamoDB: LocalDynamoDB,
  progress: (line: string) => void,
): Pick<Harness, "table" | "stale"> & { close(): Promise<void> } {
  const tables = new Map<string, Promise<BenchTable>>();
  let stale: Promise<StaleConnections> | undefined;
  const table = (name: Scenario["table"]): Promise<BenchTable> => {
    const known = tables.get(name);
    if (known !== undefined) return known;
    progress(`filling the table ${name}`);
    const filling = fillTable(dynamoDB, CONTENTS[name]);
    tables.set(name, filling);
    return filling;
  };
  return {
    table,
    stale: () => {
      stale ??= table("stale").then((filled) =>
        staleConnections(dynamoDB, filled, { audience: FAULT_AUDIENCE, share: STALE_SHARE }),
      );
      return stale;
    },
    close: async () => {
      for (const filled of await Promise.all(tables.values())) filled.client.destroy();
    },
  };
}
