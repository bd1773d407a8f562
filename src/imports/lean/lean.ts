import { TRADE_FLAGS } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";

/**
 * Lean's equity ticks of trades: `<date>_trade.zip` with one headerless `<date>_<ticker>_Trade_Tick.csv`. Columns:
 * milliseconds since midnight in New York, price × 10,000, size, exchange code, sale conditions (hexadecimal bits),
 * suspicious (1 or 0). Ids are made of the whole row and its date (see kraken.ts for the rule).
 *
 * Rows marked suspicious are kept and are in no bar. The sale conditions' meaning is not published in full; they stay in
 * the raw log.
 *
 * @see https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md
 */
export const leanEquityTrades: ImportFormat = {
  id: "lean-equity-trades",
  name: "Lean: ticks of US equity trades",
  documentation: "https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md",
  venue: "us-equities",
  spelling: [],
  fileName: /^(?<date>\d{8})_(?<symbol>[a-z.]+)_trade_tick\.csv$/i,
  text: "csv",
  delimiter: ",",
  header: "none",
  columns: [
    { names: ["time"], role: { kind: "time", unit: "ms-of-day" }, identity: true },
    { names: ["price"], role: { kind: "price", impliedDecimals: 4 }, identity: true },
    { names: ["size"], role: { kind: "size" }, identity: true },
    { names: ["exchange"], identity: true },
    { names: ["conditions"], identity: true },
    { names: ["suspicious"], role: { kind: "flag", flag: TRADE_FLAGS.nonMarket, when: ["1"] }, identity: true },
  ],
  flags: 0,
  zone: "America/New_York",
};

/**
 * Lean's crypto ticks of trades: one headerless `<date>_<symbol>_tick_trade.csv`: milliseconds since midnight UTC, price,
 * quantity; in newer files suspicious (1 or 0). Neither id nor side.
 *
 * @see https://github.com/QuantConnect/Lean/blob/master/Data/crypto/readme.md
 */
export const leanCryptoTrades: ImportFormat = {
  id: "lean-crypto-trades",
  name: "Lean: ticks of crypto trades",
  documentation: "https://github.com/QuantConnect/Lean/blob/master/Data/crypto/readme.md",
  venue: undefined,
  spelling: [],
  fileName: /^(?<date>\d{8})_(?<symbol>[a-z0-9]+)_tick_trade\.csv$/i,
  text: "csv",
  delimiter: ",",
  header: "none",
  columns: [
    { names: ["time"], role: { kind: "time", unit: "ms-of-day" }, identity: true },
    { names: ["price"], role: { kind: "price" }, identity: true },
    { names: ["quantity"], role: { kind: "size" }, identity: true },
    {
      names: ["suspicious"],
      role: { kind: "flag", flag: TRADE_FLAGS.nonMarket, when: ["1"] },
      optional: true,
    },
  ],
  flags: 0,
};
