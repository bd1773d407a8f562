import { BAR_INTERVAL_US, BAR_INTERVALS, type BarInterval } from "../../src/domain/index.ts";
import type { Rows } from "./checks.ts";

/*
 * The bars as another engine works them out of silver.trades, without a line of K2's code.
 * Both queries give: venue, raw_symbol, start, open, high, low, close, volume, quote_volume, buy_volume, sell_volume,
 * executions, first time, last time. The first also gives the listing's latest time of any trade.
 */

const MICROSECONDS = (column: string): string => `toUnixTimestamp64Micro(${column})`;

/** Trades' order within a listing: time, the venue's sequence or else its numeric id, place in the frame. */
const ORDER = "(ts_event, ts_event_nanos, ifNull(sequence, toInt64OrZero(trade_id)), frame_index)";

/** In ClickHouse's words; `from` is a table function over silver.trades. */
export function barsFromTradesSql(from: string, interval: BarInterval): string {
  const width = BAR_INTERVAL_US[interval];
  return `
    WITH latest AS (SELECT venue, raw_symbol, max(ts_event) AS latest_ts FROM ${from} GROUP BY venue, raw_symbol)
    SELECT venue, raw_symbol, toString(start), toDecimalString(open, 8), toDecimalString(high, 8), toDecimalString(low, 8),
      toDecimalString(close, 8), toDecimalString(volume, 8), toDecimalString(quote_volume, 16), toDecimalString(buy_volume, 8),
      toDecimalString(sell_volume, 8), toString(executed), toString(${MICROSECONDS("first_ts")}), toString(${MICROSECONDS("last_ts")}),
      toString(${MICROSECONDS("latest_ts")})
    FROM (
      SELECT venue, raw_symbol, intDiv(${MICROSECONDS("ts_event")}, ${width}) * ${width} AS start,
        argMin(price, ${ORDER}) AS open, max(price) AS high, min(price) AS low, argMax(price, ${ORDER}) AS close,
        sum(toDecimal128(size, 8)) AS volume, sum(toDecimal128(price, 8) * size) AS quote_volume,
        sumIf(toDecimal128(size, 8), side = 'buy') AS buy_volume, sumIf(toDecimal128(size, 8), side = 'sell') AS sell_volume,
        sum(executions) AS executed, min(ts_event) AS first_ts, max(ts_event) AS last_ts
      FROM ${from} WHERE NOT has(splitByChar(',', flags), 'nonMarket') GROUP BY venue, raw_symbol, start
    ) AS bars INNER JOIN latest USING (venue, raw_symbol)
    ORDER BY venue, raw_symbol, start`;
}

/** The latest revision of each bar in gold.bars. */
export function latestBarsSql(from: string, interval: BarInterval): string {
  const columns = [
    ...["open", "high", "low", "close", "volume"].map((name) => `toDecimalString(${name}, 8)`),
    "toDecimalString(quote_volume, 16)",
    ...["buy_volume", "sell_volume"].map((name) => `toDecimalString(${name}, 8)`),
    "toString(trades)",
    `toString(${MICROSECONDS("first_ts")})`,
    `toString(${MICROSECONDS("last_ts")})`,
  ];
  return `
    SELECT venue, raw_symbol, toString(${MICROSECONDS("start")}), ${columns.join(", ")}
    FROM ${from} WHERE interval = '${interval}' ORDER BY venue, raw_symbol, start, revision DESC LIMIT 1 BY venue, raw_symbol, start`;
}

export const INTERVALS: readonly BarInterval[] = BAR_INTERVALS;

export interface BarComparison {
  readonly compared: number;
  /** Bars whose time had not passed when K2 stopped. */
  readonly open: number;
}

/**
 * Every bar that the trades give is there and equal, except those of a listing's last moments: a bar is written a second
 * after its end.
 *
 * @param worked of `barsFromTradesSql`
 * @param written of `latestBarsSql`
 * @throws {Error} naming the first bar that differs, is missing, or stands for no trade
 */
export function compareBars(worked: Rows, written: Rows, interval: BarInterval): BarComparison {
  const left = new Map(written.map((row) => [keyOf(row), row]));
  let compared = 0;
  let open = 0;
  for (const full of worked) {
    const [row, latestUs] = [full.slice(0, -1), Number(full.at(-1))];
    const stored = left.get(keyOf(row));
    left.delete(keyOf(row));
    if (stored === undefined && isOpen(Number(row[2]), latestUs, interval)) open += 1;
    else if (JSON.stringify(stored) === JSON.stringify(row)) compared += 1;
    else throw new Error(`the trades give\n  ${JSON.stringify(row)}, gold.bars has\n  ${JSON.stringify(stored)}`);
  }
  const [extra] = left.values();
  if (extra !== undefined) throw new Error(`gold.bars has a bar of which there is no trade: ${JSON.stringify(extra)}`);
  if (compared === 0) throw new Error("There are no bars: nothing was compared");
  return { compared, open };
}

const CLOSE_GRACE_US = 1_000_000;

function isOpen(startUs: number, latestUs: number, interval: BarInterval): boolean {
  return latestUs < startUs + BAR_INTERVAL_US[interval] + CLOSE_GRACE_US;
}

function keyOf([venue, symbol, start]: Rows[number]): string {
  return `${venue} ${symbol} ${start}`;
}
