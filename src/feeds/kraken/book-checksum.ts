import { crc32 } from "node:zlib";
import type { BookSide, OrderBook } from "../../domain/index.ts";

const LEVELS = 10;
const ZERO = 0x30;
/** The digits of 2 × 10 levels of two numbers, each with room for zeros. */
const digits = new Uint8Array(2 * LEVELS * 2 * 40);
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** How many decimals more the book's mantissas have than the wire's numbers; fewer where it is negative. */
export interface BeyondWire {
  readonly price: number;
  readonly size: number;
}

const NOTHING_BEYOND: BeyondWire = { price: 0, size: 0 };

/**
 * What Kraken, v1 and v2 alike, sends with every book message: CRC-32 over the ten best asks, then the ten best bids,
 * each its price and its size as the wire writes them, without the point and without zeros before the first digit.
 *
 * A pair's numbers have a fixed count of decimals on the wire. At that scale the digits are the mantissa's.
 *
 * @param beyond zeros that the book's mantissas have after the wire's digits; default: none
 * @returns unsigned
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v1
 */
export function bookChecksum({ asks, bids }: OrderBook, beyond: BeyondWire = NOTHING_BEYOND): number {
  return crc32(digits.subarray(0, writeSide(bids, beyond, writeSide(asks, beyond, 0))));
}

function writeSide(side: BookSide, beyond: BeyondWire, from: number): number {
  let at = from;
  const depth = Math.min(LEVELS, side.length);
  for (let rank = 0; rank < depth; rank += 1) {
    const price = side.priceNumber(rank);
    const size = side.sizeNumber(rank);
    at = Number.isNaN(price) ? writeText(side.price(rank), beyond.price, at) : writeNumber(price, beyond.price, at);
    at = Number.isNaN(size) ? writeText(side.size(rank), beyond.size, at) : writeNumber(size, beyond.size, at);
  }
  return at;
}

/** A whole number above zero, digit by digit, without `beyond` zeros at its end. @returns the place after it */
function writeNumber(mantissa: number, beyond: number, from: number): number {
  // Exact: what the wire wrote has no digits there.
  const number = beyond > 0 ? mantissa / (POWERS[beyond] ?? Number.NaN) : mantissa;
  let length = 1;
  for (let power = 10; power <= number; power *= 10) length += 1;
  let rest = number;
  for (let at = from + length - 1; at >= from; at -= 1) {
    const tenth = Math.floor(rest / 10);
    digits[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return writeZeros(-beyond, from + length);
}

function writeText(mantissa: bigint, beyond: number, from: number): number {
  const text = mantissa.toString();
  const length = beyond > 0 ? text.length - beyond : text.length;
  for (let index = 0; index < length; index += 1) digits[from + index] = text.charCodeAt(index);
  return writeZeros(-beyond, from + Math.max(0, length));
}

function writeZeros(count: number, from: number): number {
  if (count <= 0) return from;
  digits.fill(ZERO, from, from + count);
  return from + count;
}
