import { crc32c } from "@node-rs/crc32";
import type { RecordBatch } from "../../base/index.ts";
import type { CommitNotes, HeadNotes } from "./notes.ts";

/**
 * A frame is the unit of writing: one commit, checked by one CRC, so it is there whole or not at all.
 * Little-endian; a frame begins at a multiple of 8 bytes of its file.
 *
 * ```
 *  0 u32 magic "K2L1"            24 u64 commit number, growing over the whole log
 *  4 u32 CRC32C of all after it  32 u64 append time, ms since the Unix epoch
 *  8 u32 length, header included 40 u32 length of the notes
 * 12 u32 kind: 1 head, 2 commit  44 u32 zero
 * 16 u32 segment number          48 directory: 24 bytes an entry
 * 20 u32 entry count             …  data: for each entry its ends table (u32 each), its bytes, zeros to a multiple of 4
 *                                …  notes: JSON, UTF-8
 * directory: u32 topic id, u32 partition, u64 first offset, u32 record count, u32 byte length
 * ```
 */
export const FRAME_HEADER_BYTES = 48;
const FRAME_ALIGNMENT = 8;
/** No frame is longer than this, so that a length which is not one is known at once. */
const FRAME_BYTES_MAX: number = 256 * 1024 * 1024;

const MAGIC = 0x314c324b; // "K2L1" as the bytes stand in the file.
/** What `sealFrame` covers begins here; what it changes lies before. */
export const FRAME_SEAL_BYTES = 8;
const DIRECTORY_ENTRY_BYTES = 24;
const KIND_HEAD = 1;
const KIND_COMMIT = 2;

export interface FrameEntry {
  readonly topicId: number;
  readonly partition: number;
  readonly firstOffset: number;
  readonly count: number;
  readonly byteLength: number;
  /** Where in the frame its ends table begins; its bytes follow that. */
  readonly endsAt: number;
}

export interface Frame {
  /** From magic to notes, without the padding behind. */
  readonly bytes: Uint8Array;
  readonly kind: "head" | "commit";
  readonly segment: number;
  readonly commit: number;
  readonly appendedMs: number;
  readonly entries: readonly FrameEntry[];
}

export interface EntryToWrite {
  readonly topicId: number;
  readonly partition: number;
  readonly firstOffset: number;
  readonly records: RecordBatch;
}

export interface FrameToWrite {
  readonly kind: "head" | "commit";
  readonly segment: number;
  readonly commit: number;
  readonly appendedMs: number;
  readonly entries: readonly EntryToWrite[];
  readonly notes: HeadNotes | CommitNotes | undefined;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();
const NO_BYTES = new Uint8Array(0);

/**
 * The frame with its padding, to be sealed and written at a multiple of 8.
 *
 * @param memory where it is put; by default a buffer of its own
 */
export function encodeFrame(
  frame: FrameToWrite,
  memory: (byteLength: number) => Uint8Array<ArrayBuffer> = uninitialised,
): Uint8Array<ArrayBuffer> {
  const notes = frame.notes === undefined ? NO_BYTES : textEncoder.encode(JSON.stringify(frame.notes));
  const length = frameBytesFor(frame.entries, notes.byteLength);
  const padded = paddedLength(length);
  const bytes = memory(padded);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, length, true);
  view.setUint32(12, frame.kind === "head" ? KIND_HEAD : KIND_COMMIT, true);
  view.setUint32(16, frame.segment, true);
  view.setUint32(20, frame.entries.length, true);
  writeUint64(view, 24, frame.commit);
  writeUint64(view, 32, frame.appendedMs);
  view.setUint32(40, notes.byteLength, true);
  view.setUint32(44, 0, true);
  writeEntries(bytes, view, frame.entries);
  bytes.set(notes, length - notes.byteLength);
  bytes.fill(0, length);
  return bytes;
}

/** Sets the CRC: the last thing that is done to a frame, in the first bytes of it. */
export function sealFrame(frame: Uint8Array): void {
  const view = viewOf(frame);
  view.setUint32(4, crc32c(frame.subarray(FRAME_SEAL_BYTES, view.getUint32(8, true))), true);
}

function writeEntries(bytes: Uint8Array, view: DataView, entries: readonly EntryToWrite[]): void {
  let directoryAt = FRAME_HEADER_BYTES;
  let dataAt = FRAME_HEADER_BYTES + entries.length * DIRECTORY_ENTRY_BYTES;
  for (const { topicId, partition, firstOffset, records } of entries) {
    const byteLength = batchBytes(records);
    view.setUint32(directoryAt, topicId, true);
    view.setUint32(directoryAt + 4, partition, true);
    writeUint64(view, directoryAt + 8, firstOffset);
    view.setUint32(directoryAt + 16, records.count, true);
    view.setUint32(directoryAt + 20, byteLength, true);
    directoryAt += DIRECTORY_ENTRY_BYTES;
    new Uint32Array(bytes.buffer, bytes.byteOffset + dataAt, records.count).set(
      records.ends.subarray(0, records.count),
    );
    dataAt += records.count * 4;
    bytes.set(byteLength === records.bytes.byteLength ? records.bytes : records.bytes.subarray(0, byteLength), dataAt);
    const next = dataAt + ((byteLength + 3) & ~3);
    bytes.fill(0, dataAt + byteLength, next);
    dataAt = next;
  }
}

function frameBytesFor(entries: readonly { readonly records: RecordBatch }[], notesBytes: number): number {
  let length = FRAME_HEADER_BYTES + notesBytes;
  for (const { records } of entries) length += entryBytes(records);
  return length;
}

/** What an entry with these records takes in a frame. */
export function entryBytes(records: RecordBatch): number {
  return DIRECTORY_ENTRY_BYTES + records.count * 4 + ((batchBytes(records) + 3) & ~3);
}

/** The bytes of the batch's records; its buffer may be longer. */
export function batchBytes(records: RecordBatch): number {
  return records.count === 0 ? 0 : (records.ends[records.count - 1] ?? 0);
}

/** How far the next frame is from the beginning of one of this length. */
export function paddedLength(length: number): number {
  return (length + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
}

/** The length that the header at `at` states; undefined where no frame can begin. */
export function frameLengthAt(bytes: Uint8Array, at: number): number | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.byteLength) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== MAGIC) return undefined;
  const length = view.getUint32(at + 8, true);
  return length < FRAME_HEADER_BYTES || length > FRAME_BYTES_MAX ? undefined : length;
}

/** The frame that fills `bytes`; undefined when anything about it is not as it was written. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (frameLengthAt(bytes, 0) !== bytes.byteLength) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(4, true) !== crc32c(bytes.subarray(FRAME_SEAL_BYTES))) return undefined;
  return describeFrame(bytes, view);
}

/** Reads a frame whose CRC holds, or that was encoded here. */
function describeFrame(bytes: Uint8Array, view: DataView): Frame {
  const entryCount = view.getUint32(20, true);
  const entries: FrameEntry[] = [];
  let directoryAt = FRAME_HEADER_BYTES;
  let endsAt = FRAME_HEADER_BYTES + entryCount * DIRECTORY_ENTRY_BYTES;
  for (let index = 0; index < entryCount; index += 1) {
    const count = view.getUint32(directoryAt + 16, true);
    const byteLength = view.getUint32(directoryAt + 20, true);
    entries.push({
      topicId: view.getUint32(directoryAt, true),
      partition: view.getUint32(directoryAt + 4, true),
      firstOffset: readUint64(view, directoryAt + 8),
      count,
      byteLength,
      endsAt,
    });
    directoryAt += DIRECTORY_ENTRY_BYTES;
    endsAt += count * 4 + ((byteLength + 3) & ~3);
  }
  return {
    bytes,
    kind: view.getUint32(12, true) === KIND_HEAD ? "head" : "commit",
    segment: view.getUint32(16, true),
    commit: readUint64(view, 24),
    appendedMs: readUint64(view, 32),
    entries,
  };
}

/** The frame behind what `encodeFrame` gave, without checking it again. */
export function encodedFrame(encoded: Uint8Array): Frame {
  const view = viewOf(encoded);
  return describeFrame(encoded.subarray(0, view.getUint32(8, true)), view);
}

/** Who wrote the frame whose header is at `at`, before its CRC is known to hold. */
export function frameOriginAt(bytes: Uint8Array, at: number): { readonly segment: number; readonly commit: number } {
  const view = viewOf(bytes);
  return { segment: view.getUint32(at + 16, true), commit: readUint64(view, at + 24) };
}

export function notesOf(frame: Frame & { readonly kind: "head" }): HeadNotes;
export function notesOf(frame: Frame): CommitNotes | undefined;
export function notesOf({ bytes }: Frame): HeadNotes | CommitNotes | undefined {
  const length = viewOf(bytes).getUint32(40, true);
  if (length === 0) return undefined;
  return JSON.parse(textDecoder.decode(bytes.subarray(bytes.byteLength - length)));
}

/** Records `from` up to `to` of an entry, as views of the frame: nothing is copied but, past the first, the ends. */
export function entryRecords(frame: Frame, entry: FrameEntry, from: number, to: number): RecordBatch {
  const ends = entryEnds(frame, entry);
  const bytesAt = entry.endsAt + entry.count * 4;
  const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
  const bytes = frame.bytes.subarray(bytesAt + start, bytesAt + (to === 0 ? 0 : (ends[to - 1] ?? 0)));
  if (from === 0) return { count: to, bytes, ends: to === ends.length ? ends : ends.subarray(0, to) };
  return { count: to - from, bytes, ends: ends.slice(from, to).map((end) => end - start) };
}

export function entryEnds(frame: Frame, entry: FrameEntry): Uint32Array {
  return new Uint32Array(frame.bytes.buffer, frame.bytes.byteOffset + entry.endsAt, entry.count);
}

/** Memory that the caller will fill, on a buffer of its own; not zeroed, which for large frames costs as much as copying. */
export function uninitialised(byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer, 0, byteLength);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function writeUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 4_294_967_296), true);
}

export function readUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
}
