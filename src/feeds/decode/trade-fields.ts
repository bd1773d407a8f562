import {
  type Decimal,
  type DecodeContext,
  type DecodedListing,
  type Instant,
  NO_ID_NUMBER,
  parseDecimal,
  type RefusalReason,
  rescaled,
  STORED_MANTISSA_LIMIT,
  STORED_SCALE,
} from "../../domain/index.ts";
import type { ListingCache } from "./listing-cache.ts";

/** One trade record as the slow path reads it: texts as the venue wrote them, nothing converted. */
export interface TradeFields {
  readonly rawSymbol: string;
  readonly price: string;
  readonly size: string;
  /** SIDE_BUY, SIDE_SELL or SIDE_UNKNOWN: the taker's. */
  readonly side: number;
  readonly time: Instant;
  readonly id: string;
  /** The id, where it says the order; absent: the id where that is a number, else 0. */
  readonly sequence?: bigint | undefined;
  readonly executions?: number;
  /** Bits of TRADE_FLAGS. */
  readonly flags: number;
}

/** A record, or what is wrong with it. */
export type ReadTrade = TradeFields | TradeProblem;

export interface TradeProblem {
  readonly problem: string;
  readonly rawSymbol?: string;
}

const CANONICAL_INTEGER = /^(?:0|[1-9]\d{0,18})$/;
const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?$/;
const DECIMAL_TEXT_MAX = 256;
const ID_TEXT_MAX = 256;
const FRAME_INDEX_MAX = 65_535;
const INT64_END = 2n ** 63n;

/** The id as a number where it is the canonical text of a non-negative int64. */
export function idNumberOf(id: string): bigint | undefined {
  if (!CANONICAL_INTEGER.test(id)) return undefined;
  const value = BigInt(id);
  return value < INT64_END ? value : undefined;
}

/**
 * Appends one record as a row, or refuses it; the other records of the frame go on either way.
 *
 * @param listings learns which listing the record's symbol is
 */
export function appendTrade(
  read: ReadTrade,
  frameIndex: number,
  context: DecodeContext,
  listings?: ListingCache,
): void {
  if ("problem" in read) {
    refuse(context, "malformed", read.problem, frameIndex, read.rawSymbol);
    return;
  }
  const problem = malformation(read, frameIndex);
  if (problem !== undefined) {
    refuse(context, "malformed", problem, frameIndex, read.rawSymbol);
    return;
  }
  const listing = context.listing(read.rawSymbol, read.price, read.size, read.time.us);
  if (listing === undefined) {
    const detail = `${JSON.stringify(read.rawSymbol)} is not among the configured symbols`;
    refuse(context, "unknown_symbol", detail, frameIndex, read.rawSymbol);
    return;
  }
  if (listing.isProvisional !== true) listings?.learn(read.rawSymbol, listing);
  appendExact(read, listing, frameIndex, context);
}

function appendExact(read: TradeFields, listing: DecodedListing, frameIndex: number, context: DecodeContext): void {
  const exponent = listing.unitExponent;
  const price = stored(parseDecimal(read.price), STORED_SCALE + exponent);
  if (typeof price === "string") {
    context.refusedId?.(listing.index, read.id);
    refuse(context, `${price}_price`, about("price", read.price, exponent), frameIndex, read.rawSymbol);
    return;
  }
  const size = stored(parseDecimal(read.size), STORED_SCALE - exponent);
  if (typeof size === "string") {
    context.refusedId?.(listing.index, read.id);
    refuse(context, `${size}_size`, about("size", read.size, exponent), frameIndex, read.rawSymbol);
    return;
  }
  const { trades } = context;
  const row = trades.nextRow();
  const idNumber = idNumberOf(read.id);
  trades.listing[row] = listing.index;
  trades.price.set(row, price);
  trades.size.set(row, size);
  trades.side[row] = read.side;
  trades.eventTimeUs[row] = read.time.us;
  trades.eventTimeNanos[row] = read.time.nanos;
  trades.idNumber.set(row, idNumber ?? BigInt(NO_ID_NUMBER));
  trades.idText[row] = idNumber === undefined ? read.id : undefined;
  trades.sequence.set(row, read.sequence ?? idNumber ?? 0n);
  trades.frameIndex[row] = frameIndex;
  trades.executions[row] = read.executions ?? 1;
  trades.flags[row] = read.flags;
  trades.length += 1;
}

function malformation({ price, size, id }: TradeFields, frameIndex: number): string | undefined {
  if (!isDecimalText(price)) return `the price ${excerpt(price)} is not a decimal number`;
  if (!isDecimalText(size)) return `the size ${excerpt(size)} is not a decimal number`;
  if (id.length === 0 || id.length > ID_TEXT_MAX)
    return `a trade id has 1 to ${ID_TEXT_MAX} characters, not ${id.length}`;
  // Half a surrogate pair has no UTF-8: several such ids would be one in the log, and another than the one that came.
  if (!id.isWellFormed()) return `the trade id ${excerpt(id)} is no Unicode text`;
  if (frameIndex > FRAME_INDEX_MAX) return `a frame has at most ${FRAME_INDEX_MAX + 1} records`;
  return undefined;
}

/** Whether a text is a decimal number, of a length that is worth reading. */
export function isDecimalText(text: string): boolean {
  return text.length <= DECIMAL_TEXT_MAX && DECIMAL.test(text);
}

/** The mantissa at `scale`, or why there is none. */
function stored(value: Decimal, scale: number): bigint | "non_positive" | "inexact" | "out_of_range" {
  if (value.mantissa <= 0n) return "non_positive";
  const mantissa = rescaled(value, scale);
  if (mantissa === undefined) return "inexact";
  return mantissa < STORED_MANTISSA_LIMIT ? mantissa : "out_of_range";
}

function about(what: string, text: string, unitExponent: number): string {
  return `${what} ${excerpt(text)} does not fit decimal(18,${STORED_SCALE}) above zero (the listing's unit exponent is ${unitExponent})`;
}

function refuse(
  context: DecodeContext,
  reason: RefusalReason,
  detail: string,
  frameIndex: number,
  rawSymbol: string | undefined,
): void {
  context.refuse(reason, detail, rawSymbol === undefined ? { frameIndex } : { rawSymbol, frameIndex });
}

/** Enough of a text to recognise it by. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
