import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { PublishReport } from "trpc-aws-subscriptions";
import type { Gateway } from "trpc-aws-subscriptions/local";
import type { PublishCall, RunPublish } from "../src/publishingNotifier.ts";
import type { KeyPrefix, QueryWatch } from "./queries.ts";
import { readTable, type TableView } from "./tableView.ts";

const MAX_PUBLISHES = 30;

/** A publish with what came of it. */
export interface PublishRecord extends PublishCall {
  readonly id: number;
  readonly at: string;
  readonly durationMs: number;
  /** What the table was asked for: every row that begins with one of these is a subscriber. */
  readonly prefixes: readonly KeyPrefix[];
  readonly report: PublishReport;
}

/** Everything the panel shows. */
export interface Snapshot extends TableView {
  /** Connections with an open socket. */
  readonly socketIds: readonly string[];
  /** Newest first. */
  readonly publishes: readonly PublishRecord[];
}

export interface InspectorOptions {
  readonly tableName: string;
  /** One of its own: the store's is watched. */
  readonly client: DynamoDBClient;
  readonly queries: QueryWatch;
  readonly gateway: () => Gateway;
  readonly onError: (error: Error) => void;
}

/** Looks into the table, the gateway and the publisher while they work. For development: it scans the table. */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #watchers = new Set<() => void>();
  #publishes: readonly PublishRecord[] = [];
  #published = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  /** To be called when something may have changed. */
  changed(): void {
    for (const wake of this.#watchers) wake();
  }

  /** Publishes and keeps what was seen of it. */
  readonly runPublish: RunPublish = async (call, send) => {
    const startedAt = performance.now();
    try {
      const { result: report, prefixes } = await this.#options.queries.during(send);
      this.#published += 1;
      const record: PublishRecord = {
        ...call,
        id: this.#published,
        at: new Date().toISOString(),
        durationMs: performance.now() - startedAt,
        prefixes,
        report,
      };
      this.#publishes = [record, ...this.#publishes].slice(0, MAX_PUBLISHES);
      this.changed();
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  };

  /** The state now and after every change; changes that come faster than it is read are taken together. */
  async *watch(signal: AbortSignal): AsyncGenerator<Snapshot, void, undefined> {
    let wake = (): void => undefined;
    const watcher = (): void => wake();
    this.#watchers.add(watcher);
    signal.addEventListener("abort", watcher);
    try {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        yield await this.#snapshot();
        await changed;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener("abort", watcher);
    }
  }

  async #snapshot(): Promise<Snapshot> {
    const { client, tableName, gateway } = this.#options;
    const view = await readTable(client, tableName);
    return { ...view, socketIds: gateway().connectionIds(), publishes: this.#publishes };
  }
}
