import type { Abortable } from "../base/index.ts";
import type { TableDefinition } from "../domain/index.ts";
import type { Lake, Predicate, Snapshot, Table } from "../lake/index.ts";
import type { PartitionOffset } from "../store/index.ts";
import type { AsOf } from "./query.ts";
import { TIME_COLUMNS } from "./time-columns.ts";

/** The history, as the query engine asks for it. */
export interface LakeSource {
  /**
   * The table's state now, or as of then; undefined when nothing has been committed yet.
   *
   * @throws {LakeNotFoundError} when there is no such snapshot, or the time is before all that is kept
   */
  snapshot(table: TableDefinition, asOf?: AsOf, options?: Abortable): Promise<LakeSnapshot | undefined>;
}

/** Microseconds, inclusive. */
export interface Times {
  readonly oldestUs: number;
  readonly newestUs: number;
}

/** One state of a table; it never changes under its reader. */
export interface LakeSnapshot {
  /** Decimal text. */
  readonly id: string;
  readonly committedAtUs: number;
  /** O(S): the state contains exactly the log's records before these offsets. Empty where that is not known. */
  readonly offsets: readonly PartitionOffset[];
  /** SQL of the wanted rows and columns, in parentheses; undefined when no file can hold one. */
  relation(filter: SourceFilter): Promise<string | undefined>;
  /** Oldest and newest time of any row, microseconds, inclusive; undefined without rows. */
  times(): Promise<Times | undefined>;
  /** Ends the relations: local copies of a remote lake's files may go. */
  [Symbol.dispose]?(): void;
}

/** Rows and columns wanted of a table. */
export interface SourceFilter {
  readonly columns?: readonly string[] | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly venues?: readonly string[] | undefined;
  readonly interval?: string | undefined;
  /** The table's time: inclusive, exclusive, microseconds. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
}

export interface LakeSourceOptions {
  /** The writer whose commits carry the log's offsets. */
  readonly writer: string;
  /** Reads what that writer wrote into its commits. */
  readonly readPositions: (
    text: string,
  ) => Iterable<{ readonly topic: string; readonly partition: number; readonly offset: number }>;
}

/** Snapshots whose times are kept, since finding them looks at every file. */
const TIMES_MAX = 64;

/** The lake of Iceberg tables, named `namespace.name` as their definitions are. */
export function lakeSource(lake: Pick<Lake, "hasTable" | "table">, options: LakeSourceOptions): LakeSource {
  const known = new Map<string, Times | undefined>();
  return {
    async snapshot(definition, asOf) {
      const name = `${definition.namespace}.${definition.name}`;
      if (!(await lake.hasTable(name))) return undefined;
      const table = await lake.table(name);
      const choice = choiceOf(asOf);
      const { snapshot } = table.scan(choice);
      if (asOf !== undefined && snapshot === undefined) return undefined;
      return new TableSnapshot({ definition, table, snapshot, asOf }, options, known);
    },
  };
}

function choiceOf(asOf: AsOf | undefined): { snapshotId: bigint } | { asOfMs: number } | Record<string, never> {
  if (asOf === undefined) return {};
  return "snapshotId" in asOf ? { snapshotId: asOf.snapshotId } : { asOfMs: Math.floor(asOf.timeUs / 1000) };
}

interface TableState {
  readonly definition: TableDefinition;
  readonly table: Table;
  readonly snapshot: Snapshot | undefined;
  readonly asOf: AsOf | undefined;
}

class TableSnapshot implements LakeSnapshot {
  readonly id: string;
  readonly committedAtUs: number;
  readonly offsets: readonly PartitionOffset[];
  readonly #definition: TableDefinition;
  readonly #table: Table;
  readonly #snapshot: Snapshot | undefined;
  readonly #known: Map<string, Times | undefined>;
  readonly #scans: ReturnType<Table["scan"]>[] = [];

  constructor(
    { definition, table, snapshot, asOf }: TableState,
    { writer, readPositions }: LakeSourceOptions,
    known: Map<string, Times | undefined>,
  ) {
    this.#definition = definition;
    this.#table = table;
    this.#snapshot = snapshot;
    this.#known = known;
    this.id = snapshot === undefined ? "" : snapshot.snapshotId.toString();
    this.committedAtUs = (snapshot?.timestampMs ?? 0) * 1000;
    // The present offsets stand in the table's properties: they move on also without a snapshot, and survive its expiry.
    const past = snapshot === undefined || asOf === undefined ? undefined : table.progressAt(snapshot);
    const positions = asOf === undefined ? table.progress(writer)?.positions : past?.positions;
    this.offsets = positions === undefined ? [] : [...readPositions(positions)];
  }

  async relation(filter: SourceFilter): Promise<string | undefined> {
    const scan = this.#scan(filter);
    if (scan === undefined || (await scan.plan()).files.length === 0) return undefined;
    this.#scans.push(scan);
    return scan.sql();
  }

  [Symbol.dispose](): void {
    for (const scan of this.#scans.splice(0)) scan[Symbol.dispose]();
  }

  async times(): Promise<Times | undefined> {
    const key = `${this.#table.name} ${this.id}`;
    if (!this.#known.has(key)) {
      const [oldest] = this.#known.keys();
      if (this.#known.size >= TIMES_MAX && oldest !== undefined) this.#known.delete(oldest);
      this.#known.set(key, await this.#findTimes());
    }
    return this.#known.get(key);
  }

  async #findTimes(): Promise<Times | undefined> {
    const files = (await this.#scan({})?.plan())?.files ?? [];
    const { id } = this.#definition.columns.find(({ name }) => name === TIME_COLUMNS.get(this.#definition)) ?? {};
    let [oldestUs, newestUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { lowerBounds, upperBounds } of files) {
      oldestUs = Math.min(
        oldestUs,
        int64(id === undefined ? undefined : lowerBounds.get(id)) ?? Number.NEGATIVE_INFINITY,
      );
      newestUs = Math.max(
        newestUs,
        int64(id === undefined ? undefined : upperBounds.get(id)) ?? Number.POSITIVE_INFINITY,
      );
    }
    return files.length === 0 ? undefined : { oldestUs, newestUs };
  }

  #scan(filter: SourceFilter): ReturnType<Table["scan"]> | undefined {
    if (this.#snapshot === undefined) return undefined;
    const predicate = predicateOf(this.#definition, filter);
    return this.#table.scan({
      snapshotId: this.#snapshot.snapshotId,
      ...(predicate.length === 0 ? {} : { filter: { and: predicate } }),
      ...(filter.columns === undefined ? {} : { columns: filter.columns }),
    });
  }
}

/** A bound in Iceberg's form of a timestamp: eight bytes, little-endian. */
function int64(bytes: Uint8Array | undefined): number | undefined {
  if (bytes?.byteLength !== 8) return undefined;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

function predicateOf(definition: TableDefinition, filter: SourceFilter): readonly Predicate[] {
  const { symbols, venues, interval, startUs, endUs } = filter;
  const time = TIME_COLUMNS.get(definition) ?? "";
  const parts: Predicate[] = [];
  if (symbols !== undefined) parts.push({ column: "symbol", is: "in", values: symbols });
  if (venues !== undefined) parts.push({ column: "venue", is: "in", values: venues });
  if (interval !== undefined) parts.push({ column: "interval", is: "eq", value: interval });
  if (startUs !== undefined) parts.push({ column: time, is: "ge", value: startUs });
  if (endUs !== undefined) parts.push({ column: time, is: "lt", value: endUs });
  return parts;
}
