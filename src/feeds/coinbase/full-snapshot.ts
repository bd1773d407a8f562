import { ASK, BID, type Instant, type SnapshotRequest } from "../../domain/index.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import { isDecimalText } from "../decode/trade-fields.ts";

const PATH = /\/products\/([^/]+)\/book$/;
const ORDER_ID = /^[\w-]{1,64}$/;
/**
 * Of 300 a minute. A whole book is megabytes, and who polls them is shut out: "Abuse of Level 3 via polling will cause your
 * access to be limited or blocked".
 */
const WEIGHT = 5;

/** @see https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-book */
export function fullSnapshotRequest(rawSymbol: string): SnapshotRequest {
  const path = `/products/${encodeURIComponent(rawSymbol)}/book?level=3`;
  return { url: `https://api.exchange.coinbase.com${path}`, weight: WEIGHT };
}

/** The product whose orders a URL asks for; undefined where it asks for something else. */
export function symbolOfFullSnapshot(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { pathname, searchParams } = new URL(url);
  const found = searchParams.get("level") === "3" ? PATH.exec(pathname)?.[1] : undefined;
  try {
    return found === undefined ? undefined : decodeURIComponent(found);
  } catch {
    return undefined;
  }
}

export interface SnapshotOrder extends LevelText {
  readonly id: string;
}

export interface FullSnapshot {
  /** Of the last message that is in it. */
  readonly sequence: number;
  readonly time: Instant | undefined;
  /** Those of one price in the order in which they are served. */
  readonly orders: readonly SnapshotOrder[];
}

/** {"sequence":…,"bids":[[price,size,order_id],…],"asks":[…],"time":…,"auction_mode":…}; undefined for anything else */
export function readFullSnapshot(body: unknown): FullSnapshot | undefined {
  if (!isObject(body)) return undefined;
  const sequence = numberTextOf(body["sequence"]) ?? textOf(body["sequence"]) ?? "";
  const bids = ordersOf(body["bids"], BID);
  const asks = ordersOf(body["asks"], ASK);
  if (!/^\d{1,15}$/.test(sequence) || bids === undefined || asks === undefined) return undefined;
  const time = rfc3339Time(textOf(body["time"]) ?? "");
  return { sequence: Number(sequence), time, orders: [...bids, ...asks] };
}

function ordersOf(list: unknown, side: number): readonly SnapshotOrder[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const orders: SnapshotOrder[] = [];
  for (const item of list as readonly unknown[]) {
    const [price, size, id] = Array.isArray(item) ? (item as readonly unknown[]) : [];
    if (typeof price !== "string" || typeof size !== "string" || typeof id !== "string") return undefined;
    if (!isDecimalText(price) || !isDecimalText(size) || !ORDER_ID.test(id)) return undefined;
    orders.push({ side, price, size, id });
  }
  return orders;
}
