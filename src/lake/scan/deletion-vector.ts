import { crc32 } from "node:zlib";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { decodeRoaring64, type Run } from "./roaring-bitmap.ts";

const MAGIC = 0xd1d33964;
const LENGTH_BYTES = 4;
const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 4;

/**
 * The positions that a blob of type `deletion-vector-v1` deletes: four bytes of length, big end first, the magic
 * `D1 D3 39 64`, a 64-bit Roaring bitmap, and a CRC-32 of the magic and the bitmap, big end first.
 *
 * @throws {LakeCorruptError} when the bytes are not such a blob
 * @see https://iceberg.apache.org/puffin-spec/#deletion-vector-v1-blob-type
 */
export function decodeDeletionVector(blob: Uint8Array): readonly Run[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.byteLength < LENGTH_BYTES + MAGIC_BYTES + CHECKSUM_BYTES) throw torn(`${blob.byteLength} bytes are too few`);
  const length = view.getUint32(0);
  if (length !== blob.byteLength - LENGTH_BYTES - CHECKSUM_BYTES) {
    throw torn(`it says ${length} bytes where there are ${blob.byteLength - LENGTH_BYTES - CHECKSUM_BYTES}`);
  }
  if (view.getUint32(LENGTH_BYTES) !== MAGIC) throw torn("its magic number is another");
  const checked = blob.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  if (crc32(checked) !== view.getUint32(LENGTH_BYTES + length)) throw torn("its checksum differs");
  return decodeRoaring64(checked.subarray(MAGIC_BYTES));
}

/**
 * The positions that a deletion vector of a manifest deletes.
 *
 * @param puffin the whole file that it is in
 * @throws {LakeCorruptError} naming the file, also where it deletes another number of rows than its manifest says
 */
export function readDeletionVector(file: DataFile, puffin: Uint8Array): readonly Run[] {
  const { location, contentOffset, contentSize, recordCount } = file;
  if (contentOffset === undefined || contentSize === undefined) {
    throw new LakeUnsupportedError(
      `Cannot read the deletes of ${location}: a ${file.format} file of deletes without content_offset is not a deletion vector`,
    );
  }
  const [from, to] = [Number(contentOffset), Number(contentOffset + contentSize)];
  if (to > puffin.byteLength || from < 0 || from > to) {
    throw new LakeCorruptError(
      `Cannot read the deletion vector at bytes ${from} to ${to} of ${location}: the file has ${puffin.byteLength} bytes`,
    );
  }
  try {
    const runs = decodeDeletionVector(puffin.subarray(from, to));
    const deleted = runs.reduce((total, { start, end }) => total + end - start, 0);
    if (deleted !== recordCount) throw torn(`it deletes ${deleted} rows where its manifest says ${recordCount}`);
    return runs;
  } catch (cause) {
    throw new LakeCorruptError(`Cannot read the deletion vector at byte ${from} of ${location}`, { cause });
  }
}

function torn(why: string): LakeCorruptError {
  return new LakeCorruptError(`Cannot read a deletion vector: ${why}`);
}
