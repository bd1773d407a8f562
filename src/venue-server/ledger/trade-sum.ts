import { compareDecimals, type Decimal, formatShortest, parseDecimal, type TakerSide } from "../../domain/index.ts";

/** A trade as far as the sum of many needs it. Prices and sizes are decimal texts in any spelling. */
export interface SummedTrade {
  /** The venue's id; empty where the venue gives none. */
  readonly id: string;
  readonly price: string;
  readonly size: string;
  readonly side: TakerSide;
}

export interface TradeTotals {
  readonly trades: number;
  /** Lowest and highest where ids are whole numbers, else first and last added; undefined without trades. */
  readonly firstId: string | undefined;
  readonly lastId: string | undefined;
  /** Exact, without superfluous zeros. */
  readonly sizeSum: string;
  /** 16 hex digits; see `TradeSum`. */
  readonly checksum: string;
}

const WHOLE_NUMBER = /^\d{1,20}$/;
/** Sizes are added as doubles while that is exact. */
const EXACT_MAX = 2 ** 52;

/**
 * Count, ids, exact size and a checksum of trades in any order: equal sums on both sides of a wire mean equal trades.
 *
 * The checksum of one trade is taken over the text `id|price|size|side` (price and size without superfluous zeros,
 * side of the taker): FNV-1a with 32 bits, from offset 0x811c9dc5 for the left and 0x9dc5811c for the right half,
 * each mixed by MurmurHash3's finaliser. The checksum of many is the sum of each half modulo 2^32, left half first.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export class TradeSum {
  #trades = 0;
  #firstId: string | undefined;
  #lastId: string | undefined;
  #left = 0;
  #right = 0;
  #size: Decimal = { mantissa: 0n, scale: 0 };
  #pending = 0;
  #pendingScale = 0;

  add(trade: SummedTrade): void {
    const size = parseDecimal(trade.size);
    this.#addSize(size);
    this.#addTrade(trade.id, formatShortest(parseDecimal(trade.price)), formatShortest(size), trade.side);
  }

  /**
   * The same without parsing.
   *
   * @param trade with price and size in their shortest spelling
   * @param sizeMantissa the size × 10^scale, a whole number below 2^52
   */
  addScaled(trade: SummedTrade, sizeMantissa: number, scale: number): void {
    if (scale !== this.#pendingScale || this.#pending + sizeMantissa > EXACT_MAX) this.#settle(scale);
    this.#pending += sizeMantissa;
    this.#addTrade(trade.id, trade.price, trade.size, trade.side);
  }

  totals(): TradeTotals {
    this.#settle(this.#pendingScale);
    return {
      trades: this.#trades,
      firstId: this.#firstId,
      lastId: this.#lastId,
      sizeSum: formatShortest(this.#size),
      checksum: hex(this.#left) + hex(this.#right),
    };
  }

  #addTrade(id: string, price: string, size: string, side: TakerSide): void {
    const text = `${id}|${price}|${size}|${side}`;
    this.#left = (this.#left + hash(text, 0x811c9dc5)) >>> 0;
    this.#right = (this.#right + hash(text, 0x9dc5811c)) >>> 0;
    this.#trades += 1;
    if (this.#firstId === undefined || isBelow(id, this.#firstId)) this.#firstId = id;
    if (this.#lastId === undefined || !isBelow(id, this.#lastId)) this.#lastId = id;
  }

  #addSize({ mantissa, scale }: Decimal): void {
    const common = Math.max(scale, this.#size.scale);
    const widen = (decimal: Decimal): bigint => decimal.mantissa * 10n ** BigInt(common - decimal.scale);
    this.#size = { mantissa: widen(this.#size) + widen({ mantissa, scale }), scale: common };
  }

  #settle(nextScale: number): void {
    this.#addSize({ mantissa: BigInt(this.#pending), scale: this.#pendingScale });
    this.#pending = 0;
    this.#pendingScale = nextScale;
  }
}

/** The two totals agree on every trade; ids are compared too. */
export function sameTotals(a: TradeTotals, b: TradeTotals): boolean {
  return (
    a.trades === b.trades &&
    a.firstId === b.firstId &&
    a.lastId === b.lastId &&
    a.checksum === b.checksum &&
    compareDecimals(parseDecimal(a.sizeSum), parseDecimal(b.sizeSum)) === 0
  );
}

function isBelow(a: string, b: string): boolean {
  if (a.length !== b.length) return a.length < b.length && WHOLE_NUMBER.test(a) && WHOLE_NUMBER.test(b);
  return a < b && WHOLE_NUMBER.test(a) && WHOLE_NUMBER.test(b);
}

function hash(text: string, offset: number): number {
  let value = offset | 0;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}
