import { SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN, TRADE_FLAGS } from "../../domain/index.ts";
import type { FrameIds } from "../decode/frame-ids.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { venueText } from "./exact-text.ts";

/*
 * One trade of ccxt: https://docs.ccxt.com/#/?id=trade-structure
 *
 *   id             as the exchange tells it, or as ccxt puts it together; may be absent: then K2 makes one
 *   timestamp      ms; what is finer is lost
 *   side           the taker's: buy or sell; may be absent
 *   price, amount  texts, for K2 asks ccxt to leave them so; the amount counts contracts where the frame says "contract"
 *   info           what ccxt made a trade of: where its texts have price and amount, the numbers are the venue's own. Where
 *                  they do not, they went through doubles or ccxt computed them: the row is flagged inexact
 */
export function readCcxtTrade(record: unknown, frame: JsonObject, ids: FrameIds): ReadTrade {
  const rawSymbol = textOf(frame["symbol"]);
  if (rawSymbol === undefined) return { problem: "symbol is not a text" };
  if (!isObject(record)) return { problem: "a trade is not an object", rawSymbol };
  const numbers = numbersOf(record);
  if (numbers === undefined) return { problem: "price or amount is missing", rawSymbol };
  const milliseconds = numberTextOf(record["timestamp"]) ?? "";
  const time = unixTime(milliseconds);
  if (time === undefined) return { problem: "timestamp is not a Unix time in milliseconds", rawSymbol };
  const side = sideOf(record["side"]);
  if (side === undefined) return { problem: "side is neither buy nor sell", rawSymbol };
  const told = textOf(record["id"]) ?? "";
  const made = `${milliseconds}/${numbers.told}/${String(record["side"] ?? "")}`;
  const contracts = frame["contract"] === true ? TRADE_FLAGS.contracts : 0;
  return {
    rawSymbol,
    price: numbers.price,
    size: numbers.size,
    side,
    time,
    id: told === "" ? ids.idOf(made) : told,
    flags: numbers.flags | contracts | (told === "" ? TRADE_FLAGS.syntheticId : 0),
  };
}

interface Numbers {
  readonly price: string;
  readonly size: string;
  /** As ccxt wrote them. */
  readonly told: string;
  readonly flags: number;
}

function numbersOf(record: JsonObject): Numbers | undefined {
  const price = textOf(record["price"]) ?? numberTextOf(record["price"]);
  const size = textOf(record["amount"]) ?? numberTextOf(record["amount"]);
  if (price === undefined || size === undefined) return undefined;
  const exact = { price: venueText(price, record["info"]), size: venueText(size, record["info"]) };
  return {
    price: exact.price ?? price,
    size: exact.size ?? size,
    told: `${price}/${size}`,
    flags: exact.price === undefined || exact.size === undefined ? TRADE_FLAGS.inexact : 0,
  };
}

function sideOf(side: unknown): number | undefined {
  if (side === "buy") return SIDE_BUY;
  if (side === "sell") return SIDE_SELL;
  return side === undefined || side === null ? SIDE_UNKNOWN : undefined;
}
