import type { Abortable } from "../base/index.ts";
import type { Listing, TableDefinition } from "../domain/index.ts";
import type { OffsetRange, PartitionOffset, Store, StorePin } from "../store/index.ts";
import { StoreBehindLakeError } from "./errors.ts";
import type { LakeSnapshot, LakeSource, SourceFilter, Times } from "./lake-source.ts";
import type { AsOf, Receipt } from "./query.ts";

export interface SourcesInput {
  readonly store: Store;
  readonly lake: LakeSource;
  readonly tables: readonly TableDefinition[];
  readonly asOf?: AsOf | undefined;
}

/** A stale view of the lake is the only way to miss; the next look sees the commit that eviction went by. */
const LOOKS_MAX = 3;

/**
 * What one question is answered from (invariant I5): of each table the lake's snapshot S and, from the store,
 * the rows after its offsets O(S), up to what was visible at one moment. Both hold still until disposed.
 */
export class Sources implements Disposable {
  readonly #pin: StorePin | undefined;
  readonly #listings: readonly Listing[];
  readonly #snapshots: ReadonlyMap<TableDefinition, LakeSnapshot | undefined>;

  private constructor(
    pin: StorePin | undefined,
    listings: readonly Listing[],
    snapshots: ReadonlyMap<TableDefinition, LakeSnapshot | undefined>,
  ) {
    this.#pin = pin;
    this.#listings = listings;
    this.#snapshots = snapshots;
  }

  /**
   * The store is pinned first and the lake looked at after: eviction goes only by what is committed, so whatever the
   * pinned store has dropped, a later snapshot has.
   *
   * @throws {StoreBehindLakeError} when the two do not meet
   */
  static async open({ store, lake, tables, asOf }: SourcesInput, { signal }: Abortable = {}): Promise<Sources> {
    const pin = asOf === undefined ? store.pin() : undefined;
    try {
      for (let look = 1; ; look += 1) {
        signal?.throwIfAborted();
        const snapshots = new Map<TableDefinition, LakeSnapshot | undefined>();
        for (const table of tables) snapshots.set(table, await lake.snapshot(table, asOf, { signal }));
        const gap = pin === undefined ? undefined : findGap(pin, snapshots);
        if (gap === undefined) return new Sources(pin, store.listings(), snapshots);
        if (look === LOOKS_MAX) throw new StoreBehindLakeError(gap);
      }
    } catch (error) {
      pin?.[Symbol.dispose]();
      throw error;
    }
  }

  snapshot(table: TableDefinition): LakeSnapshot | undefined {
    return this.#snapshots.get(table);
  }

  /** SQL of a table's rows, lake and store together, in parentheses; undefined when none can match. */
  async relation(table: TableDefinition, filter: SourceFilter = {}): Promise<string | undefined> {
    const lake = await this.#snapshots.get(table)?.relation(filter);
    const tail = this.#tail(table, filter);
    const parts = [lake === undefined ? undefined : `SELECT * FROM ${lake}`, tail].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : `(${parts.join(" UNION ALL ")})`;
  }

  /** Oldest and newest time of the table's rows, microseconds; at least as wide as the truth. */
  async times(table: TableDefinition): Promise<Times | undefined> {
    const found = [await this.#snapshots.get(table)?.times(), this.#pin?.times(table)].filter(
      (times) => times !== undefined,
    );
    if (found.length === 0) return undefined;
    return {
      oldestUs: Math.min(...found.map(({ oldestUs }) => oldestUs)),
      newestUs: Math.max(...found.map(({ newestUs }) => newestUs)),
    };
  }

  receipt(): Receipt {
    const snapshots: Record<string, string> = {};
    const lakeOffsets: Record<string, readonly string[]> = {};
    const tailOffsets: Record<string, readonly string[]> = {};
    for (const [table, snapshot] of this.#snapshots) {
      const name = `${table.namespace}.${table.name}`;
      if (snapshot !== undefined && snapshot.id !== "") snapshots[name] = snapshot.id;
      lakeOffsets[name] = texts(snapshot?.offsets ?? []);
      const held = this.#pin?.held(table) ?? [];
      tailOffsets[name] = texts(held.filter(({ partition, end }) => end > offsetOf(snapshot, partition)).map(endOf));
    }
    return { snapshots, lakeOffsets, tailOffsets };
  }

  [Symbol.dispose](): void {
    this.#pin?.[Symbol.dispose]();
    for (const snapshot of this.#snapshots.values()) snapshot?.[Symbol.dispose]?.();
  }

  #tail(table: TableDefinition, filter: SourceFilter): string | undefined {
    const { symbols, venues } = filter;
    const listings =
      symbols === undefined && venues === undefined
        ? undefined
        : this.#listings
            .filter(({ symbol, venue }) => (symbols?.includes(symbol) ?? true) && (venues?.includes(venue) ?? true))
            .map(({ index }) => index);
    return this.#pin?.relation(table, { ...filter, listings, from: this.#snapshots.get(table)?.offsets ?? [] });
  }
}

function findGap(
  pin: StorePin,
  snapshots: ReadonlyMap<TableDefinition, LakeSnapshot | undefined>,
): ConstructorParameters<typeof StoreBehindLakeError>[0] | undefined {
  for (const [table, snapshot] of snapshots) {
    for (const { partition, start } of pin.held(table)) {
      const lakeEnd = offsetOf(snapshot, partition);
      if (start > lakeEnd) return { table: `${table.namespace}.${table.name}`, partition, lakeEnd, storeStart: start };
    }
  }
  return undefined;
}

function offsetOf(snapshot: LakeSnapshot | undefined, partition: number): number {
  return snapshot?.offsets.find((offset) => offset.partition === partition)?.offset ?? 0;
}

function endOf({ partition, end }: OffsetRange): PartitionOffset {
  return { partition, offset: end };
}

function texts(offsets: readonly PartitionOffset[]): readonly string[] {
  return offsets.map(({ partition, offset }) => `${partition}:${offset}`);
}
