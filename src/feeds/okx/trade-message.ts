import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, type JsonObject, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * Channels "trades" and "trades-all": {"arg":{"channel":…,"instId":…},"data":[record, …]}. All values are texts but seqId.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-all-trades-channel
 *
 *   instId   instrument: BTC-USDT is spot, BTC-USDT-SWAP and BTC-USD-261225 are derivatives
 *   tradeId  trade id, a number that grows by one from trade to trade of an instrument
 *   px       price
 *   sz       size: base currency on spot, contracts on derivatives
 *   side     the taker's: buy or sell
 *   ts       when it was filled, ms
 *   count    "trades" only, since 2023: how many executions of one taker order at one price the record stands for;
 *            tradeId is then the last one's, and theirs are the `count` numbers up to it
 *   source   since 2025: "1" where an order of the Enhanced Liquidity Program was hit, which improves the price for
 *            retail takers; "0" otherwise
 *   seqId    "trades" only: the message's place among those of the instrument, its books' included; not kept, for
 *            trade ids order trades, and several may share one seqId
 *
 * On subscribing the venue sends the last trade once more, however old it is: its id tells.
 */
export function readOkxTrade(record: unknown): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["instId"]);
  if (rawSymbol === undefined) return { problem: "instId is not a text" };
  const price = textOf(record["px"]);
  const size = textOf(record["sz"]);
  if (price === undefined || size === undefined) return { problem: "px or sz is not a text", rawSymbol };
  const side = record["side"];
  if (side !== "buy" && side !== "sell") return { problem: "side is neither buy nor sell", rawSymbol };
  const id = textOf(record["tradeId"]);
  if (id === undefined) return { problem: "tradeId is not a text", rawSymbol };
  const time = unixTime(textOf(record["ts"]) ?? "");
  if (time === undefined) return { problem: "ts is not a Unix time in milliseconds", rawSymbol };
  const executions = executionsOf(record);
  if (executions === undefined) return { problem: "count is not a number of trades", rawSymbol };
  const flags = flagsOf(rawSymbol, record["source"] === "1", executions);
  return { rawSymbol, price, size, side: side === "buy" ? SIDE_BUY : SIDE_SELL, time, id, executions, flags };
}

/** `count` is kept in 32 bits. */
export const EXECUTIONS_MAX = 4_294_967_295;

function executionsOf(record: JsonObject): number | undefined {
  if (!("count" in record)) return 1;
  const text = textOf(record["count"]) ?? "";
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= EXECUTIONS_MAX ? Number(text) : undefined;
}

function flagsOf(instId: string, isImproved: boolean, executions: number): number {
  return (
    (instId.indexOf("-") === instId.lastIndexOf("-") ? 0 : TRADE_FLAGS.contracts) |
    (isImproved ? TRADE_FLAGS.retailImprovement : 0) |
    (executions > 1 ? TRADE_FLAGS.aggregated : 0)
  );
}
