import { BOOK_SNAPSHOTS, type Listing } from "../../domain/index.ts";
import type { Store } from "../../store/index.ts";
import { narrowing } from "../narrowing.ts";
import type { Sources } from "../sources.ts";

/** A whole book that was written: where it stands, and what it says of itself. */
export interface FoundSnapshot {
  readonly connection: string;
  readonly epoch: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
  readonly frameIndex: number;
  readonly timeUs: number;
  readonly cause: string;
  readonly checksum: string;
  readonly depth: number | null;
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly sequence: string | null;
  /** Whether the book was proven when it was written. */
  readonly isProven: boolean;
}

export interface BookSources {
  readonly sources: Sources;
  readonly store: Pick<Store, "query">;
  readonly signal: AbortSignal | undefined;
}

const FIRST_WIDTH_US = 120_000_000;

/** The last whole book of each connection at or before a time, the newest first. */
export async function latestSnapshots(
  listing: Listing,
  atUs: number,
  { sources, store, signal }: BookSources,
): Promise<readonly FoundSnapshot[]> {
  const times = await sources.times(BOOK_SNAPSHOTS);
  const range = { startUs: undefined, endUs: atUs + 1 };
  for (const window of narrowing({ ...range, order: "descending", times, firstWidthUs: FIRST_WIDTH_US })) {
    const relation = await sources.relation(BOOK_SNAPSHOTS, {
      ...window,
      symbols: [listing.symbol],
      venues: [listing.venue],
    });
    if (relation === undefined) continue;
    const { rows } = await store.query(
      `SELECT connection, epoch::DOUBLE, _raw_partition, _raw_offset::DOUBLE, frame_index, epoch_us(ts_recv)::DOUBLE,
         cause, checksum, depth, bid_levels, ask_levels, sequence::VARCHAR, continuity = 'proven'
       FROM ${relation} WHERE raw_symbol = ${quoted(listing.rawSymbol)} AND level_index = 0
       QUALIFY row_number() OVER (PARTITION BY connection ORDER BY ts_recv DESC, _raw_offset DESC, frame_index DESC) = 1
       ORDER BY ts_recv DESC, connection`,
      { signal },
    );
    if (rows.length > 0) return (rows as unknown as readonly SnapshotRow[]).map(snapshotOf);
  }
  return [];
}

type SnapshotRow = readonly [
  connection: string,
  epoch: number,
  rawPartition: number,
  rawOffset: number,
  frameIndex: number,
  timeUs: number,
  cause: string,
  checksum: string,
  depth: number | null,
  bidLevels: number,
  askLevels: number,
  sequence: string | null,
  isProven: boolean,
];

function snapshotOf(row: SnapshotRow): FoundSnapshot {
  const [connection, epoch, rawPartition, rawOffset, frameIndex, timeUs] = row;
  const [, , , , , , cause, checksum, depth, bidLevels, askLevels, sequence, isProven] = row;
  const place = { connection, epoch, rawPartition, rawOffset, frameIndex, timeUs };
  return { ...place, cause, checksum, depth, bidLevels, askLevels, sequence, isProven };
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
