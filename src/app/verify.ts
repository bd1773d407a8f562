import { createHash } from "node:crypto";
import { recordAt } from "../base/index.ts";
import { decodeListings, FrameRecord, feedOfTopic, type Listing, rawTopic, TOPICS } from "../domain/index.ts";
import { feedById } from "../feeds/index.ts";
import type { LogReader } from "../log/index.ts";
import { type Derivation, derive, type LogRecords, PIPELINE_GROUP } from "../pipeline/index.ts";
import type { QueryEngine } from "../query/index.ts";
import { capturedFeeds } from "./capture.ts";
import type { Config } from "./config.ts";
import { feedRules } from "./feed-rules.ts";
import { isImportFeed } from "./import/import-feeds.ts";
import { type Offline, openOffline } from "./offline.ts";
import { Positions } from "./positions.ts";
import { bookPositions, booksCheck } from "./verify/books-check.ts";
import { allRawFrames } from "./verify/raw-frames.ts";
import { type StoredTotals, storedTotals } from "./verify/stored-totals.ts";
import { venueDataCheck, venueDataPositions } from "./verify/venue-data-check.ts";

/** One thing that must hold, and where it does not. */
export interface Check {
  readonly name: string;
  /** What was compared, with numbers. */
  readonly detail: string;
  readonly differences: readonly string[];
}

export interface Verification {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

export interface VerifyOptions {
  readonly onProgress?: (frames: number) => void;
}

const DIFFERENCES_MAX = 20;

/**
 * Proves conservation (invariant I6) from the raw frames to the lake and the live tail, up to where the pipeline stands now:
 * derives every trade anew from the frames and compares, listing by listing, counts, sums of sizes and checksums over ids,
 * prices, sizes, sides and times; compares quarantine by reason, frames with bronze.frames byte for byte, and bars with their trades.
 * Where books are captured or imported they are derived anew too, and compared row for row; so are imported candles, funding,
 * liquidations and definitions.
 */
export async function verify(config: Config, { onProgress = () => {} }: VerifyOptions = {}): Promise<Verification> {
  await using offline = await openOffline(config);
  const upTo = Positions.of(await offline.log.progress(PIPELINE_GROUP));
  const booksUpTo = await bookPositions(offline.log);
  const venueDataUpTo = await venueDataPositions(offline.log);
  await offline.refresh(); // Now the store has everything that was derived from those frames.
  const payloads = new PayloadSums();
  const feeds = capturedFeeds(config.feeds);
  const listings = await knownListings(offline.log);
  const derived = await derive(watched(allRawFrames({ ...offline, upTo, onProgress }), payloads), {
    rules: feedRules(feeds),
    listings,
  });
  const frames = (to: Positions): AsyncIterable<LogRecords> =>
    watched(allRawFrames({ ...offline, upTo: to, onProgress }), payloads);
  const books = await booksCheck({ offline, config, feeds, listings, upTo: booksUpTo, frames });
  const venueData = await venueDataCheck({ offline, upTo: venueDataUpTo, frames });
  const read = [...upTo, ...booksUpTo, ...venueDataUpTo].filter(payloads.has);
  const checks = [
    conservation(derived, upTo),
    await tradesCheck(offline.query, derived, upTo),
    await quarantineCheck(offline.query, derived, upTo),
    await framesCheck(offline, payloads, Positions.of(read)),
    await barsCheck(offline.query),
    ...(books === undefined ? [] : [books]),
    ...(venueData === undefined ? [] : [venueData]),
  ];
  return { ok: checks.every(({ differences }) => differences.length === 0), checks };
}

async function knownListings(log: LogReader): Promise<readonly Listing[]> {
  const listings: Listing[] = [];
  if (!(await log.topics()).some(({ topic }) => topic === TOPICS.listings)) return listings; // Only imported rows yet.
  for await (const { records } of log.read({ topic: TOPICS.listings, partition: 0, offset: 0 }, { follow: false })) {
    listings.push(...decodeListings(records));
  }
  return listings;
}

/** Every raw record has exactly one outcome. */
function conservation({ feeds }: Derivation, upTo: Positions): Check {
  const differences: string[] = [];
  const parts: string[] = [];
  for (const [feed, counts] of Object.entries(feeds)) {
    const records = upTo.topic(rawTopic(feed)).reduce((sum, { offset }) => sum + offset, 0);
    const outcomes = Object.values(counts.frames).reduce((sum, count) => sum + count, 0);
    if (records !== outcomes) differences.push(`${feed}: ${records} records in the raw log, ${outcomes} outcomes`);
    const made = counts.trades + counts.duplicates + counts.unproven + counts.refusedRows;
    if (counts.rows !== made) differences.push(`${feed}: ${counts.rows} rows decoded, ${made} accounted for`);
    parts.push(
      `${feed}: ${records} records, ${counts.trades} trades, ${counts.duplicates + counts.unproven} duplicates, ${counts.refusals} refused`,
    );
  }
  return { name: "every raw record has one outcome", detail: parts.join("; "), differences };
}

async function tradesCheck(query: QueryEngine, derived: Derivation, upTo: Positions): Promise<Check> {
  const stored = await storedTotals(query, derivedRows(upTo));
  const differences: string[] = [];
  let trades = 0;
  for (const key of new Set([...derived.listings.keys(), ...stored.keys()])) {
    const expected = derived.listings.get(key);
    trades += expected?.trades ?? 0;
    const difference = compare(key, expected, stored.get(key));
    if (difference !== undefined) differences.push(difference);
  }
  const detail = `${trades} trades of ${derived.listings.size} listings: counts, sums of sizes, checksums`;
  return { name: "silver.trades is what the frames say", detail, differences: differences.slice(0, DIFFERENCES_MAX) };
}

function compare(
  key: string,
  expected: { readonly trades: number; readonly size: bigint; readonly checksum: string } | undefined,
  stored: StoredTotals | undefined,
): string | undefined {
  const [trades, size, checksum] = [stored?.trades ?? 0, stored?.size ?? 0n, stored?.checksum.hex ?? "0".repeat(16)];
  if (expected === undefined) return `${key}: ${trades} trades stored that no frame says`;
  if (expected.trades !== trades) return `${key}: the frames say ${expected.trades} trades, ${trades} are stored`;
  if (expected.size !== size)
    return `${key}: the frames say sizes of ${expected.size}e-8 in all, ${size}e-8 are stored`;
  if (expected.checksum !== checksum)
    return `${key}: same count and size, but the checksum is ${checksum} instead of ${expected.checksum}`;
  return undefined;
}

/** Rows that come from frames before `upTo`, of feeds that are captured and of those that were: a running K2 has added more since. */
function derivedRows(upTo: Positions): string {
  const conditions: string[] = [];
  for (const { topic, partition, offset } of upTo) {
    const feed = feedOfTopic(topic);
    if (feed === undefined) continue;
    const origin = isImportFeed(feed)
      ? "source = 'import'"
      : `source <> 'import' AND venue = '${feedById(feed).venue}'`;
    conditions.push(`(${origin} AND _raw_partition = ${partition} AND _raw_offset < ${offset})`);
  }
  return conditions.join(" OR ") || "false";
}

async function quarantineCheck(query: QueryEngine, { feeds }: Derivation, upTo: Positions): Promise<Check> {
  const differences: string[] = [];
  let total = 0;
  for (const [feed, counts] of Object.entries(feeds)) {
    const before = upTo
      .topic(rawTopic(feed))
      .map(({ partition, offset }) => `(_raw_partition = ${partition} AND _raw_offset < ${offset})`);
    const { rows } = await query.sql(
      `SELECT count(*) FROM silver.quarantine WHERE stage <> 'book' AND feed = '${feed}' AND (${before.join(" OR ") || "false"})`,
    );
    const stored = Number(rows[0]?.[0] ?? 0);
    total += counts.refusals;
    if (stored !== counts.refusals)
      differences.push(`${feed}: the frames give ${counts.refusals} refusals, ${stored} are in quarantine`);
  }
  return { name: "silver.quarantine has every refusal", detail: `${total} refusals`, differences };
}

/** bronze.frames against the raw log, byte for byte, as far as both have them: a running K2 may land more meanwhile. */
async function framesCheck({ query }: Offline, payloads: PayloadSums, upTo: Positions): Promise<Check> {
  const derived = [...upTo].map(
    ({ topic, partition, offset }) => `(_topic = '${topic}' AND _partition = ${partition} AND _offset < ${offset})`,
  );
  const { rows } = await query.sql(
    `SELECT _topic, _partition, count(*), min(_offset), max(_offset), bit_xor(('0x' || substr(md5(payload), 1, 15))::BIGINT)
     FROM bronze.frames WHERE ${derived.join(" OR ") || "false"} GROUP BY ALL`,
    { rowsMax: 100_000 },
  );
  const differences: string[] = [];
  let frames = 0;
  for (const [topic, partition, count, first, last, sum] of rows) {
    const name = `${topic}/${partition}`;
    frames += Number(count);
    if (Number(first) !== 0 || Number(last) !== Number(count) - 1)
      differences.push(`${name}: ${count} frames with offsets ${first} to ${last}`);
    else if (payloads.ofFirst(name, Number(count)) !== BigInt(String(sum)))
      differences.push(`${name}: the first ${count} frames differ in their bytes`);
  }
  return { name: "bronze.frames is the raw log, byte for byte", detail: `${frames} frames in the lake`, differences };
}

/**
 * Every closed minute is what its trades make. Those whose second is still open are not in it yet: what comes late goes
 * up from bar to bar as they close.
 */
async function barsCheck(query: QueryEngine): Promise<Check> {
  const { rows } = await query.sql(BARS_SQL, { rowsMax: DIFFERENCES_MAX + 1 });
  const summary = rows.find(([kind]) => kind === "total");
  const differences = rows
    .filter(([kind]) => kind !== "total")
    .map(([, venue, symbol, start, detail]) => `${venue} ${symbol} 1m bar of ${start}: ${detail}`);
  return {
    name: "gold.bars are what the trades make",
    detail: `${summary?.[4] ?? 0} closed one-minute bars`,
    differences,
  };
}

const BARS_SQL = `
  WITH latest AS (
    SELECT * FROM gold.bars WHERE "interval" = '1m'
    QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, start ORDER BY revision DESC) = 1
  ), made AS (
    SELECT venue, raw_symbol, time_bucket(INTERVAL 1 MINUTE, ts_event) AS start, sum(executions) AS trades,
      sum(size::DECIMAL(38,8)) AS volume, max(price) AS high, min(price) AS low
    FROM silver.trades AS trades
    SEMI JOIN (SELECT venue, raw_symbol, start FROM gold.bars WHERE "interval" = '1s') AS seconds
      ON seconds.venue = trades.venue AND seconds.raw_symbol = trades.raw_symbol
      AND seconds.start = time_bucket(INTERVAL 1 SECOND, trades.ts_event)
    WHERE NOT contains(flags, 'nonMarket') GROUP BY ALL
  ), compared AS (
    SELECT latest.venue, latest.symbol, latest.start,
      CASE WHEN made.trades IS DISTINCT FROM latest.trades THEN format('{} executions, its trades are {}', latest.trades, made.trades)
           WHEN made.volume <> latest.volume THEN 'volume differs'
           WHEN made.high <> latest.high OR made.low <> latest.low THEN 'high or low differs' END AS difference
    FROM latest LEFT JOIN made USING (venue, raw_symbol, start)
  )
  SELECT 'total', NULL, NULL, NULL, count(*)::VARCHAR FROM compared
  UNION ALL (SELECT 'difference', venue, symbol, start::VARCHAR, difference FROM compared WHERE difference IS NOT NULL LIMIT ${DIFFERENCES_MAX})`;

async function* watched(chunks: AsyncIterable<LogRecords>, payloads: PayloadSums): AsyncGenerator<LogRecords> {
  for await (const chunk of chunks) {
    payloads.add(chunk);
    yield chunk;
  }
}

/** Running XOR of the payloads' MD5s by partition, at every offset: what the lake's first n frames must add up to. */
class PayloadSums {
  readonly #sums = new Map<string, BigInt64Array>();

  add({ topic, partition, firstOffset, records }: LogRecords): void {
    if (feedOfTopic(topic) === undefined) return;
    const key = `${topic}/${partition}`;
    const needed = firstOffset + records.count + 1;
    const sums = grow(this.#sums.get(key), needed);
    this.#sums.set(key, sums);
    for (let index = 0; index < records.count; index += 1) {
      const { payload } = new FrameRecord(recordAt(records, index));
      const digits = createHash("md5").update(payload).digest("hex").slice(0, 15);
      sums[firstOffset + index + 1] = (sums[firstOffset + index] ?? 0n) ^ BigInt(`0x${digits}`);
    }
  }

  /** Whether the partition's frames were read. */
  readonly has = ({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean =>
    this.#sums.has(`${topic}/${partition}`);

  /** Of the partition's first `count` frames. */
  ofFirst(partition: string, count: number): bigint | undefined {
    return this.#sums.get(partition)?.[count];
  }
}

function grow(sums: BigInt64Array | undefined, needed: number): BigInt64Array {
  if (sums !== undefined && sums.length >= needed) return sums;
  const grown = new BigInt64Array(Math.max(needed, (sums?.length ?? 0) * 2));
  if (sums !== undefined) grown.set(sums);
  return grown;
}
