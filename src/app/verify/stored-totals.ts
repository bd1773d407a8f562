import { parseDecimal, rescaled, STORED_SCALE, TAKER_SIDES } from "../../domain/index.ts";
import { TradeChecksum } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";

export interface StoredTotals {
  trades: number;
  size: bigint;
  readonly checksum: TradeChecksum;
}

const PAGE_ROWS = 100_000;

/** What silver.trades holds of each listing, by `venue|rawSymbol`, over rows that the condition admits. */
export async function storedTotals(query: QueryEngine, condition: string): Promise<ReadonlyMap<string, StoredTotals>> {
  const totals = new Map<string, StoredTotals>();
  const { rows: partitions } = await query.sql(
    "SELECT DISTINCT _partition, max(_offset) FROM silver.trades GROUP BY 1",
    { rowsMax: 1000 },
  );
  for (const [partition, last] of partitions) {
    for (let from = 0; from <= Number(last); from += PAGE_ROWS) {
      const { rows } = await query.sql(
        `SELECT venue, raw_symbol, trade_id, price, size, side, epoch_us(ts_event), ts_event_nanos FROM silver.trades
         WHERE _partition = ${Number(partition)} AND _offset >= ${from} AND _offset < ${from + PAGE_ROWS} AND (${condition})`,
        { rowsMax: PAGE_ROWS },
      );
      for (const row of rows) addRow(totals, row);
    }
  }
  return totals;
}

function addRow(
  totals: Map<string, StoredTotals>,
  [venue, rawSymbol, tradeId, price, size, side, timeUs, nanos]: readonly unknown[],
): void {
  const key = `${venue}|${rawSymbol}`;
  const total = totals.get(key) ?? { trades: 0, size: 0n, checksum: new TradeChecksum() };
  totals.set(key, total);
  const stored = mantissa(size);
  total.trades += 1;
  total.size += stored;
  total.checksum.add({
    tradeId: String(tradeId),
    price: mantissa(price),
    size: stored,
    side: TAKER_SIDES.findIndex((name) => name === side),
    eventTimeUs: Number(timeUs),
    eventTimeNanos: Number(nanos),
  });
}

function mantissa(value: unknown): bigint {
  return rescaled(parseDecimal(String(value)), STORED_SCALE) ?? 0n;
}
