import { feedById } from "../../src/feeds/index.ts";
import type { QueryEngine } from "../../src/query/index.ts";
import { naturalPriceText, naturalSizeText } from "../../src/query/natural-values.ts";
import type { LedgerReport, VenueServer } from "../../src/venue-server/index.ts";
import { TradeSum, type TradeTotals } from "../../src/venue-server/ledger/trade-sum.ts";

const ROWS_MAX = 20_000_000;

/** What the ledger and the table say of one symbol; equal where nothing was lost, doubled or changed. */
export interface Comparison {
  readonly feed: string;
  readonly symbol: string;
  readonly sent: TradeTotals;
  readonly stored: TradeTotals & { readonly distinctIds: number };
}

/** Distinct trades that were sent to anyone. */
export function sentTrades(server: Pick<VenueServer, "ledger">): number {
  return server.ledger().trades.reduce((sum, { trades }) => sum + trades, 0);
}

/** Reads every trade of the ledger's symbols out of silver.trades. */
export async function compareSentAndStored(query: QueryEngine, ledger: LedgerReport): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { feed, symbol, trades, firstId, lastId, sizeSum, checksum } of ledger.trades) {
    comparisons.push({
      feed,
      symbol,
      sent: { trades, firstId, lastId, sizeSum, checksum },
      stored: await storedTotals(query, feedById(feed).venue, symbol),
    });
  }
  return comparisons;
}

async function storedTotals(query: QueryEngine, venue: string, rawSymbol: string): Promise<Comparison["stored"]> {
  const { rows } = await query.sql(
    `SELECT trade_id, price, size, unit, side FROM silver.trades WHERE venue = '${venue}' AND raw_symbol = '${rawSymbol}'`,
    { rowsMax: ROWS_MAX },
  );
  const sum = new TradeSum();
  const ids = new Set<string>();
  for (const [id, price, size, unit, side] of rows) {
    ids.add(String(id));
    sum.add({
      id: String(id),
      price: naturalPriceText(String(price), String(unit)),
      size: naturalSizeText(String(size), String(unit)),
      side: side === "buy" ? "buy" : "sell",
    });
  }
  return { ...sum.totals(), distinctIds: ids.size };
}
