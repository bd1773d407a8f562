import { crc32 } from "node:zlib";
import { type BookSide, formatShortest, type OrderBook } from "../../domain/index.ts";

const LEVELS = 25;

/**
 * What OKX sends with a message of its 50- and 400-level books: CRC-32 over the 25 best levels, a bid and an ask in turn,
 * `price:size` each with colons between; where one side has fewer, the other's follow alone. Numbers are written without
 * zeros at their end, as on the wire.
 *
 * @param scales digits after the point of the book's mantissas
 * @returns signed, as the venue writes it
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
export function bookChecksum(
  { bids, asks }: OrderBook,
  scales: { readonly price: number; readonly size: number },
): number {
  const parts: string[] = [];
  const add = (side: BookSide, rank: number): void => {
    if (rank >= side.length) return;
    parts.push(formatShortest({ mantissa: side.price(rank), scale: scales.price }));
    parts.push(formatShortest({ mantissa: side.size(rank), scale: scales.size }));
  };
  for (let rank = 0; rank < LEVELS; rank += 1) {
    add(bids, rank);
    add(asks, rank);
  }
  return crc32(parts.join(":")) | 0;
}
