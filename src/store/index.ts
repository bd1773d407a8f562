import { availableParallelism } from "node:os";
import { type Clock, type Logger, type Metrics, silentLogger, systemClock } from "../base/index.ts";
import type { Store } from "./store.ts";

export { OffsetHoleError, SqlError, StoreClosedError, StoreFailedError } from "./errors.ts";
export type {
  EvictionPolicy,
  EvictionReport,
  OffsetRange,
  PartitionOffset,
  QueryOptions,
  RelationFilter,
  SqlTable,
  Store,
  StoreChunk,
  StorePin,
  StoreSession,
} from "./store.ts";

export interface StoreConfig {
  /** What does not fit into memory goes to its folder `spill`, which is this store's alone and emptied at every start. */
  readonly folder: string;
  /** What DuckDB may use. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Of DuckDB. Default: as many as the machine has, at most 4. */
  readonly threads?: number;
  /** Eviction drops whole segments of at most so many rows. Default 1,000,000. */
  readonly segmentRowsMax?: number;
  /** Likewise in bytes of records. Default 128 MiB. */
  readonly segmentBytesMax?: number;
  /** Likewise in time. Default three hours. */
  readonly segmentAgeMsMax?: number;
  /**
   * Rows come by the hundred thousand, leave soon, and nobody waits for the first: they are appended in large groups, and
   * full segments are not sorted. Default false.
   */
  readonly isBulk?: boolean;
  /** apply() waits while so many rows are held, until the lake has some of them. Default 20,000,000. */
  readonly heldRowsMax?: number;
  /** Likewise in bytes of records. Default 2 GiB. */
  readonly heldBytesMax?: number;
  /** Chunks under way at once. Default 16. */
  readonly inFlightMax?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

/** Opens the hot store, empty: feed it the event log from the lake's offsets on, `market.listings` from 0. */
export async function openStore(config: StoreConfig): Promise<Store> {
  const { DuckdbStore } = await import("./duckdb/duckdb-store.ts");
  return new DuckdbStore({
    memoryBytes: 256 * 1_048_576,
    threads: Math.min(4, availableParallelism()),
    segmentRowsMax: 1_000_000,
    segmentBytesMax: 128 * 1_048_576,
    segmentAgeMsMax: 10_800_000,
    isBulk: false,
    heldRowsMax: 20_000_000,
    heldBytesMax: 2_147_483_648,
    inFlightMax: 16,
    clock: systemClock,
    logger: silentLogger,
    ...config,
  });
}
