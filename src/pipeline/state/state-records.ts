import { InternalError, type RecordBatch, recordAt, recordBatchOf } from "../../base/index.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** What the pipeline must remember besides its events: one partition, written in the same appends as they are. */
export const STATE_TOPIC = "pipeline.state";

/** Checkpoints are cut into records of this size, so that no single record is out of proportion. */
const PART_BYTES_MAX = 256 * 1024;

/*
 * A record of pipeline.state: u8 version, u8 kind, then whole numbers (seven bits a byte, least first).
 * Version 1 lacks what heals gaps, version 2 the quality of minutes, version 3 clocks that went back, version 4 when the
 * counting of ids began; all are still read.
 *   kind 0, a change: checkpoint offset + 1 (0: there is none), the change (state-change.ts)
 *   kind 1, a part of a checkpoint: checkpoint offset + 1 (of its first part), part number, number of parts, bytes
 */
const VERSION = 5;
const OLDEST_VERSION = 1;
const CHANGE = 0;
const PART = 1;

export interface StateRecord {
  /** Where the last checkpoint starts, as of this record; undefined when there is none. */
  readonly checkpointOffset: number | undefined;
  readonly content: StateChange | StateCheckpointPart;
}
export interface StateChange {
  readonly kind: "change";
  /** In which its bytes are written. */
  readonly version: number;
  readonly bytes: ByteReader;
}
export interface StateCheckpointPart {
  readonly kind: "part";
  readonly version: number;
  readonly number: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** A transaction's change and, where one is due, the checkpoint after it. */
export function encodeState(
  change: Uint8Array,
  checkpoint: Uint8Array | undefined,
  offsets: { readonly checkpointOffset: number | undefined; readonly nextOffset: number },
): RecordBatch {
  const writer = new ByteWriter();
  const head = (kind: number, checkpointOffset: number | undefined): void => {
    writer.byte(VERSION);
    writer.byte(kind);
    writer.whole(checkpointOffset === undefined ? 0 : checkpointOffset + 1);
  };
  head(CHANGE, offsets.checkpointOffset);
  writer.bytes(change);
  const records = [writer.take()];
  const count = checkpoint === undefined ? 0 : Math.max(1, Math.ceil(checkpoint.byteLength / PART_BYTES_MAX));
  for (let number = 0; number < count; number += 1) {
    head(PART, offsets.nextOffset + 1);
    writer.whole(number);
    writer.whole(count);
    writer.bytes((checkpoint ?? change).subarray(number * PART_BYTES_MAX, (number + 1) * PART_BYTES_MAX));
    records.push(writer.take());
  }
  return recordBatchOf(records);
}

export function decodeState(batch: RecordBatch, from = 0): readonly StateRecord[] {
  const records: StateRecord[] = [];
  for (let index = from; index < batch.count; index += 1) records.push(decodeRecord(recordAt(batch, index)));
  return records;
}

function decodeRecord(record: Uint8Array): StateRecord {
  const reader = new ByteReader(record);
  const version = reader.byte();
  if (version < OLDEST_VERSION || version > VERSION) {
    throw new InternalError(
      `A ${STATE_TOPIC} record has version ${version}; this K2 reads versions ${OLDEST_VERSION} to ${VERSION}. Use the K2 that wrote the log, or a newer one`,
    );
  }
  const kind = reader.byte();
  const offset = reader.whole();
  const checkpointOffset = offset === 0 ? undefined : offset - 1;
  if (kind === CHANGE)
    return { checkpointOffset, content: { kind: "change", version, bytes: new ByteReader(reader.bytes()) } };
  return {
    checkpointOffset,
    content: { kind: "part", version, number: reader.whole(), count: reader.whole(), bytes: reader.bytes() },
  };
}

/** The checkpoint that the parts make up, in their order. */
export function joinParts(parts: readonly StateCheckpointPart[]): Uint8Array {
  const count = parts[0]?.count ?? 0;
  if (parts.length !== count || parts.some(({ number }, index) => number !== index)) {
    throw new InternalError(
      `A checkpoint of the pipeline has ${parts.length} of ${count} parts; ${STATE_TOPIC} is broken and must be restored with its log`,
    );
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.byteLength;
  }
  return bytes;
}
