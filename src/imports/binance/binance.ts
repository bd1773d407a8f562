import { TRADE_FLAGS } from "../../domain/index.ts";
import type { Column, ImportFormat } from "../format.ts";

/*
 * Binance's public dumps, https://data.binance.vision, described at https://github.com/binance/binance-public-data.
 * One CSV in each zip. Spot files have no header; those of the futures have one since 2022 or so, and none before.
 * Times are Unix milliseconds, and microseconds on spot from 2025-01-01 on: told apart by their digits.
 *
 * isBuyerMaker true: the buyer rested, the seller crossed the spread. Spelled true, True or TRUE, by year and market.
 * The ids are those of the live streams (`t`, and `a` for aggregates), so that both give one row.
 */
const DOCUMENTATION = "https://github.com/binance/binance-public-data#trades";
const PRICE: Column = { names: ["price"], role: { kind: "price" } };
const TIME: Column = { names: ["time", "transact_time", "timestamp"], role: { kind: "time", unit: "ms-or-us" } };
const BUYER_IS_MAKER: Column = {
  names: ["is_buyer_maker", "isbuyermaker", "was the buyer the maker"],
  role: { kind: "buyerIsMaker" },
};
const BEST_MATCH: Column = { names: ["is_best_match", "isbestmatch", "was the trade the best price match"] };

/** trade id, price, quantity, quote (COIN-M: base) quantity, time, isBuyerMaker, on spot isBestMatch. */
const TRADE_COLUMNS: readonly Column[] = [
  { names: ["id", "trade_id", "trade id"], role: { kind: "id", isNumber: true } },
  PRICE,
  { names: ["qty", "quantity"], role: { kind: "size" } },
  { names: ["quote_qty", "quoteqty", "base_qty"] },
  TIME,
  BUYER_IS_MAKER,
  BEST_MATCH,
];

/** aggregate id, price, quantity, first and last trade id, time, isBuyerMaker, on spot isBestMatch. */
const AGGREGATE_COLUMNS: readonly Column[] = [
  { names: ["agg_trade_id", "aggregate tradeid"], role: { kind: "id", prefix: "a" } },
  PRICE,
  { names: ["quantity", "qty"], role: { kind: "size" } },
  { names: ["first_trade_id", "first tradeid"], role: { kind: "firstId" } },
  { names: ["last_trade_id", "last tradeid"], role: { kind: "lastId" } },
  TIME,
  BUYER_IS_MAKER,
  BEST_MATCH,
];

const MARKETS = [
  { id: "", feed: "binance", name: "Binance spot", flags: 0 },
  { id: "usdm-", feed: "binance-usdm", name: "Binance USD-M futures", flags: 0 },
  // Sizes count contracts (of 100 USD on BTC, 10 USD on others), as on the live feed.
  { id: "coinm-", feed: "binance-coinm", name: "Binance COIN-M futures", flags: TRADE_FLAGS.contracts },
] as const;

function format(market: (typeof MARKETS)[number], kind: "trades" | "aggtrades"): ImportFormat {
  const isAggregate = kind === "aggtrades";
  return {
    id: `binance-${market.id}${kind}`,
    name: `${market.name}: public dump of ${isAggregate ? "aggregate trades" : "trades"}`,
    documentation: DOCUMENTATION,
    venue: undefined,
    spelling: [market.feed],
    fileName: isAggregate ? AGGREGATE_NAME : TRADE_NAME,
    fieldCount: (isAggregate ? 7 : 6) + (market.id === "" ? 1 : 0),
    text: "csv",
    delimiter: ",",
    header: "optional",
    columns: isAggregate ? AGGREGATE_COLUMNS : TRADE_COLUMNS,
    flags: market.flags | (isAggregate ? TRADE_FLAGS.aggregated : 0),
  };
}

/** BTCUSDT-trades-2025-01-15.zip, BTCUSD_PERP-aggTrades-2024-03.csv */
const TRADE_NAME = /^(?<symbol>[A-Z0-9_]+)-trades-(?<date>\d{4}-\d{2}(?:-\d{2})?)\.(?:csv|zip)$/;
const AGGREGATE_NAME = /^(?<symbol>[A-Z0-9_]+)-aggTrades-(?<date>\d{4}-\d{2}(?:-\d{2})?)\.(?:csv|zip)$/;

/** Trades and aggregate trades of spot, USD-M and COIN-M. */
export const BINANCE_FORMATS: readonly ImportFormat[] = MARKETS.flatMap((market) => [
  format(market, "trades"),
  format(market, "aggtrades"),
]);
