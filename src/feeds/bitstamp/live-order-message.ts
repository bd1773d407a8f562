import { ASK, BID, type Instant } from "../../domain/index.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { isDecimalText } from "../decode/trade-fields.ts";
import { timeOf } from "./book-time.ts";

/** An order as an event tells it. */
export interface LiveOrder {
  readonly event: "order_created" | "order_changed" | "order_deleted";
  readonly rawSymbol: string;
  readonly id: bigint;
  readonly side: number;
  readonly price: string;
  /** What is left of it. */
  readonly size: string;
  /** It names no price, and never rests. */
  readonly isMarket: boolean;
  readonly time: Instant;
}

const PREFIX = "live_orders_";

/*
 * {"data":{…},"channel":"live_orders_<pair>","event":"order_created"|"order_changed"|"order_deleted"}
 * https://www.bitstamp.net/websocket/v2/, channel "Live orders"
 *
 *   id_str                  the order's id; `id` is the same as a JSON number
 *   order_type              0 buy, 1 sell
 *   price_str, amount_str   texts; the amount is what is left. `price` and `amount` are the same as JSON numbers
 *   microtimestamp          when it was done, microseconds, as text; `datetime` is the same in seconds
 */
export function readLiveOrder(
  message: JsonObject,
): LiveOrder | { readonly problem: string; readonly rawSymbol: string } | undefined {
  const { channel, event, data } = message;
  if (typeof channel !== "string" || !channel.startsWith(PREFIX) || !isOrderEvent(event)) return undefined;
  const rawSymbol = channel.slice(PREFIX.length);
  const wrong = (problem: string) => ({ problem, rawSymbol });
  if (!isObject(data)) return wrong("data is not an object");
  const id = textOf(data["id_str"]) ?? numberTextOf(data["id"]) ?? "";
  if (!/^\d{1,18}$/.test(id)) return wrong("the order has no id");
  const type = numberTextOf(data["order_type"]);
  if (type !== "0" && type !== "1") return wrong("order_type is neither 0 (buy) nor 1 (sell)");
  const price = textOf(data["price_str"]) ?? "";
  const size = textOf(data["amount_str"]) ?? "";
  if (!isDecimalText(price) || !isDecimalText(size)) return wrong("price_str or amount_str is not a decimal number");
  const time = timeOf(data["microtimestamp"]);
  if (time === undefined) return wrong("microtimestamp is not a Unix time in microseconds as text");
  const isMarket = /^0(?:\.0*)?$/.test(price);
  return { event, rawSymbol, id: BigInt(id), side: type === "0" ? BID : ASK, price, size, isMarket, time };
}

function isOrderEvent(event: unknown): event is LiveOrder["event"] {
  return event === "order_created" || event === "order_changed" || event === "order_deleted";
}
