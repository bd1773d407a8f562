import {
  ASK,
  BID,
  type BookChannel,
  formatDecimal,
  parseDecimal,
  rescaled,
  type SnapshotRequest,
} from "../../domain/index.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { isObject, textOf } from "../decode/lexeme-json.ts";
import { isDecimalText } from "../decode/trade-fields.ts";
import { timeOf } from "./book-time.ts";

const PATH = /\/api\/v2\/order_book\/([^/?]+)\/?$/;

/**
 * Every order of the book with its id (`group=2`), which makes the snapshot of an order-level book, and summed by price
 * that of any other.
 *
 * @see https://www.bitstamp.net/api/#tag/Market-info/operation/GetOrderBook
 */
export function snapshotRequest(rawSymbol: string): SnapshotRequest {
  return { url: `https://www.bitstamp.net/api/v2/order_book/${encodeURIComponent(rawSymbol)}/?group=2`, weight: 1 };
}

/** The pair whose book a URL asks for; undefined where it asks for something else. */
export function symbolOfSnapshot(url: string): string | undefined {
  const found = URL.canParse(url) ? PATH.exec(new URL(url).pathname)?.[1] : undefined;
  return found === undefined ? undefined : decodeURIComponent(found);
}

/** An order of a snapshot, or a level where the answer has no ids. */
export interface SnapshotOrder extends LevelText {
  readonly id: string | undefined;
}

export interface Snapshot {
  readonly microtimestamp: number;
  readonly orders: readonly SnapshotOrder[];
}

/** {"timestamp":"…","microtimestamp":"…","bids":[[price,amount,id],…],"asks":[…]}; undefined for anything else */
export function readSnapshot(body: unknown): Snapshot | undefined {
  if (!isObject(body)) return undefined;
  const time = timeOf(body["microtimestamp"]);
  const bids = ordersOf(body["bids"], BID);
  const asks = ordersOf(body["asks"], ASK);
  if (time === undefined || bids === undefined || asks === undefined) return undefined;
  return { microtimestamp: time.us, orders: [...bids, ...asks] };
}

function ordersOf(list: unknown, side: number): readonly SnapshotOrder[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const orders: SnapshotOrder[] = [];
  for (const item of list as readonly unknown[]) {
    const [price, size, id] = Array.isArray(item) ? (item as readonly unknown[]) : [];
    if (typeof price !== "string" || typeof size !== "string") return undefined;
    orders.push({ side, price, size, id: textOf(id) });
  }
  return orders;
}

/** The snapshot as levels: orders at one price are one, of the size that they have together. */
export function snapshotText(
  { microtimestamp, orders }: Snapshot,
  { rawSymbol, channel }: { readonly rawSymbol: string; readonly channel: BookChannel },
): BookText | BookProblem {
  const levels = new Map<string, LevelText>();
  for (const { side, price, size } of orders) {
    if (!isDecimalText(price) || !isDecimalText(size))
      return { problem: "a price or an amount is not a decimal number", channel, rawSymbol };
    const key = `${side} ${price}`;
    const present = levels.get(key);
    levels.set(key, { side, price, size: present === undefined ? size : sumOf(present.size, size) });
  }
  return {
    rawSymbol,
    channel,
    isSnapshot: true,
    levels: [...levels.values()],
    time: { us: microtimestamp, nanos: 0 },
    sequence: microtimestamp,
  };
}

function sumOf(a: string, b: string): string {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  const scale = Math.max(left.scale, right.scale);
  const mantissa = (rescaled(left, scale) ?? 0n) + (rescaled(right, scale) ?? 0n);
  return formatDecimal({ mantissa, scale });
}
