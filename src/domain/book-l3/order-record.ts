import { type RecordBatch, type RecordBatchBuilder, recordStart } from "../../base/index.ts";
import { cachedText, encodedText } from "../book/short-texts.ts";
import { checkRecordVersion } from "../record-version.ts";
import type { OrderEvents } from "./order-events.ts";
import type { OrderRows } from "./order-rows.ts";

/** Where an event of an order came from; the rest stands in OrderEvents, its price and size as stored mantissas. */
export interface OrderOrigin {
  readonly listing: number;
  readonly source: number;
  readonly connection: string;
  readonly epoch: number;
  readonly frameIndex: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
}

/*
 * An event of an order in the embedded event log, little-endian:
 *
 *    0 u8  version (1)     8 i64 order id    40 f64 event µs        60 u32 epoch         78 u8  action
 *    1 u8  source         16 i64 price       48 f64 receive µs      64 f64 raw offset    79 u8  side
 *    2 u16 flags          24 i64 size        56 u16 event nanos     72 u16 raw partition
 *    4 u32 listing        32 i64 sequence    58 u16 receive nanos   74 u16 frame index   80 connection, UTF-8
 *                                                                   76 u16 connection bytes
 */
const VERSION = 1;
const FIXED_BYTES = 80;

/** Appends one row of `events`. */
export function appendOrderRecord(
  events: OrderEvents,
  row: number,
  origin: OrderOrigin,
  builder: RecordBatchBuilder,
): void {
  const connection = encodedText(origin.connection);
  const at = builder.reserve(FIXED_BYTES + connection.byteLength);
  const { view } = builder;
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, origin.source);
  view.setUint16(at + 2, events.flags[row] ?? 0, true);
  view.setUint32(at + 4, origin.listing, true);
  for (const [index, column] of [events.order, events.price, events.size, events.sequence].entries()) {
    view.setInt32(at + 8 + index * 8, column.low(row), true);
    view.setInt32(at + 12 + index * 8, column.high(row), true);
  }
  view.setFloat64(at + 40, events.eventTimeUs[row] ?? 0, true);
  view.setFloat64(at + 48, events.receiveTimeUs[row] ?? 0, true);
  view.setUint16(at + 56, events.eventTimeNanos[row] ?? 0, true);
  view.setUint16(at + 58, events.receiveTimeNanos[row] ?? 0, true);
  view.setUint32(at + 60, origin.epoch, true);
  view.setFloat64(at + 64, origin.rawOffset, true);
  view.setUint16(at + 72, origin.rawPartition, true);
  view.setUint16(at + 74, origin.frameIndex, true);
  view.setUint16(at + 76, connection.byteLength, true);
  view.setUint8(at + 78, events.action[row] ?? 0);
  view.setUint8(at + 79, events.side[row] ?? 0);
  builder.bytes.set(connection, at + FIXED_BYTES);
  builder.finish(at + FIXED_BYTES + connection.byteLength);
}

/**
 * Appends records of `batch` from number `from` on as rows, as many as there is room for.
 *
 * @returns the number of the first record that was not read
 */
export function decodeOrders(batch: RecordBatch, rows: OrderRows, from = 0): number {
  const { bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let index = from;
  for (; index < batch.count && rows.length < rows.capacity; index += 1) {
    const at = recordStart(batch, index);
    checkRecordVersion("An order record", view.getUint8(at), VERSION);
    decodeOrder(view, at, rows);
  }
  return index;
}

function decodeOrder(view: DataView, at: number, rows: OrderRows): void {
  const row = rows.length;
  rows.source[row] = view.getUint8(at + 1);
  rows.flags[row] = view.getUint16(at + 2, true);
  rows.listing[row] = view.getUint32(at + 4, true);
  for (const [index, column] of [rows.order, rows.price, rows.size, rows.sequence].entries())
    column.setHalves(row, view.getInt32(at + 12 + index * 8, true), view.getInt32(at + 8 + index * 8, true));
  rows.eventTimeUs.setNumber(row, view.getFloat64(at + 40, true));
  rows.receiveTimeUs.setNumber(row, view.getFloat64(at + 48, true));
  rows.eventTimeNanos[row] = view.getUint16(at + 56, true);
  rows.receiveTimeNanos[row] = view.getUint16(at + 58, true);
  rows.epoch[row] = view.getUint32(at + 60, true);
  rows.rawOffset.setNumber(row, view.getFloat64(at + 64, true));
  rows.rawPartition[row] = view.getUint16(at + 72, true);
  rows.frameIndex[row] = view.getUint16(at + 74, true);
  rows.connection[row] = cachedText(view, at + FIXED_BYTES, view.getUint16(at + 76, true));
  rows.action[row] = view.getUint8(at + 78);
  rows.side[row] = view.getUint8(at + 79);
  rows.length += 1;
}
