import { BAR_INTERVAL_US, BAR_INTERVALS, type BarInterval } from "../../src/domain/index.ts";
import type { QueryEngine } from "../../src/query/index.ts";

export interface BarsReport {
  /** Closed bars that were compared, over all intervals. */
  readonly compared: number;
  /** What its trades say of a bar and the table does not; empty where every bar is right. */
  readonly differences: readonly string[];
}

/** A bar closes when its listing has a trade this long after its end: until then it need not be in the table. */
const CLOSE_GRACE_US = 1_000_000;
const DIFFERENCES_MAX = 10;

/** Makes every bar anew out of silver.trades, by SQL alone, and compares it with the latest revision in gold.bars. */
export async function compareBarsWithTrades(query: QueryEngine): Promise<BarsReport> {
  let compared = 0;
  const differences: string[] = [];
  for (const interval of BAR_INTERVALS) {
    const { rows } = await query.sql(comparison(interval), { rowsMax: DIFFERENCES_MAX + 1 });
    for (const [kind, detail] of rows) {
      if (kind === "compared") compared += Number(detail);
      else differences.push(`${interval} ${detail}`);
    }
  }
  return { compared, differences };
}

const COLUMNS =
  "open, high, low, close, volume, quote_volume, buy_volume, sell_volume, trades, first_ts, first_sequence, last_ts, last_sequence";

/** A trade is in a bar once the finer bars of its time have closed: what is in an open one goes up when that closes. */
function finerBarsAreClosed(interval: BarInterval): string {
  const finer = BAR_INTERVALS.slice(0, BAR_INTERVALS.indexOf(interval));
  return finer
    .map(
      (name) => `
      SEMI JOIN (SELECT venue, raw_symbol, epoch_us(start) AS start_us FROM gold.bars WHERE "interval" = '${name}') AS bars_${name}
        ON bars_${name}.venue = trades.venue AND bars_${name}.raw_symbol = trades.raw_symbol
        AND bars_${name}.start_us = epoch_us(trades.ts_event) // ${BAR_INTERVAL_US[name]} * ${BAR_INTERVAL_US[name]}`,
    )
    .join("");
}

function comparison(interval: BarInterval): string {
  const width = BAR_INTERVAL_US[interval];
  return `
    WITH latest AS (
      SELECT venue, raw_symbol, epoch_us(start) AS start_us, ${COLUMNS} FROM gold.bars WHERE "interval" = '${interval}'
      QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, start ORDER BY revision DESC) = 1
    ), ordered AS (
      SELECT trades.*, coalesce(sequence, trade_id::BIGINT) AS place, epoch_us(ts_event) // ${width} * ${width} AS start_us
      FROM silver.trades AS trades${finerBarsAreClosed(interval)} WHERE NOT contains(flags, 'nonMarket')
    ), made AS (
      SELECT venue, raw_symbol, start_us,
        arg_min(price, ROW(ts_event, ts_event_nanos, place, frame_index)) AS open, max(price) AS high, min(price) AS low,
        arg_max(price, ROW(ts_event, ts_event_nanos, place, frame_index)) AS close,
        sum(size)::DECIMAL(38, 8) AS volume, sum(price::DECIMAL(38, 8) * size)::DECIMAL(38, 16) AS quote_volume,
        coalesce(sum(size) FILTER (side = 'buy'), 0)::DECIMAL(38, 8) AS buy_volume,
        coalesce(sum(size) FILTER (side = 'sell'), 0)::DECIMAL(38, 8) AS sell_volume,
        sum(executions)::BIGINT AS trades, min(ts_event) AS first_ts,
        arg_min(place, ROW(ts_event, ts_event_nanos, place, frame_index)) AS first_sequence, max(ts_event) AS last_ts,
        arg_max(place, ROW(ts_event, ts_event_nanos, place, frame_index)) AS last_sequence
      FROM ordered GROUP BY ALL
    ), ends AS (
      SELECT venue, raw_symbol, max(epoch_us(ts_event)) AS last_us FROM silver.trades GROUP BY ALL
    ), missing AS (
      SELECT made.* FROM made ANTI JOIN latest USING (venue, raw_symbol, start_us)
    ), wrong AS (
      SELECT 'is not what its trades make' AS what, * FROM (SELECT venue, raw_symbol, start_us, ${COLUMNS} FROM latest
        EXCEPT SELECT venue, raw_symbol, start_us, ${COLUMNS} FROM made)
      UNION ALL
      SELECT 'is missing' AS what, missing.* FROM missing JOIN ends USING (venue, raw_symbol)
      WHERE start_us + ${width + CLOSE_GRACE_US} <= last_us
    )
    SELECT 'compared', count(*)::VARCHAR FROM latest
    UNION ALL (SELECT 'wrong', concat_ws(' ', venue, raw_symbol, make_timestamptz(start_us), what) FROM wrong LIMIT ${DIFFERENCES_MAX})`;
}
