import { InternalError, type RecordBatch, RecordBatchBuilder, recordStart } from "../base/index.ts";
import { checkRecordVersion } from "./record-version.ts";
import type { TradeBatch } from "./trade-batch.ts";

/*
 * A trade in the embedded event log, little-endian:
 *
 *    0 u8  version (1)     24 f64 event µs         46 u16 id text bytes    64 i64 sequence
 *    1 u8  side            32 f64 receive µs       48 u32 executions       72 f64 raw offset
 *    2 u16 flags           40 u16 event nanos      52 u16 raw partition    80 id text, UTF-8
 *    4 u32 listing         42 u16 receive nanos    54 u8  source
 *    8 i64 price           44 u16 frame index      55 u8  zero
 *   16 i64 size                                    56 i64 id number
 */
const VERSION = 1;
const FIXED_BYTES = 80;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Rows `from` (inclusive) to `to` (exclusive) as records, one a trade. */
export function encodeTrades(trades: TradeBatch, from = 0, to: number = trades.length): RecordBatch {
  const builder = new RecordBatchBuilder((to - from) * FIXED_BYTES + 64);
  for (let row = from; row < to; row += 1) appendTradeRecord(trades, row, builder);
  return builder.take();
}

/** Appends one row as a record. */
export function appendTradeRecord(trades: TradeBatch, row: number, builder: RecordBatchBuilder): void {
  const text = trades.idText[row];
  const id = text === undefined ? undefined : encoder.encode(text);
  const idBytes = id?.byteLength ?? 0;
  if (idBytes > 65_535)
    throw new InternalError(`A trade id of ${idBytes} bytes reached the event log; validation admits 256`);
  const at = builder.reserve(FIXED_BYTES + idBytes);
  const view = builder.view;
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, trades.side[row] ?? 0);
  view.setUint16(at + 2, trades.flags[row] ?? 0, true);
  view.setUint32(at + 4, trades.listing[row] ?? 0, true);
  view.setInt32(at + 8, trades.price.low(row), true);
  view.setInt32(at + 12, trades.price.high(row), true);
  view.setInt32(at + 16, trades.size.low(row), true);
  view.setInt32(at + 20, trades.size.high(row), true);
  view.setFloat64(at + 24, trades.eventTimeUs[row] ?? 0, true);
  view.setFloat64(at + 32, trades.receiveTimeUs[row] ?? 0, true);
  view.setUint16(at + 40, trades.eventTimeNanos[row] ?? 0, true);
  view.setUint16(at + 42, trades.receiveTimeNanos[row] ?? 0, true);
  view.setUint16(at + 44, trades.frameIndex[row] ?? 0, true);
  view.setUint16(at + 46, idBytes, true);
  view.setUint32(at + 48, trades.executions[row] ?? 0, true);
  view.setInt32(at + 56, trades.idNumber.low(row), true);
  view.setInt32(at + 60, trades.idNumber.high(row), true);
  view.setInt32(at + 64, trades.sequence.low(row), true);
  view.setInt32(at + 68, trades.sequence.high(row), true);
  view.setFloat64(at + 72, trades.rawOffset[row] ?? 0, true);
  view.setUint16(at + 52, trades.rawPartition[row] ?? 0, true);
  view.setUint8(at + 54, trades.source[row] ?? 0);
  view.setUint8(at + 55, 0); // A builder's memory may have been used before: the same trade is the same bytes.
  if (id !== undefined) builder.bytes.set(id, at + FIXED_BYTES);
  builder.finish(at + FIXED_BYTES + idBytes);
}

/** Appends the records of `batch` from number `from` on as rows of `trades`. */
export function decodeTrades(batch: RecordBatch, trades: TradeBatch, from = 0): void {
  const { bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = from; index < batch.count; index += 1) {
    const at = recordStart(batch, index);
    checkRecordVersion("A trade record", view.getUint8(at), VERSION);
    const row = trades.nextRow();
    trades.side[row] = view.getUint8(at + 1);
    trades.flags[row] = view.getUint16(at + 2, true);
    trades.listing[row] = view.getUint32(at + 4, true);
    trades.price.setHalves(row, view.getInt32(at + 12, true), view.getInt32(at + 8, true));
    trades.size.setHalves(row, view.getInt32(at + 20, true), view.getInt32(at + 16, true));
    trades.eventTimeUs[row] = view.getFloat64(at + 24, true);
    trades.eventTimeNanos[row] = view.getUint16(at + 40, true);
    trades.receiveTimeNanos[row] = view.getUint16(at + 42, true);
    trades.frameIndex[row] = view.getUint16(at + 44, true);
    trades.executions[row] = view.getUint32(at + 48, true);
    trades.idNumber.setHalves(row, view.getInt32(at + 60, true), view.getInt32(at + 56, true));
    trades.sequence.setHalves(row, view.getInt32(at + 68, true), view.getInt32(at + 64, true));
    trades.rawOffset[row] = view.getFloat64(at + 72, true);
    trades.rawPartition[row] = view.getUint16(at + 52, true);
    trades.source[row] = view.getUint8(at + 54);
    trades.receiveTimeUs[row] = view.getFloat64(at + 32, true);
    const idBytes = view.getUint16(at + 46, true);
    trades.idText[row] =
      idBytes === 0 ? undefined : decoder.decode(bytes.subarray(at + FIXED_BYTES, at + FIXED_BYTES + idBytes));
    trades.length += 1;
  }
}
