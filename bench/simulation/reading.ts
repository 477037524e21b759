import type { Environment } from "./lambda.ts";
import type { Process } from "./timeline.ts";
import type { World } from "./world.ts";

const READ_UNIT_BYTES = 4_096;

/** Rows of one shard, one behind the other. */
export interface Page {
  readonly shard: number;
  readonly rows: number;
  /** Nothing is behind it. */
  readonly isLast: boolean;
}

/** Reads the signing key, once for each environment. */
export function* readKey({ counts, model }: World, environment: Environment): Process {
  if (environment.knowsKey) return;
  counts.readUnits++;
  yield model.callMs;
  environment.knowsKey = true;
}

/** Reads one shard, a page at a time. */
export class ShardReader {
  /** What it waited for its partition. */
  throttledMs = 0;
  readonly #world: World;
  readonly #environment: Environment;
  readonly #shard: number;
  /** Row that is read next. */
  #at: number;
  #isFirst = true;

  constructor(
    world: World,
    environment: Environment,
    { shard, from }: { readonly shard: number; readonly from: number },
  ) {
    this.#world = world;
    this.#environment = environment;
    this.#shard = shard;
    this.#at = from;
  }

  *next(): Process<Page> {
    const { model, counts, timeline, partitions } = this.#world;
    const partition = partitions[this.#shard];
    if (partition === undefined) throw new Error(`there is no shard ${this.#shard}`);
    const rowBytes = (model.readUnitsPerThousand * READ_UNIT_BYTES) / 1_000;
    const pageRows = Math.floor(model.pageBytes / rowBytes);
    const most = this.#isFirst ? Math.min(model.firstPageRows, pageRows) : pageRows;
    const rows = Math.min(most, partition.rows - this.#at);
    this.#isFirst = false;
    this.#at += rows;
    const units = Math.max(1, Math.ceil((rows * rowBytes) / READ_UNIT_BYTES));
    counts.readUnits += units;
    const waitMs = partition.reads.waitMs(timeline.now, units);
    this.throttledMs += waitMs;
    yield waitMs + model.callMs + model.fullPageMs * (rows / pageRows);
    yield this.#environment.useCpu(rows * model.cpuPerRowUs) - timeline.now;
    return { shard: this.#shard, rows, isLast: rows < most };
  }
}

/** Reads shards side by side, pages as they come; a shard goes on when the reader has asked for more. */
export class AudienceReader {
  readonly #world: World;
  readonly #waiting: ShardReader[];
  readonly #come: { readonly reader: ShardReader; readonly page: Page }[] = [];
  #underWay = 0;
  #given: ShardReader | undefined;
  #wake: () => void = () => undefined;

  constructor(world: World, readers: readonly ShardReader[]) {
    this.#world = world;
    this.#waiting = [...readers];
  }

  /** The next page; `undefined` when there is none. */
  *next(): Process<Page | undefined> {
    if (this.#given !== undefined) this.#start(this.#given);
    this.#given = undefined;
    while (this.#underWay + this.#come.length < this.#world.model.shardsSideBySide) {
      const reader = this.#waiting.shift();
      if (reader === undefined) break;
      this.#start(reader);
    }
    if (this.#come.length === 0) {
      if (this.#underWay === 0) return undefined;
      yield (resume) => {
        this.#wake = resume;
      };
    }
    const next = this.#come.shift();
    if (next !== undefined && !next.page.isLast) this.#given = next.reader;
    return next?.page;
  }

  #start(reader: ShardReader): void {
    this.#underWay++;
    this.#world.timeline.start(reader.next(), (page) => {
      this.#underWay--;
      this.#come.push({ reader, page });
      const wake = this.#wake;
      this.#wake = () => undefined;
      wake();
    });
  }
}
