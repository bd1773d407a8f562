import { type RecordBatch, type RecordBatchBuilder, recordStart } from "../../base/index.ts";
import { checkRecordVersion } from "../record-version.ts";
import type { QuoteRows } from "./quote-rows.ts";
import { cachedText, encodedText } from "./short-texts.ts";

/** A change of the best bid or ask; prices and sizes are stored mantissas in two halves, as columns hold them. */
export interface Quote {
  readonly listing: number;
  /** Bits of QUOTE_FLAGS. */
  readonly flags: number;
  readonly source: number;
  /** Bid price, bid size, ask price, ask size: of each the low and the high 32 bits. */
  readonly halves: Int32Array;
  /** 0 where flagged noEventTime. */
  readonly eventTimeUs: number;
  readonly eventTimeNanos: number;
  readonly receiveTimeUs: number;
  readonly receiveTimeNanos: number;
  readonly connection: string;
  readonly epoch: number;
  /** -1 where the message has none. */
  readonly sequence: number;
  readonly frameIndex: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
}

/*
 * A quote in the embedded event log, little-endian:
 *
 *    0 u8  version (1)     8 i64 bid price    40 f64 event µs        60 u32 epoch         80 u16 raw partition
 *    1 u8  source         16 i64 bid size     48 f64 receive µs      64 f64 sequence      82 u16 frame index
 *    2 u16 flags          24 i64 ask price    56 u16 event nanos     72 f64 raw offset    84 u16 connection bytes
 *    4 u32 listing        32 i64 ask size     58 u16 receive nanos                        86 connection, UTF-8
 */
const VERSION = 1;
const FIXED_BYTES = 86;

export function appendQuoteRecord(quote: Quote, builder: RecordBatchBuilder): void {
  const connection = encodedText(quote.connection);
  const at = builder.reserve(FIXED_BYTES + connection.byteLength);
  const { view } = builder;
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, quote.source);
  view.setUint16(at + 2, quote.flags, true);
  view.setUint32(at + 4, quote.listing, true);
  for (let half = 0; half < 8; half += 1) view.setInt32(at + 8 + half * 4, quote.halves[half] ?? 0, true);
  view.setFloat64(at + 40, quote.eventTimeUs, true);
  view.setFloat64(at + 48, quote.receiveTimeUs, true);
  view.setUint16(at + 56, quote.eventTimeNanos, true);
  view.setUint16(at + 58, quote.receiveTimeNanos, true);
  view.setUint32(at + 60, quote.epoch, true);
  view.setFloat64(at + 64, quote.sequence, true);
  view.setFloat64(at + 72, quote.rawOffset, true);
  view.setUint16(at + 80, quote.rawPartition, true);
  view.setUint16(at + 82, quote.frameIndex, true);
  view.setUint16(at + 84, connection.byteLength, true);
  builder.bytes.set(connection, at + FIXED_BYTES);
  builder.finish(at + FIXED_BYTES + connection.byteLength);
}

/**
 * Appends records of `batch` from number `from` on as rows, as many as there is room for.
 *
 * @returns the number of the first record that was not read
 */
export function decodeQuotes(batch: RecordBatch, rows: QuoteRows, from = 0): number {
  const { bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let index = from;
  for (; index < batch.count && rows.length < rows.capacity; index += 1) {
    const at = recordStart(batch, index);
    checkRecordVersion("A quote record", view.getUint8(at), VERSION);
    decodeQuote(view, at, rows);
  }
  return index;
}

function decodeQuote(view: DataView, at: number, rows: QuoteRows): void {
  const row = rows.length;
  rows.source[row] = view.getUint8(at + 1);
  rows.flags[row] = view.getUint16(at + 2, true);
  rows.listing[row] = view.getUint32(at + 4, true);
  rows.bidPrice.setHalves(row, view.getInt32(at + 12, true), view.getInt32(at + 8, true));
  rows.bidSize.setHalves(row, view.getInt32(at + 20, true), view.getInt32(at + 16, true));
  rows.askPrice.setHalves(row, view.getInt32(at + 28, true), view.getInt32(at + 24, true));
  rows.askSize.setHalves(row, view.getInt32(at + 36, true), view.getInt32(at + 32, true));
  rows.eventTimeUs.setNumber(row, view.getFloat64(at + 40, true));
  rows.receiveTimeUs.setNumber(row, view.getFloat64(at + 48, true));
  rows.eventTimeNanos[row] = view.getUint16(at + 56, true);
  rows.receiveTimeNanos[row] = view.getUint16(at + 58, true);
  rows.epoch[row] = view.getUint32(at + 60, true);
  rows.sequence.setNumber(row, view.getFloat64(at + 64, true));
  rows.rawOffset.setNumber(row, view.getFloat64(at + 72, true));
  rows.rawPartition[row] = view.getUint16(at + 80, true);
  rows.frameIndex[row] = view.getUint16(at + 82, true);
  rows.connection[row] = cachedText(view, at + FIXED_BYTES, view.getUint16(at + 84, true));
  rows.length += 1;
}
