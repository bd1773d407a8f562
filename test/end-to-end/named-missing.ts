import { parseInstant } from "../../src/domain/index.ts";
import { rowsOf } from "./harness.ts";
import { LAST_GAPS_SQL, type MarketScene } from "./market-scene.ts";
import type { Torment } from "./torment.ts";

type Row = Readonly<Record<string, unknown>>;

/** Trades of the undisturbed run that the disturbed one lacks, and whether each is where a gap says that some are. */
export interface MissingReport {
  readonly trades: number;
  readonly missing: readonly Trade[];
  /** Problems, each in words: none is what is to be proved. */
  readonly problems: readonly string[];
  /** Gaps by venue, cause and resolution. */
  readonly gaps: Readonly<Record<string, number>>;
  /** What is missing, by venue. */
  readonly missingByVenue: Readonly<Record<string, number>>;
}

interface Trade {
  readonly venue: string;
  readonly rawSymbol: string;
  readonly id: string;
  readonly us: number;
}

/** Of these the answers over HTTP have only the second. */
const COARSE = "bitstamp";
/** All of a trade but when it came, and what the answers over HTTP, or the other of two recorders, do not have. */
const ROW = `venue, symbol, raw_symbol, trade_id, price, size, unit, side,
  CASE venue WHEN '${COARSE}' THEN date_trunc('second', ts_event) ELSE ts_event END AS ts_event, ts_event_nanos,
  CASE WHEN venue IN ('kraken-futures', 'coinbase') THEN NULL ELSE sequence END AS sequence,
  executions, array_to_string(list_filter(string_split(flags, ','), name -> name NOT IN ('snapshot', '')), ',') AS flags`;

/** Runs are compared by sums over so much event time, and row by row only where those differ: ten minutes are millions of rows. */
const SLICE_US = 2_000_000;

const slicesSql = (untilUs: number): string =>
  `SELECT venue, raw_symbol, (us // ${SLICE_US})::BIGINT AS slice, count(*)::INT AS trades, count(DISTINCT trade_id)::INT AS ids,
     sum(hash(venue, symbol, raw_symbol, trade_id, price, size, unit, side, ts_event, ts_event_nanos, sequence, executions, flags))::VARCHAR AS checksum
   FROM (SELECT ${ROW}, epoch_us(ts_event)::BIGINT AS us FROM silver.trades) WHERE us < ${untilUs} GROUP BY ALL`;

/**
 * Holds the trades of both runs against each other, exactly: all that the disturbed one lacks stands in a gap that names it,
 * and what a gap names is lacking.
 */
export async function compareTrades(scenes: Torment): Promise<MissingReport> {
  const { clean, disturbed, untilUs } = scenes;
  const problems: string[] = [];
  const gaps = await rowsOf(disturbed.k2, LAST_GAPS_SQL);
  const [here, expected] = [await slicesOf(disturbed, untilUs), await slicesOf(clean, untilUs)];
  for (const [key, { trades, ids }] of here) {
    if (trades !== ids) problems.push(`trades are there twice: ${key}`);
    if (!expected.has(key)) problems.push(`trades that never happened: ${key}`);
  }
  const missing: Trade[] = [];
  for (const [key, { checksum }] of expected)
    if (here.get(key)?.["checksum"] !== checksum) problems.push(...(await compareSlice(key, scenes, missing)));
  const named = namedMissing(gaps);
  problems.push(...unnamed(missing, named), ...(await misnamed(disturbed, named, untilUs)));
  problems.push(...gaps.filter(({ state }) => state !== "closed").map((gap) => `still open: ${textOf(gap)}`));
  return {
    trades: [...expected.values()].reduce((sum, slice) => sum + Number(slice["trades"]), 0),
    ...{ missing, problems: problems.slice(0, 20) },
    gaps: tally(gaps.map(({ venue, cause, resolution }) => `${venue} ${cause} ${resolution}`)),
    missingByVenue: tally(missing.map(({ venue }) => venue)),
  };
}

/** @param missing gets the trades that are missing, which need not be a problem */
async function compareSlice(
  key: string,
  { clean, disturbed, untilUs }: Torment,
  missing: Trade[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  const [found, all] = [await rowsOfSlice(disturbed, key, untilUs), await rowsOfSlice(clean, key, untilUs)];
  for (const [id, row] of all) {
    const other = found.get(id);
    if (other === undefined) missing.push(tradeOf(row));
    else if (textOf(other) !== textOf(row)) problems.push(`another trade: ${textOf(other)} instead of ${textOf(row)}`);
  }
  for (const [id, row] of found) if (!all.has(id)) problems.push(`a trade that never happened: ${textOf(row)}`);
  return problems;
}

async function slicesOf({ k2 }: MarketScene, untilUs: number): Promise<ReadonlyMap<string, Row>> {
  const rows = await rowsOf(k2, slicesSql(untilUs));
  return new Map(rows.map((row) => [`${row["venue"]} ${row["raw_symbol"]} ${row["slice"]}`, row]));
}

async function rowsOfSlice({ k2 }: MarketScene, key: string, untilUs: number): Promise<ReadonlyMap<string, Row>> {
  const [venue, rawSymbol, slice] = key.split(" ");
  const fromUs = Number(slice) * SLICE_US;
  const rows = await rowsOf(
    k2,
    `SELECT ${ROW}, epoch_us(ts_event)::BIGINT AS us FROM silver.trades WHERE venue = '${venue}' AND raw_symbol = '${rawSymbol}'
       AND ts_event >= make_timestamptz(${fromUs}) AND ts_event < make_timestamptz(${Math.min(untilUs, fromUs + SLICE_US)})`,
  );
  return new Map(rows.map((row) => [String(row["trade_id"]), row]));
}

function tradeOf(row: Row): Trade {
  const {
    venue,
    raw_symbol: rawSymbol,
    trade_id: id,
    us,
  } = row as unknown as {
    readonly venue: string;
    readonly raw_symbol: string;
    readonly trade_id: string;
    readonly us: string;
  };
  return { venue, rawSymbol, id, us: Number(us) };
}

const textOf = ({ us: _, ...row }: Row): string => Object.values(row).join(" ");

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

interface Named {
  readonly ids: readonly (readonly [first: number, last: number])[];
  readonly times: readonly (readonly [fromUs: number, toUs: number])[];
}

const STILL_MISSING = /still missing are \d+ ids: (.*)$/;
const HOLES = /of (\S+) what was traded (from .*?) by the venue's clock may be missing/g;
const HOLE = /from (\S+) to ([^\s,]+)/g;

/** What gaps say that is missing still, by listing. */
function namedMissing(gaps: readonly Row[]): ReadonlyMap<string, Named> {
  const named = new Map<string, Named>();
  const add = (key: string, more: Partial<Named>): void => {
    const { ids, times } = named.get(key) ?? { ids: [], times: [] };
    named.set(key, { ids: [...ids, ...(more.ids ?? [])], times: [...times, ...(more.times ?? [])] });
  };
  for (const { gap_id: gapId, venue, cause, detail, resolution } of gaps) {
    const text = String(detail);
    const [listing = ""] = String(gapId).split("#");
    if (cause !== "missed") for (const [rawSymbol, times] of timesIn(text)) add(`${venue} ${rawSymbol}`, { times });
    else if (resolution !== "healed" && resolution !== "arrived late")
      add(listing.replace("|", " "), { ids: idsIn(text) });
  }
  return named;
}

/** "still missing are 3 ids: 101 to 102, 107" */
function idsIn(detail: string): Named["ids"] {
  const [, ranges = ""] = STILL_MISSING.exec(detail) ?? [];
  return ranges.split(", ").flatMap((range): [number, number][] => {
    const [, first, last] = /^(\d+)(?: to (\d+))?$/.exec(range) ?? [];
    return first === undefined ? [] : [[Number(first), Number(last ?? first)]];
  });
}

/** By raw symbol. */
function timesIn(detail: string): readonly (readonly [rawSymbol: string, times: Named["times"]])[] {
  const usOf = (instant = ""): number => parseInstant(instant)?.us ?? 0;
  return [...detail.matchAll(HOLES)].map(([, rawSymbol = "", spans = ""]) => [
    rawSymbol,
    [...spans.matchAll(HOLE)].map(([, from, to]) => [usOf(from), usOf(to)]),
  ]);
}

/** What is missing though no gap says so. */
function unnamed(missing: readonly Trade[], named: ReadonlyMap<string, Named>): readonly string[] {
  const without = missing.filter(({ venue, rawSymbol, id, us }) => {
    const { ids, times } = named.get(`${venue} ${rawSymbol}`) ?? { ids: [], times: [] };
    return !(
      ids.some(([first, last]) => Number(id) >= first && Number(id) <= last) ||
      times.some(([fromUs, toUs]) => us >= fromUs && us <= toUs)
    );
  });
  if (without.length === 0) return [];
  return [`${without.length} are missing that no gap names: ${JSON.stringify(without.slice(0, 5))}`];
}

/** What a gap says that is missing, though it is here. */
async function misnamed(
  { k2 }: MarketScene,
  named: ReadonlyMap<string, Named>,
  untilUs: number,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [listing, { ids, times }] of named) {
    const [venue, rawSymbol] = listing.split(" ");
    const within = [
      ...ids.map(([first, last]) => `TRY_CAST(trade_id AS BIGINT) BETWEEN ${first} AND ${last}`),
      ...times.map(([from, to]) => `ts_event > make_timestamptz(${from}) AND ts_event < make_timestamptz(${to})`),
    ];
    if (within.length === 0) continue;
    const [found] = await rowsOf(
      k2,
      `SELECT count(*)::INT AS n, min(trade_id) AS id, min(ts_event)::VARCHAR AS event FROM silver.trades
       WHERE venue = '${venue}' AND raw_symbol = '${rawSymbol}' AND ts_event < make_timestamptz(${untilUs}) AND ((${within.join(") OR (")}))`,
    );
    if (Number(found?.["n"]) > 0) problems.push(`here, and named as missing of ${listing}: ${JSON.stringify(found)}`);
  }
  return problems;
}

/** Their histories tell no order of what has one time: which of those opens or closes a bar nobody can say. */
const UNORDERED = `venue IN ('${COARSE}', 'kraken-futures')`;

const barsSql = (interval: "1s" | "1m", untilUs: number): string => {
  const lengthUs = interval === "1s" ? 1_000_000 : 60_000_000;
  return `SELECT venue, raw_symbol, "interval", epoch_us(start)::BIGINT AS start_us, high, low, volume, quote_volume, buy_volume, sell_volume,
     trades, CASE WHEN ${UNORDERED} THEN NULL ELSE open END AS open, CASE WHEN ${UNORDERED} THEN NULL ELSE close END AS close
   FROM gold.bars WHERE "interval" = '${interval}' AND epoch_us(start) + ${lengthUs} <= ${untilUs}
   QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", start ORDER BY revision DESC) = 1 ORDER BY ALL`;
};

/** Bars in whose time nothing is missing, that are not those of the undisturbed run. */
export async function compareBars(
  { clean, disturbed, untilUs }: Torment,
  missing: readonly Trade[],
): Promise<{
  readonly compared: number;
  readonly unequal: readonly string[];
}> {
  let compared = 0;
  const unequal: string[] = [];
  for (const interval of ["1s", "1m"] as const) {
    const lengthUs = interval === "1s" ? 1_000_000 : 60_000_000;
    const hurt = new Set(
      missing.map(({ venue, rawSymbol, us }) => `${venue} ${rawSymbol} ${Math.floor(us / lengthUs) * lengthUs}`),
    );
    const barsOf = async ({ k2 }: MarketScene): Promise<ReadonlyMap<string, string>> => {
      const rows = await rowsOf(k2, barsSql(interval, untilUs));
      const keyed = rows.map(
        (row) => [`${row["venue"]} ${row["raw_symbol"]} ${row["start_us"]}`, textOf(row)] as const,
      );
      return new Map(keyed.filter(([key]) => !hurt.has(key)));
    };
    const [here, expected] = [await barsOf(disturbed), await barsOf(clean)];
    compared += expected.size;
    for (const [key, text] of expected)
      if (here.get(key) !== text) unequal.push(`${interval}: ${here.get(key) ?? "no bar"} instead of ${text}`);
    for (const key of here.keys()) if (!expected.has(key)) unequal.push(`${interval}: a bar that is none: ${key}`);
  }
  return { compared, unequal: unequal.slice(0, 10) };
}
