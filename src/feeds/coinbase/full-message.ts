import { ASK, BID, type Instant } from "../../domain/index.ts";
import type { BookProblem } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import { isDecimalText } from "../decode/trade-fields.ts";
import { FULL } from "./book-channels.ts";

/** What a message does to one order, if that rests. */
export interface FullEvent {
  readonly kind: "open" | "match" | "done" | "change";
  /** Of a match the maker's. */
  readonly id: string;
  readonly side: number;
  /** Undefined where the order keeps its own, or goes. */
  readonly price: string | undefined;
  /** Of open and change what rests from then on, of match what goes. */
  readonly size: string | undefined;
}

export interface FullMessage {
  readonly rawSymbol: string;
  readonly sequence: number;
  readonly time: Instant;
  /** Undefined where no order on the book can be meant. */
  readonly event: FullEvent | undefined;
}

const KINDS: ReadonlySet<unknown> = new Set(["received", "open", "done", "match", "change", "activate"]);
/** UUIDs, taken as texts. */
const ORDER_ID = /^[\w-]{1,64}$/;
const SEQUENCE = /^\d{1,15}$/;

/*
 * Channel "full": {"type":…,"product_id":…,"sequence":…,"time":…, …}, keys in any order.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#full-channel
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/overview#sequence-numbers
 *
 *   sequence   of the product: each message's is one more than that of the message before
 *   time       RFC 3339
 *   side       "buy" or "sell": the order's; of a match the MAKER's
 *
 *   received   order_id, order_type, price and size of a limit order, size or funds of a market order: nothing rests yet
 *   open       order_id, price, remaining_size: so much rests now
 *   match      trade_id, maker_order_id, taker_order_id, price, size: so much of the maker goes; the same trade as on "matches"
 *   done       order_id, reason "filled" or "canceled", remaining_size; price unless it is a market order. Also of orders that
 *              never rested, and its price need not be the one at which the order rests (after a change it has been another)
 *   change     order_id, old_size, new_size; reason "STP" with price (null of a market order), reason "modify_order" with
 *              old_price and new_price. Also of orders that do not rest yet
 *   activate   a stop order was placed. The documented one has no sequence, and is sent to its owner alone
 *
 * Orders of all kinds are told, and only those that rest make the book: which those are the book itself knows.
 *
 * Its numbers may be JsonNumbers, or as JSON.parse gives them.
 */
export function readFullMessage(message: JsonObject): FullMessage | BookProblem | undefined {
  const { type } = message;
  if (!KINDS.has(type) || (type === "activate" && message["sequence"] === undefined)) return undefined;
  const rawSymbol = textOf(message["product_id"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel: FULL, rawSymbol });
  if (rawSymbol === undefined) return wrong("product_id is not a text");
  const sequence = numberTextOf(message["sequence"]) ?? String(message["sequence"]);
  if (typeof message["sequence"] === "string" || !SEQUENCE.test(sequence))
    return wrong("sequence is not a whole number");
  const time = rfc3339Time(textOf(message["time"]) ?? "");
  if (time === undefined) return wrong("time is not an RFC 3339 time");
  const side = message["side"] === "buy" ? BID : message["side"] === "sell" ? ASK : undefined;
  if (side === undefined) return wrong("side is neither buy nor sell");
  const event = eventOf(message, side);
  if (typeof event === "string") return wrong(event);
  return { rawSymbol, sequence: Number(sequence), time, event };
}

/** A text says what is wrong. */
function eventOf(message: JsonObject, side: number): FullEvent | string | undefined {
  switch (message["type"]) {
    case "open":
      return resting("open", message, side, "remaining_size");
    case "match":
      return resting("match", message, side, "size");
    case "done": {
      const id = orderId(message["order_id"]);
      return id === undefined ? NO_ID : { kind: "done", id, side, price: undefined, size: undefined };
    }
    case "change":
      return change(message, side);
    default:
      return undefined;
  }
}

const NO_ID = "the order has no id";

function resting(kind: "open" | "match", message: JsonObject, side: number, sizeName: string): FullEvent | string {
  const id = orderId(message[kind === "match" ? "maker_order_id" : "order_id"]);
  if (id === undefined) return NO_ID;
  const price = decimalText(message["price"]);
  const size = decimalText(message[sizeName]);
  if (price === undefined || size === undefined) return `price or ${sizeName} is not a decimal number as text`;
  return { kind, id, side, price, size };
}

/** Without a price or a new size it is of a market order, which never rests. */
function change(message: JsonObject, side: number): FullEvent | string | undefined {
  const id = orderId(message["order_id"]);
  if (id === undefined) return NO_ID;
  const [price, size] = [message["new_price"] ?? message["price"] ?? undefined, message["new_size"] ?? undefined];
  if (price === undefined || size === undefined) return undefined;
  const [priceText, sizeText] = [decimalText(price), decimalText(size)];
  if (priceText === undefined || sizeText === undefined) return "the new price or size is not a decimal number as text";
  return { kind: "change", id, side, price: priceText, size: sizeText };
}

/** The price and the size that a message names, which tell a new listing's unit; none of orders at any price. */
export function namedLevel(message: JsonObject): readonly LevelText[] {
  const price = decimalText(message["price"] ?? message["new_price"]);
  const size = decimalText(message["size"] ?? message["remaining_size"] ?? message["new_size"]);
  return price === undefined || size === undefined ? [] : [{ side: BID, price, size }];
}

function orderId(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && ORDER_ID.test(text) ? text : undefined;
}

function decimalText(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && isDecimalText(text) ? text : undefined;
}
