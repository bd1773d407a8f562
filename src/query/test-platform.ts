import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BARS,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  type EventTopic,
  GAPS,
  QUALITY,
  QUOTE_QUALITY,
  TABLES,
  type TableDefinition,
  TOPICS,
  TRADES,
} from "../domain/index.ts";
import { type Lake, openLake } from "../lake/index.ts";
import { openStore, type PartitionOffset, type Store } from "../store/index.ts";
import { listingsChunk } from "../store/test-records.ts";
import { type LakeSource, lakeSource, openQueryEngine, type QueryEngine, type QueryEngineOptions } from "./index.ts";

const WRITER = "test-landing";
const TOPIC_OF: ReadonlyMap<TableDefinition, EventTopic> = new Map([
  [TRADES, TOPICS.trades],
  [BARS, TOPICS.bars],
  [BOOK_CHANGES, TOPICS.bookChanges],
  [BOOK_SNAPSHOTS, TOPICS.bookSnapshots],
  [GAPS, TOPICS.gaps],
  [QUALITY, TOPICS.quality],
  [QUOTE_QUALITY, TOPICS.quoteQuality],
]);

export interface TestPlatformOptions {
  readonly segmentRowsMax?: number;
  readonly openBars?: QueryEngineOptions["openBars"];
}

/** A real store and a real lake in a temporary folder, with landing by hand. */
export class TestPlatform implements AsyncDisposable {
  readonly store: Store;
  readonly lake: Lake;
  readonly source: LakeSource;
  readonly query: QueryEngine;
  readonly #folder: string;
  readonly #positions = new Map<TableDefinition, string | undefined>();

  private constructor(folder: string, store: Store, lake: Lake, options: TestPlatformOptions) {
    this.#folder = folder;
    this.store = store;
    this.lake = lake;
    this.source = lakeSource(lake, { writer: WRITER, readPositions });
    const { openBars } = options;
    this.query = openQueryEngine({ store, lake: this.source, ...(openBars === undefined ? {} : { openBars }) });
  }

  static async open(options: TestPlatformOptions = {}): Promise<TestPlatform> {
    const folder = await mkdtemp(join(tmpdir(), "k2-query-"));
    const { segmentRowsMax = 1_000_000 } = options;
    const store = await openStore({ folder, segmentRowsMax });
    await store.apply(listingsChunk());
    const lake = await openLake({
      warehouse: join(folder, "lake"),
      catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
      name: "k2",
    });
    for (const table of TABLES) {
      await lake.ensureTable(nameOf(table), {
        schema: table.columns,
        partitionSpec: table.partition,
        sortOrder: table.sort.map((column) => ({ column })),
      });
    }
    return new TestPlatform(folder, store, lake, options);
  }

  /** Commits what the store has and the lake has not; returns the snapshot. */
  async land(table: TableDefinition): Promise<bigint | undefined> {
    const held = this.#positions.get(table);
    using pin = this.store.pin();
    const upTo = pin.held(table).map(({ partition, end }) => ({ partition, offset: end }));
    const relation = pin.relation(table, { from: held === undefined ? [] : readPositions(held), upTo });
    const name = nameOf(table);
    const run = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
      (await this.store.query(sql, { lane: "long" })).rows;
    const files =
      relation === undefined ? [] : (await this.lake.stageFiles(await this.lake.table(name), { run, relation })).files;
    const positions = JSON.stringify(upTo);
    if (positions === held) return undefined;
    const progress = { writer: WRITER, epoch: 1, positions, continuesFrom: held };
    const { snapshotId } = await this.lake.append(name, { files, progress });
    this.#positions.set(table, positions);
    return snapshotId;
  }

  /** Drops from the store all that the lake has. */
  async evict(): Promise<number> {
    const committed = new Map<EventTopic, readonly PartitionOffset[]>();
    for (const [table, text] of this.#positions) {
      const topic = TOPIC_OF.get(table);
      if (topic !== undefined && text !== undefined) committed.set(topic, readPositions(text));
    }
    return (await this.store.evict({ committed, rowsMax: 0, ageMsMax: -1 })).rowsDropped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.query[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    await this.lake[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function nameOf({ namespace, name }: TableDefinition): string {
  return `${namespace}.${name}`;
}

function readPositions(text: string): readonly { topic: string; partition: number; offset: number }[] {
  const positions = JSON.parse(text) as readonly PartitionOffset[];
  return positions.map((position) => ({ topic: "", ...position }));
}
