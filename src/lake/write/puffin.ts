import { crc32 } from "node:zlib";
import { formatJson, type JsonObject } from "../core/json.ts";
import { encodeRoaring64, type PositionRun } from "./encode-roaring.ts";

const MAGIC = Buffer.from("PFA1", "latin1");
const VECTOR_MAGIC = Buffer.from([0xd1, 0xd3, 0x39, 0x64]);
/** Of `_pos`. @see https://iceberg.apache.org/spec/#reserved-field-ids */
const ROW_POSITION_ID = 2_147_483_645;

/** The rows deleted from one data file. */
export interface DeletedRows {
  readonly location: string;
  /** Ascending, none touching another. */
  readonly runs: readonly PositionRun[];
  readonly cardinality: number;
}

export interface PuffinFile {
  readonly bytes: Uint8Array;
  /** Where each blob is, in the order given. */
  readonly blobs: readonly { readonly offset: number; readonly byteLength: number }[];
}

/**
 * A Puffin file of deletion vectors, one a data file.
 *
 * @see https://iceberg.apache.org/puffin-spec/#deletion-vector-v1-blob-type
 */
export function encodeVectors(files: readonly DeletedRows[]): PuffinFile {
  const parts: Uint8Array[] = [MAGIC];
  const blobs: { offset: number; byteLength: number }[] = [];
  const described: JsonObject[] = [];
  let offset = MAGIC.byteLength;
  for (const { location, runs, cardinality } of files) {
    const blob = encodeVector(runs);
    parts.push(blob);
    blobs.push({ offset, byteLength: blob.byteLength });
    described.push({
      type: "deletion-vector-v1",
      fields: [ROW_POSITION_ID],
      "snapshot-id": -1, // Not known yet; so the specification wants it.
      "sequence-number": -1,
      offset,
      length: blob.byteLength,
      properties: { "referenced-data-file": location, cardinality: String(cardinality) },
    });
    offset += blob.byteLength;
  }
  const payload = Buffer.from(formatJson({ blobs: described, properties: { "created-by": "K2" } }), "utf8");
  const size = Buffer.alloc(4);
  size.writeInt32LE(payload.byteLength);
  const noFlags = Buffer.alloc(4);
  return { bytes: Buffer.concat([...parts, MAGIC, payload, size, noFlags, MAGIC]), blobs };
}

/** Length of what follows but the checksum, magic, bitmap, checksum of the two: lengths and checksum big end first. */
function encodeVector(runs: readonly PositionRun[]): Uint8Array {
  const checked = Buffer.concat([VECTOR_MAGIC, encodeRoaring64(runs)]);
  const blob = Buffer.alloc(checked.byteLength + 8);
  blob.writeUInt32BE(checked.byteLength, 0);
  checked.copy(blob, 4);
  blob.writeUInt32BE(crc32(checked), checked.byteLength + 4);
  return blob;
}
