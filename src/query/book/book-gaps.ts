import { GAPS, type Listing } from "../../domain/index.ts";
import { narrowing, type TimeWindow } from "../narrowing.ts";
import { type BookSources, type FoundSnapshot, quoted } from "./book-snapshot.ts";

/** An interval in which a book was not proven, that holds the time asked for. */
interface FoundGap {
  readonly gapId: string;
  readonly connection: string;
  readonly cause: string;
  readonly fromUs: number;
  readonly detail: string;
}

const FIRST_WIDTH_US = 3_600_000_000;
/** How far the receive clock may have been set back between a whole book and what broke it. */
const CLOCK_US = 3_600_000_000;

/**
 * The gaps of a listing's books that are open at a time, by connection: those that began after its last whole book, if that
 * was proven. However many gaps were before, they are not looked at.
 *
 * @param snapshots the last whole book of each connection
 */
export async function openGaps(
  listing: Listing,
  atUs: number,
  snapshots: readonly FoundSnapshot[],
  from: BookSources,
): Promise<ReadonlyMap<string, FoundGap>> {
  const ofConnection = new Map(snapshots.map((snapshot) => [snapshot.connection, snapshot]));
  const unproven = snapshots.filter(({ isProven }) => !isProven);
  const isAllProven = snapshots.length > 0 && unproven.length === 0;
  const startUs = isAllProven ? Math.min(...snapshots.map(({ timeUs }) => timeUs)) - CLOCK_US : undefined;
  const windows = isAllProven
    ? [{ startUs, endUs: atUs + 1 }]
    : narrowing({
        ...{ startUs, endUs: atUs + 1, order: "descending" as const, firstWidthUs: FIRST_WIDTH_US },
        times: await from.sources.times(GAPS),
      });
  let found: ReadonlyMap<string, FoundGap> = new Map();
  for (const window of windows) {
    const gaps = await gapsWithin(listing, atUs, window, from);
    found = new Map(
      gaps.filter((gap) => isAfter(gap, ofConnection.get(gap.connection))).map((gap) => [gap.connection, gap]),
    );
    // What was not proven when it was written says that there is a gap.
    if (found.size > 0 && unproven.every(({ connection }) => found.has(connection))) break;
  }
  return found;
}

/** Whether a gap began at the place of a proven book or after it: its id names the place. */
function isAfter({ gapId }: FoundGap, snapshot: FoundSnapshot | undefined): boolean {
  if (snapshot?.isProven !== true) return true;
  const [offset = 0, index = 0] = gapId
    .slice(gapId.lastIndexOf("@") + 1)
    .split(".")
    .map(Number);
  return offset > snapshot.rawOffset || (offset === snapshot.rawOffset && index >= snapshot.frameIndex);
}

/**
 * What is found in messages may be in those of the very moment at which the book was last proven; a socket ends after its
 * last message, and takes nothing from it.
 */
async function gapsWithin(
  { venue, rawSymbol }: Listing,
  atUs: number,
  window: TimeWindow,
  { sources, store, signal }: BookSources,
): Promise<readonly FoundGap[]> {
  const relation = await sources.relation(GAPS, window);
  if (relation === undefined) return [];
  const { rows } = await store.query(
    `SELECT gap_id, any_value(connection), any_value(cause), epoch_us(min(from_ts))::DOUBLE, any_value(detail)
     FROM ${relation}
     WHERE venue = ${quoted(venue)} AND raw_symbols = ${quoted(rawSymbol)}
       AND starts_with(gap_id, connection || '#' || epoch || '/' || raw_symbols || '@')
     GROUP BY gap_id HAVING (count(to_ts) = 0 OR max(to_ts) > make_timestamptz(${atUs}))
       AND (min(from_ts) < make_timestamptz(${atUs}) OR any_value(cause) IN ('missed', 'checksum', 'crossed'))
     ORDER BY 4`,
    { signal },
  );
  return (rows as unknown as readonly (readonly [string, string, string, number, string])[]).map(
    ([gapId, connection, cause, fromUs, detail]) => ({ gapId, connection, cause, fromUs, detail }),
  );
}
