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
    const wanted = keys.map((key) => `(${keyValues(key, listings())})`).join(", ");
    const { columns, rows } = await query.sql(
      `SELECT bars.* FROM gold.bars AS bars JOIN (VALUES ${wanted}) AS wanted(venue, raw_symbol, "interval", start)
         USING (venue, raw_symbol, "interval", start)
       QUALIFY row_number() OVER (PARTITION BY bars.venue, bars.raw_symbol, bars."interval", bars.start ORDER BY revision DESC) = 1`,
      signalOf(signal),
    );
    const found = rows.map((row) => new Map(columns.map(({ name }, index) => [name, row[index]])));
    return keys.map((key) => {
      const { venue, rawSymbol } = listings().at(key.listing);
      const row = found.find(
        (candidate) =>
          candidate.get("venue") === venue &&
          candidate.get("raw_symbol") === rawSymbol &&
          candidate.get("interval") === key.interval &&
          microseconds(candidate.get("start")) === key.startUs,
      );
      return row === undefined ? undefined : barOf(key, row);
    });
  };
}

function signalOf(signal: AbortSignal | undefined): Abortable {
  return signal === undefined ? {} : { signal };
}

function keyValues({ listing, interval, startUs }: BarKey, listings: Listings): string {
  const { venue, rawSymbol } = listings.at(listing);
  return `${quoted(venue)}, ${quoted(rawSymbol)}, ${quoted(interval)}, make_timestamptz(${startUs})`;
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
