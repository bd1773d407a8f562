import { open } from "node:fs/promises";
import { type NanosecondMark, NOT_UTC, nanosecondMarks, UTC } from "./utc-nanoseconds.ts";

const TRAILER_BYTES = 8;

/**
 * Says anew of columns in nanoseconds whether they are adjusted to UTC, in a Parquet file on the local disk. The values are
 * the same; a mark is half a byte of the footer.
 *
 * @param decide undefined leaves the column as it is
 * @throws {RangeError} when the footer is malformed
 */
export async function setUtcMarks(path: string, decide: (mark: NanosecondMark) => boolean | undefined): Promise<void> {
  await using file = await open(path, "r+");
  const { size } = await file.stat();
  const trailer = Buffer.alloc(TRAILER_BYTES);
  await file.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  const footer = Buffer.alloc(trailer.readUInt32LE());
  const start = size - TRAILER_BYTES - footer.byteLength;
  await file.read(footer, 0, footer.byteLength, start);
  for (const mark of nanosecondMarks(footer)) {
    const isUtc = decide(mark);
    if (isUtc === undefined) continue;
    const byte = ((footer[mark.at] ?? 0) & 0xf0) | (isUtc ? UTC : NOT_UTC);
    await file.write(Buffer.of(byte), 0, 1, start + mark.at);
  }
}
