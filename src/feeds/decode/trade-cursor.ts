import {
  type DecodeContext,
  type DecodedListing,
  NO_ID_NUMBER,
  STORED_SCALE,
  type TradeBatch,
} from "../../domain/index.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { ListingCache } from "./listing-cache.ts";
import { literal } from "./literal.ts";

const TRUE = literal("true");
const FALSE = literal("false");
const ID_TEXT_MAX = 256;
/** frameIndex is 16 bits wide. */
export const FRAME_RECORDS_MAX = 65_536;

/** A cursor that fills the row of one trade after the other; see ByteCursor for what its answers mean. */
export class TradeCursor extends ByteCursor {
  readonly listings: ListingCache = new ListingCache();
  #listing: DecodedListing | undefined;

  beginFrame(bytes: Uint8Array, context: DecodeContext): void {
    this.begin(bytes);
    this.listings.use(context);
  }

  /** Goes over a symbol and finds its listing, whose unit the price and the size need. */
  symbol(trades: TradeBatch, row: number): boolean {
    if (!this.text()) return false;
    const listing = this.listings.find(this.bytes, this.textStart, this.textEnd);
    if (listing === undefined) return false;
    this.#listing = listing;
    trades.listing[row] = listing.index;
    return true;
  }

  price(trades: TradeBatch, row: number): boolean {
    return this.decimal(STORED_SCALE + (this.#listing?.unitExponent ?? 0), trades.price, row);
  }

  size(trades: TradeBatch, row: number): boolean {
    return this.decimal(STORED_SCALE - (this.#listing?.unitExponent ?? 0), trades.size, row);
  }

  /** An id that is a number, which is also the row's sequence. */
  numericId(trades: TradeBatch, row: number): boolean {
    const { idNumber } = trades;
    if (!this.int64(idNumber, row)) return false;
    trades.idText[row] = undefined;
    trades.sequence.setHalves(row, idNumber.high(row), idNumber.low(row));
    return true;
  }

  /** Ends a row that is complete but for what is the same for all its kind. */
  finish(trades: TradeBatch, row: number, frameIndex: number): void {
    trades.frameIndex[row] = frameIndex;
    trades.executions[row] = 1;
    trades.length = row + 1;
  }

  /** true or false. @returns 1 or 0; -1 for anything else */
  truth(): number {
    if (this.literal(TRUE)) return 1;
    return this.literal(FALSE) ? 0 : -1;
  }
}

/** Sets an id that is no number, of at most as many characters as a trade may have. */
export function setTextId(trades: TradeBatch, row: number, text: string): boolean {
  trades.idNumber.setNumber(row, NO_ID_NUMBER);
  trades.idText[row] = text;
  return text.length > 0 && text.length <= ID_TEXT_MAX;
}
