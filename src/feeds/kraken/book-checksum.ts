import { crc32 } from "node:zlib";
import type { BookSide, OrderBook } from "../../domain/index.ts";

const LEVELS = 10;
const ZERO = 0x30;
/** The digits of 2 × 10 levels of two numbers. */
const digits = new Uint8Array(2 * LEVELS * 2 * 20);

/**
 * What Kraken, v1 and v2 alike, sends with every book message: CRC-32 over the ten best asks, then the ten best bids,
 * each its price and its size as the wire writes them, without the point and without zeros before the first digit.
 *
 * A pair's numbers have a fixed count of decimals on the wire. At that scale the digits are the mantissa's, so that the
 * book must hold prices and sizes at the wire's own scales.
 *
 * @returns unsigned
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v1
 */
export function bookChecksum({ asks, bids }: OrderBook): number {
  return crc32(digits.subarray(0, writeSide(bids, writeSide(asks, 0))));
}

function writeSide(side: BookSide, from: number): number {
  let at = from;
  const depth = Math.min(LEVELS, side.length);
  for (let rank = 0; rank < depth; rank += 1) {
    const price = side.priceNumber(rank);
    const size = side.sizeNumber(rank);
    at = Number.isNaN(price) ? writeText(side.price(rank).toString(), at) : writeNumber(price, at);
    at = Number.isNaN(size) ? writeText(side.size(rank).toString(), at) : writeNumber(size, at);
  }
  return at;
}

/** A whole number above zero, digit by digit. @returns the place after it */
function writeNumber(number: number, from: number): number {
  let length = 1;
  for (let power = 10; power <= number; power *= 10) length += 1;
  let rest = number;
  for (let at = from + length - 1; at >= from; at -= 1) {
    const tenth = Math.floor(rest / 10);
    digits[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return from + length;
}

function writeText(text: string, from: number): number {
  for (let index = 0; index < text.length; index += 1) digits[from + index] = text.charCodeAt(index);
  return from + text.length;
}
