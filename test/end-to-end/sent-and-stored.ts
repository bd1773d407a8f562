import { feedById } from "../../src/feeds/index.ts";
import type { QueryEngine } from "../../src/query/index.ts";
import { naturalPriceText, naturalSizeText } from "../../src/query/natural-values.ts";
import type { LedgerReport, VenueServer } from "../../src/venue-server/index.ts";
import { TradeSum, type TradeTotals } from "../../src/venue-server/ledger/trade-sum.ts";
import { type K2Process, until } from "./k2-process.ts";

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

/** Sends everything again on the next subscription, from some trades before the given ids: exactly once must come from K2. */
export function rewindServer(
  server: VenueServer,
  lastIds: ReadonlyMap<string, ReadonlyMap<string, bigint>>,
  overlapTrades: number,
): void {
  for (const [feed, ids] of lastIds) {
    for (const [symbol, id] of ids) server.rewind({ feed, symbol, afterTradeId: String(id - BigInt(overlapTrades)) });
  }
}

/** A server that was rewound sends for a while, and K2 may keep up with it: what is sent must not have grown for so long. */
const QUIET_MS = 2_000;

/** Waits until K2 has taken in every trade that the server sent, and the server sends no more. */
export async function untilAllIsTaken(k2: K2Process, server: VenueServer): Promise<void> {
  let seen = "";
  let quiet = { sent: -1, sinceMs: 0 };
  const isTaken = async (): Promise<boolean> => {
    const { pipeline } = await k2.health();
    const sent = sentTrades(server);
    if (sent !== quiet.sent) quiet = { sent, sinceMs: performance.now() };
    seen = `${sent} trades were sent; K2 says ${JSON.stringify(pipeline)}`;
    return pipeline.trades === sent && pipeline.lagFrames === 0 && performance.now() - quiet.sinceMs >= QUIET_MS;
  };
  await until("K2 has every trade that was sent", isTaken).catch((error: unknown) => {
    throw new Error(seen, { cause: error });
  });
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
