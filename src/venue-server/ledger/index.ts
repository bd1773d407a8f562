export type { LedgerFaults, LedgerFeed, LedgerReport, LedgerTrades, SentTrade } from "./ledger.ts";
export { Ledger, LedgerRow } from "./ledger.ts";
export type { SummedTrade, TradeTotals } from "./trade-sum.ts";
export { sameTotals, TradeSum } from "./trade-sum.ts";
