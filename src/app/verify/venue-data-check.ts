import { createHash } from "node:crypto";
import {
  type Cell,
  type ColumnDefinition,
  feedOfTopic,
  formatDecimal,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataRow,
} from "../../domain/index.ts";
import { deriveVenueData, type LogRecords, VENUE_DATA_GROUP } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import { importTopics, importVenueReader } from "../import/import-feeds.ts";
import type { Offline } from "../offline.ts";
import { Positions } from "../positions.ts";

/** As Check of verify. */
interface VenueDataCheck {
  readonly name: string;
  readonly detail: string;
  readonly differences: readonly string[];
}

export interface VenueDataCheckOptions {
  readonly offline: Offline;
  /** How far the stage had come before the tables were read: see venueDataPositions. */
  readonly upTo: Positions;
  /** The raw frames before these positions. */
  readonly frames: (upTo: Positions) => AsyncIterable<LogRecords>;
}

interface RowSum {
  rows: number;
  sum: bigint;
}

const DIFFERENCES_MAX = 20;
const HASH_DIGITS = 15;
/** A row's place in the event log is not said by its frame. */
const IN_THE_LOG: readonly string[] = ["_topic", "_partition", "_offset"];

/** How far candles, funding, liquidations and status of imported files have come. */
export async function venueDataPositions(log: Offline["log"]): Promise<Positions> {
  const topics = new Set((await importTopics(log)).venueData);
  return Positions.of((await log.progress(VENUE_DATA_GROUP)).filter(({ topic }) => topics.has(topic)));
}

/**
 * Derives the candles, funding, liquidations and definitions of imported files anew from their pieces, and compares every
 * column of every row with what is stored, and refusals by number. Undefined where no such file was imported. What feeds
 * captured of these is not derived anew.
 */
export async function venueDataCheck(options: VenueDataCheckOptions): Promise<VenueDataCheck | undefined> {
  const { offline, upTo, frames } = options;
  if ([...upTo].length === 0) return undefined;
  const derived = new Map<VenueDataKind, Map<string, RowSum>>();
  const refused = new Map<string, number>();
  await deriveVenueData(frames(upTo), {
    rules: { venueOf: (feed) => feed, readerFor: (feed) => importVenueReader(feed), instrument: () => undefined },
    onRows: (kind, rows) => {
      const sums = derived.get(kind) ?? new Map<string, RowSum>();
      derived.set(kind, sums);
      for (const row of rows) add(sums, row, columnsOf(kind));
    },
    onRefused: (feed, count) => refused.set(feed, (refused.get(feed) ?? 0) + count),
  });
  const differences: string[] = [];
  const parts: string[] = [];
  for (const { kind, definition } of Object.values(VENUE_DATA_TABLES)) {
    const expected = derived.get(kind) ?? new Map<string, RowSum>();
    const stored = await storedSums(offline.query, kind, upTo);
    differences.push(...compare(definition.name, expected, stored));
    const rows = [...expected.values()].reduce((sum, one) => sum + one.rows, 0);
    if (rows > 0) parts.push(`${rows} ${definition.name}`);
  }
  differences.push(...(await compareRefusals(offline.query, refused, upTo)));
  return {
    name: "imported candles, funding, liquidations and definitions are what the files say",
    detail: `${parts.join(", ") || "no rows"}: counts, checksums; refusals`,
    differences: differences.slice(0, DIFFERENCES_MAX),
  };
}

function compare(
  table: string,
  derived: ReadonlyMap<string, RowSum>,
  stored: ReadonlyMap<string, RowSum>,
): readonly string[] {
  const differences: string[] = [];
  for (const key of new Set([...derived.keys(), ...stored.keys()])) {
    const [made, found] = [derived.get(key), stored.get(key)];
    if (made?.rows !== found?.rows)
      differences.push(`${key}: the files say ${made?.rows ?? 0} rows of ${table}, ${found?.rows ?? 0} are stored`);
    else if (made?.sum !== found?.sum)
      differences.push(`${key}: as many rows of ${table} as the files say, but they differ`);
  }
  return differences;
}

function columnsOf(kind: VenueDataKind): readonly ColumnDefinition[] {
  return VENUE_DATA_TABLES[kind].definition.columns.filter(({ name }) => !IN_THE_LOG.includes(name));
}

function add(sums: Map<string, RowSum>, row: VenueDataRow, columns: readonly ColumnDefinition[]): void {
  const key = `${row["venue"]}|${row["raw_symbol"]}`;
  const sum = sums.get(key) ?? { rows: 0, sum: 0n };
  sums.set(key, sum);
  const text = columns.map(({ name, type }) => textOf(row[name] ?? null, type)).join("|");
  sum.rows += 1;
  sum.sum ^= BigInt(`0x${createHash("md5").update(text).digest("hex").slice(0, HASH_DIGITS)}`);
}

function textOf(cell: Cell, type: ColumnDefinition["type"]): string {
  const scale = scaleOf(type);
  if (cell === null) return "";
  return scale === undefined ? String(cell) : formatDecimal({ mantissa: BigInt(cell), scale });
}

/** Of a decimal. */
function scaleOf(type: ColumnDefinition["type"]): number | undefined {
  const digits = /^decimal\(\d+,(\d+)\)$/.exec(type)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function storedSums(
  query: QueryEngine,
  kind: VenueDataKind,
  upTo: Positions,
): Promise<ReadonlyMap<string, RowSum>> {
  const text = columnsOf(kind)
    .map(({ name, type }) => {
      const column = `"${name}"`;
      return `coalesce(${type === "timestamptz" ? `epoch_us(${column})` : column}::VARCHAR, '')`;
    })
    .join(" || '|' || ");
  const { rows } = await query.sql(
    `SELECT venue || '|' || raw_symbol, count(*), bit_xor(('0x' || substr(md5(${text}), 1, ${HASH_DIGITS}))::BIGINT)
     FROM silver.${VENUE_DATA_TABLES[kind].definition.name} WHERE ${ofFiles(upTo)} GROUP BY ALL`,
    { rowsMax: 1_000_000 },
  );
  return new Map(rows.map(([key, count, sum]) => [String(key), { rows: Number(count), sum: BigInt(String(sum)) }]));
}

/** Rows of these partitions' pieces; a running import has added more since. */
function ofFiles(upTo: Positions): string {
  const conditions = [...upTo].map(
    ({ topic, partition, offset }) =>
      `(split_part(connection, '/', 1) = '${feedOfTopic(topic)}' AND _raw_partition = ${partition} AND _raw_offset < ${offset})`,
  );
  return `(${conditions.join(" OR ")})`;
}

async function compareRefusals(
  query: QueryEngine,
  refused: ReadonlyMap<string, number>,
  upTo: Positions,
): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const { topic, partition, offset } of upTo) {
    const feed = feedOfTopic(topic) ?? "";
    const { rows } = await query.sql(
      `SELECT count(*) FROM silver.quarantine WHERE stage = 'venue-data' AND feed = '${feed}'
         AND _raw_partition = ${partition} AND _raw_offset < ${offset}`,
    );
    const [expected, found] = [refused.get(feed) ?? 0, Number(rows[0]?.[0] ?? 0)];
    if (expected !== found)
      differences.push(`${feed}: the files give ${expected} refusals, ${found} are in quarantine`);
  }
  return differences;
}
