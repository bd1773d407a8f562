import { type RecordBatch, type RecordBatchBuilder, recordStart } from "../../base/index.ts";
import { checkRecordVersion } from "../record-version.ts";
import { BOOK_FLAGS } from "./book-flags.ts";
import { BID, type BookLevels } from "./book-levels.ts";
import type { BookRows } from "./book-rows.ts";
import { cachedText, encodedText } from "./short-texts.ts";

/** What a record of a book topic says beside its levels. */
export interface BookRecord {
  readonly listing: number;
  /** Bits of BOOK_FLAGS. */
  readonly flags: number;
  readonly source: number;
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
  /** 0: the whole book. */
  readonly depth: number;
  /** Of a snapshot: how many levels the book has, and how many bids are among the record's levels. */
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly bidsKept: number;
}

/*
 * A message's levels, or a snapshot's, in the embedded event log, little-endian:
 *
 *    0 u8  version (1)     24 u16 event nanos      48 u16 raw partition    72 u32 bids kept
 *    1 u8  source          26 u16 receive nanos    50 u16 frame index      76 u16 connection bytes
 *    2 u16 flags           28 u32 epoch            52 u32 depth            78 u16 zero
 *    4 u32 listing         32 f64 sequence         56 u32 first level      80 connection, UTF-8
 *    8 f64 event µs        40 f64 raw offset       60 u32 levels           then of each level
 *   16 f64 receive µs                              64 u32 bid levels          i64 price, i64 size, u8 side
 *                                                  68 u32 ask levels
 */
const VERSION = 1;
const FIXED_BYTES = 80;
const LEVEL_BYTES = 17;

/** A longer message makes several records, so that no single one is out of proportion. */
export const BOOK_LEVELS_A_RECORD_MAX = 4_096;

/** Appends a message's levels, as one record or more; nothing where it has none. */
export function appendBookRecords(record: BookRecord, levels: BookLevels, builder: RecordBatchBuilder): void {
  for (let first = 0; first < levels.length; first += BOOK_LEVELS_A_RECORD_MAX) {
    const end = Math.min(levels.length, first + BOOK_LEVELS_A_RECORD_MAX);
    appendPart(record, levels, { first, end }, builder);
  }
}

function appendPart(
  record: BookRecord,
  levels: BookLevels,
  { first, end }: { readonly first: number; readonly end: number },
  builder: RecordBatchBuilder,
): void {
  const connection = encodedText(record.connection);
  const bodyStart = FIXED_BYTES + connection.byteLength;
  const byteLength = bodyStart + (end - first) * LEVEL_BYTES;
  const at = builder.reserve(byteLength);
  const { view } = builder;
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, record.source);
  view.setUint16(at + 2, end === levels.length ? record.flags | BOOK_FLAGS.last : record.flags, true);
  view.setUint32(at + 4, record.listing, true);
  view.setFloat64(at + 8, record.eventTimeUs, true);
  view.setFloat64(at + 16, record.receiveTimeUs, true);
  view.setUint16(at + 24, record.eventTimeNanos, true);
  view.setUint16(at + 26, record.receiveTimeNanos, true);
  view.setUint32(at + 28, record.epoch, true);
  view.setFloat64(at + 32, record.sequence, true);
  view.setFloat64(at + 40, record.rawOffset, true);
  view.setUint16(at + 48, record.rawPartition, true);
  view.setUint16(at + 50, record.frameIndex, true);
  view.setUint32(at + 52, record.depth, true);
  view.setUint32(at + 56, first, true);
  view.setUint32(at + 60, end - first, true);
  view.setUint32(at + 64, record.bidLevels, true);
  view.setUint32(at + 68, record.askLevels, true);
  view.setUint32(at + 72, record.bidsKept, true);
  view.setUint16(at + 76, connection.byteLength, true);
  view.setUint16(at + 78, 0, true);
  builder.bytes.set(connection, at + FIXED_BYTES);
  const { price, size, side } = levels;
  for (let level = first, to = at + bodyStart; level < end; level += 1, to += LEVEL_BYTES) {
    view.setInt32(to, price.low(level), true);
    view.setInt32(to + 4, price.high(level), true);
    view.setInt32(to + 8, size.low(level), true);
    view.setInt32(to + 12, size.high(level), true);
    view.setUint8(to + 16, side[level] ?? 0);
  }
  builder.finish(at + byteLength);
}

/** What a record is of, without reading the rest of it. */
export function listingOfBookRecord(batch: RecordBatch, index: number): number {
  const at = batch.bytes.byteOffset + recordStart(batch, index) + 4;
  return new DataView(batch.bytes.buffer, at, 4).getUint32(0, true);
}

/** Appends the records of `batch` from number `from` on as rows, one a level. */
export function decodeBookRecords(batch: RecordBatch, rows: BookRows, from = 0): void {
  const { bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = from; index < batch.count; index += 1) {
    const at = recordStart(batch, index);
    checkRecordVersion("A book record", view.getUint8(at), VERSION);
    decodeRecord(view, at, rows, index);
  }
}

function decodeRecord(view: DataView, at: number, rows: BookRows, record: number): void {
  const flags = view.getUint16(at + 2, true);
  const first = view.getUint32(at + 56, true);
  const count = view.getUint32(at + 60, true);
  const bidsKept = view.getUint32(at + 72, true);
  const connectionBytes = view.getUint16(at + 76, true);
  const connection = cachedText(view, at + FIXED_BYTES, connectionBytes);
  const start = rows.length;
  rows.reserve(count);
  const end = start + count;
  rows.listing.fill(view.getUint32(at + 4, true), start, end);
  rows.eventTimeNanos.fill(view.getUint16(at + 24, true), start, end);
  rows.receiveTimeNanos.fill(view.getUint16(at + 26, true), start, end);
  rows.flags.fill(flags & ~BOOK_FLAGS.last, start, end);
  rows.depth.fill(view.getUint32(at + 52, true), start, end);
  rows.bidLevels.fill(view.getUint32(at + 64, true), start, end);
  rows.askLevels.fill(view.getUint32(at + 68, true), start, end);
  rows.epoch.fill(view.getUint32(at + 28, true), start, end);
  rows.frameIndex.fill(view.getUint16(at + 50, true), start, end);
  rows.source.fill(view.getUint8(at + 1), start, end);
  rows.record.fill(record, start, end);
  rows.rawPartition.fill(view.getUint16(at + 48, true), start, end);
  const [eventTimeUs, receiveTimeUs] = [view.getFloat64(at + 8, true), view.getFloat64(at + 16, true)];
  const [sequence, rawOffset] = [view.getFloat64(at + 32, true), view.getFloat64(at + 40, true)];
  for (let row = start, level = first, from = at + FIXED_BYTES + connectionBytes; row < end; row += 1, level += 1) {
    const side = view.getUint8(from + 16);
    rows.side[row] = side;
    rows.price.setHalves(row, view.getInt32(from + 4, true), view.getInt32(from, true));
    rows.size.setHalves(row, view.getInt32(from + 12, true), view.getInt32(from + 8, true));
    rows.eventTimeUs.setNumber(row, eventTimeUs);
    rows.receiveTimeUs.setNumber(row, receiveTimeUs);
    rows.sequence.setNumber(row, sequence);
    rows.rawOffset.setNumber(row, rawOffset);
    rows.levelIndex[row] = level;
    rows.level[row] = side === BID ? level : Math.max(0, level - bidsKept);
    rows.connection[row] = connection;
    from += LEVEL_BYTES;
  }
  rows.length = end;
  if ((flags & BOOK_FLAGS.last) !== 0 && count > 0) rows.flags[end - 1] = flags;
}
