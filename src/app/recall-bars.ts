import { type Abortable, type Clock, InternalError } from "../base/index.ts";
import {
  type Bar,
  type BarCause,
  type Listings,
  parseDecimal,
  parseInstant,
  rescaled,
  SOURCES,
  TOPICS,
  type TradeOrder,
} from "../domain/index.ts";
import type { BarKey, RecallBars } from "../pipeline/index.ts";
import type { QueryEngine } from "../query/index.ts";
import type { VisibleEnd } from "./visible-end.ts";

export interface RecallOptions {
  readonly query: QueryEngine;
  readonly visibleEnd: VisibleEnd;
  readonly listings: () => Listings;
  readonly clock: Clock;
}

const LOOK_EVERY_MS = 5;

/**
 * Finds the latest revision of bars that the pipeline no longer has in memory, when a very late trade touches them:
 * over store and lake, once the store has all that the pipeline wrote.
 */
export function recallBars({ query, visibleEnd, listings, clock }: RecallOptions): RecallBars {
  return async (keys, { durable, signal }) => {
    const isThere = (): boolean =>
      durable.every(({ partition, offset }) => visibleEnd(TOPICS.bars, partition) >= offset);
    while (!isThere()) await clock.sleep(LOOK_EVERY_MS, { signal });
    const found = new Map<string, Bar>();
    for (const some of recallSteps(keys)) {
      const { columns, rows } = await query.sql(recallSql(some, listings()), {
        rowsMax: some.length,
        ...signalOf(signal),
      });
      for (const row of rows) {
        const named = new Map(columns.map(({ name }, index) => [name, row[index]]));
        const key = keyOf(some, named);
        found.set(keyText(key), barOf(key, named));
      }
    }
    return keys.map((key) => found.get(keyText(key)));
  };
}

/** Keys that one statement asks for. */
const STEP_KEYS_MAX = 10_000;

/** The keys of one listing after the other, not too many at once: a file of history may touch a day's seconds. */
function recallSteps(keys: readonly BarKey[]): readonly (readonly BarKey[])[] {
  const steps: BarKey[][] = [];
  const open = new Map<number, BarKey[]>();
  for (const key of keys) {
    let step = open.get(key.listing);
    if (step === undefined || step.length === STEP_KEYS_MAX) {
      step = [];
      steps.push(step);
      open.set(key.listing, step);
    }
    step.push(key);
  }
  return steps;
}

/** The latest revision of each of these bars of one listing. The span of time lets the lake leave out its other days. */
function recallSql(keys: readonly BarKey[], listings: Listings): string {
  const { venue, rawSymbol } = listings.at(keys[0]?.listing ?? 0);
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const starts = new Map<string, number[]>();
  for (const { interval, startUs } of keys) {
    firstUs = Math.min(firstUs, startUs);
    lastUs = Math.max(lastUs, startUs);
    const ofInterval = starts.get(interval);
    if (ofInterval === undefined) starts.set(interval, [startUs]);
    else ofInterval.push(startUs);
  }
  const wanted = [...starts].map(
    ([interval, list]) =>
      `SELECT ${quoted(interval)} AS "interval", make_timestamptz(unnest([${list.join(",")}]::BIGINT[])) AS start`,
  );
  return `SELECT bars.* FROM gold.bars AS bars JOIN (${wanted.join(" UNION ALL ")}) AS wanted USING ("interval", start)
    WHERE bars.venue = ${quoted(venue)} AND bars.raw_symbol = ${quoted(rawSymbol)}
      AND bars.start >= make_timestamptz(${firstUs}) AND bars.start <= make_timestamptz(${lastUs})
    QUALIFY row_number() OVER (PARTITION BY bars."interval", bars.start ORDER BY revision DESC) = 1`;
}

function keyOf([first]: readonly BarKey[], row: ReadonlyMap<string, unknown>): BarKey {
  const interval = row.get("interval") as BarKey["interval"];
  return { listing: first?.listing ?? 0, interval, startUs: microseconds(row.get("start")) };
}

function keyText({ listing, interval, startUs }: BarKey): string {
  return `${listing}/${interval}/${startUs}`;
}

function signalOf(signal: AbortSignal | undefined): Abortable {
  return signal === undefined ? {} : { signal };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function barOf(key: BarKey, row: ReadonlyMap<string, unknown>): Bar {
  const amount = (name: string, scale: number): bigint => {
    const mantissa = rescaled(parseDecimal(String(row.get(name))), scale);
    if (mantissa === undefined) throw new InternalError(`gold.bars.${name} is ${row.get(name)}, beyond its own scale`);
    return mantissa;
  };
  const order = (which: "first" | "last"): TradeOrder => ({
    timeUs: microseconds(row.get(`${which}_ts`)),
    timeNanos: Number(row.get(`${which}_nanos`)),
    sequence: BigInt(String(row.get(`${which}_sequence`))),
    frameIndex: Number(row.get(`${which}_index`)),
  });
  return {
    ...key,
    open: amount("open", 8),
    high: amount("high", 8),
    low: amount("low", 8),
    close: amount("close", 8),
    volume: amount("volume", 8),
    quoteVolume: amount("quote_volume", 16),
    buyVolume: amount("buy_volume", 8),
    sellVolume: amount("sell_volume", 8),
    trades: Number(row.get("trades")),
    first: order("first"),
    last: order("last"),
    revision: Number(row.get("revision")),
    knownAtUs: microseconds(row.get("known_at")),
    cause: String(row.get("cause")) as BarCause,
    complete: true,
    source: Math.max(
      0,
      SOURCES.findIndex((source) => source === row.get("source")),
    ),
  };
}

function microseconds(value: unknown): number {
  const instant = parseInstant(String(value));
  if (instant === undefined) throw new InternalError(`gold.bars holds ${value} where a time belongs`);
  return instant.us;
}
