import {
  ASK,
  BID,
  ORDER_ADD,
  ORDER_CLEAR,
  ORDER_FILL,
  ORDER_MODIFY,
  ORDER_NONE,
  ORDER_REDUCE,
  ORDER_SIDE_NONE,
  ORDER_TRADE,
  type OrderEvents,
} from "../../domain/index.ts";
import type { DbnRecord } from "./dbn-record.ts";
import { orderFlags } from "./record-flags.ts";

const UNKNOWN = 255;
/** What each letter does to the book; 255 for a letter that is none. */
const ACTIONS = bytes({
  A: ORDER_ADD,
  M: ORDER_MODIFY,
  // The size of a cancel is how much of the order goes, be it taken back or executed.
  C: ORDER_REDUCE,
  R: ORDER_CLEAR,
  // Trades and fills change nothing by themselves: a cancel follows for what was executed.
  T: ORDER_TRADE,
  F: ORDER_FILL,
  N: ORDER_NONE,
});
const SIDES = bytes({ A: ASK, B: BID, N: ORDER_SIDE_NONE });

/**
 * Appends an MBO record to a batch of order events; sizes are whole, prices mantissas at PRICE_SCALE.
 * The side of a trade is turned round: Databento names the aggressor's.
 *
 * @see https://databento.com/docs/schemas-and-data-formats/mbo
 * @returns whether it could: an action or side that is none of Databento's letters appends nothing
 */
export function appendMboEvent(record: DbnRecord, events: OrderEvents): boolean {
  const action = ACTIONS[record.u8(38)] ?? UNKNOWN;
  const side = SIDES[record.u8(39)] ?? UNKNOWN;
  if (action === UNKNOWN || side === UNKNOWN) return false;
  const row = events.nextRow();
  events.action[row] = action;
  events.side[row] = action === ORDER_TRADE && side !== ORDER_SIDE_NONE ? BID + ASK - side : side;
  events.flags[row] = orderFlags(record.u8(36));
  events.instrument[row] = record.instrument;
  events.order.setHalves(row, record.i32(20), record.i32(16));
  if (record.isNoPrice(24)) {
    // Without a price nothing can rest, whatever its size.
    events.price.setHalves(row, 0, 0);
    events.size.setHalves(row, 0, 0);
  } else {
    events.price.setHalves(row, record.i32(28), record.i32(24));
    events.size.setHalves(row, 0, record.i32(32));
  }
  events.sequence.setHalves(row, 0, record.i32(52));
  events.eventTimeUs[row] = record.timeUs(8);
  events.eventTimeNanos[row] = record.timeNanos(8);
  events.receiveTimeUs[row] = record.timeUs(40);
  events.receiveTimeNanos[row] = record.timeNanos(40);
  events.length += 1;
  return true;
}

function bytes(values: Readonly<Record<string, number>>): Uint8Array {
  const table = new Uint8Array(256).fill(UNKNOWN);
  for (const [letter, value] of Object.entries(values)) table[letter.charCodeAt(0)] = value;
  return table;
}
