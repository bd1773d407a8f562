import { ASK, BID, type BookLevels } from "../../domain/index.ts";
import type { DbnRecord } from "./dbn-record.ts";
import { RECORD_TYPES } from "./record-types.ts";

/** Where the levels begin in an MBP record, and bytes of each: bid, ask, their sizes, their orders. */
const LEVELS_AT = 48;
const LEVEL_BYTES = 32;

/** Levels a side that the record tells; 0 for records without any. */
export function mbpDepth(record: DbnRecord): number {
  return record.type === RECORD_TYPES.mbp1 ? 1 : record.type === RECORD_TYPES.mbp10 ? 10 : 0;
}

/**
 * Appends the levels of an MBP record: the whole best of the book after the event, bids and then asks, best first. Levels
 * that are not there are left out. Sizes are whole, prices mantissas at PRICE_SCALE.
 */
export function copyMbpLevels(record: DbnRecord, into: BookLevels): void {
  const depth = mbpDepth(record);
  for (const side of [BID, ASK]) {
    for (let rank = 0; rank < depth; rank += 1) {
      const at = LEVELS_AT + rank * LEVEL_BYTES;
      const price = at + (side === BID ? 0 : 8);
      if (record.isNoPrice(price)) continue;
      const row = into.nextRow();
      into.side[row] = side;
      into.price.setHalves(row, record.i32(price + 4), record.i32(price));
      into.size.setHalves(row, 0, record.i32(at + (side === BID ? 16 : 20)));
      into.length += 1;
    }
  }
}

/** Orders at a level of an MBP record. @param rank 0 is the best; below `mbpDepth(record)` */
export function mbpOrders(record: DbnRecord, side: number, rank: number): number {
  return record.u32(LEVELS_AT + rank * LEVEL_BYTES + (side === BID ? 24 : 28));
}
