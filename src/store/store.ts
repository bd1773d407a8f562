import type { Abortable, RecordBatch } from "../base/index.ts";
import type { EventTopic, Listing, TableDefinition } from "../domain/index.ts";

/**
 * The recent rows, fast to read: a cache of the event log from the lake's offsets on, rebuilt at every start.
 * It starts empty, takes the log's chunks in order, and forgets what the lake has.
 *
 * A row is visible all at once with its chunk, and only when its listing is known. What a reader sees is
 * fixed by a pin: exact offset ranges that neither new rows nor eviction can change.
 */
export interface Store extends AsyncDisposable {
  /**
   * Takes one chunk of an event topic; resolves when its rows are visible. The first chunk of a partition sets where
   * the store starts; after that offsets continue exactly: what is held already is cut off, a hole is refused.
   * Waits while too many chunks are under way, and while the store is full of rows that the lake does not have.
   *
   * Aborting ends the wait, never an append that has begun.
   *
   * @throws {OffsetHoleError} when the chunk starts after the next expected offset; nothing was taken
   * @throws {StoreFailedError} when an append failed: the store no longer takes chunks; open a new one
   */
  apply(chunk: StoreChunk, options?: Abortable): Promise<void>;

  /** The visible range of each partition of a topic, by partition. */
  positions(topic: EventTopic): readonly OffsetRange[];

  /** Rows held of a topic: of book topics more than records, as a record has several. */
  rows(topic: EventTopic): number;

  /** All listings seen, by number. */
  listings(): readonly Listing[];

  /** Fixes what is visible now and keeps it from eviction until disposed. Cheap: no I/O. */
  pin(): StorePin;

  /**
   * Drops whole segments, oldest first, that the lake has entirely and that are too many or too old.
   * A segment that a pin holds goes when the pin does.
   */
  evict(policy: EvictionPolicy): Promise<EvictionReport>;

  /**
   * Runs one SQL text (the last statement's rows are returned) in the store's DuckDB, where relations of pins
   * and `read_parquet` can be joined.
   *
   * @throws {SqlError} when DuckDB refuses it
   */
  query(sql: string, options?: QueryOptions): Promise<SqlTable>;

  /** A database of its own within the same DuckDB, for views and temporary tables; gone when disposed. */
  session(options?: Abortable): Promise<StoreSession>;
}

/** A chunk as Log.read yields it. */
export interface StoreChunk {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly appendedMs: number;
  readonly records: RecordBatch;
}

/** Offsets from `start` (inclusive) to `end` (exclusive) of one partition. */
export interface OffsetRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** Up to `offset`, exclusive: how many records of the partition a lake snapshot contains. */
export interface PartitionOffset {
  readonly partition: number;
  readonly offset: number;
}

export interface StorePin extends Disposable {
  /** What the pin covers of a table's topic, by partition. */
  held(table: TableDefinition): readonly OffsetRange[];
  /** Oldest and newest time (see RelationFilter) of the pinned rows, or of some more; undefined without rows. */
  times(table: TableDefinition): { readonly oldestUs: number; readonly newestUs: number } | undefined;
  /**
   * SQL text of a SELECT that gives exactly the columns of the table's definition (or those asked for), with their
   * types, for the pinned rows; undefined when there is none. Valid until the pin is disposed.
   */
  relation(table: TableDefinition, filter?: RelationFilter): string | undefined;
}

export interface RelationFilter {
  /** Only rows at or after these offsets; partitions not named: all that is pinned. */
  readonly from?: readonly PartitionOffset[] | undefined;
  /** Only rows before these offsets; partitions not named: none, when given at all. */
  readonly upTo?: readonly PartitionOffset[] | undefined;
  /** Only these listings, by number. For tables with listings. */
  readonly listings?: readonly number[] | undefined;
  /** Only these, where rows say themselves what they are of: tables without listings. */
  readonly symbols?: readonly string[] | undefined;
  readonly venues?: readonly string[] | undefined;
  /** The table's time (ts_event, start, from_ts, ts_recv): inclusive and exclusive, microseconds. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
  /** For bars and candles. */
  readonly interval?: string | undefined;
  /** Names of the definition's columns, in the order wanted; all when absent. */
  readonly columns?: readonly string[] | undefined;
}

export interface EvictionPolicy {
  /** What the lake has, by topic: nothing at or after these offsets is dropped; a topic not named is kept whole. */
  readonly committed: ReadonlyMap<EventTopic, readonly PartitionOffset[]>;
  /** Rows to keep at most, once the lake has them: of trades and of quotes each, and of levels of books a tenth of it. */
  readonly rowsMax: number;
  /** How long rows of any table are kept at most, once the lake has them. */
  readonly ageMsMax: number;
}

export interface EvictionReport {
  readonly segmentsDropped: number;
  readonly rowsDropped: number;
}

export interface QueryOptions extends Abortable {
  /** Values for `$1`, `$2`, …: text, numbers, booleans, null. */
  readonly parameters?: readonly (string | number | boolean | null)[];
  /** At most so many rows come back; `truncated` says whether there were more. */
  readonly rowsMax?: number;
  /**
   * long: for exports and maintenance, one at a time and all on one connection (temporary tables last), so that they
   * never hold up readers. Default: reader.
   */
  readonly lane?: "reader" | "long";
}

/** Values are JSON-safe: decimals and integers beyond 32 bits as text, times as ISO 8601 text, bytes as hex text. */
export interface SqlTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}

export interface StoreSession extends AsyncDisposable {
  query(sql: string, options?: QueryOptions): Promise<SqlTable>;
}
