import type { ByteReader, ByteWriter } from "../state/bytes.ts";

/** Of one listing: more pauses than in many years. Then the two oldest ranges become one, as if all between were told. */
const RANGES_MAX = 1_000;

/** Which minutes of each listing have been told: ranges, as they mostly follow each other. */
export class ToldRanges {
  /** By listing: first minute and the one after the last, of each range, in their order. */
  readonly #byListing: Map<number, number[]> = new Map();

  /** @returns whether the minute had been told already */
  add(listing: number, minute: number): boolean {
    const ranges = this.#byListing.get(listing) ?? [];
    if (ranges.length === 0) this.#byListing.set(listing, ranges);
    let at = ranges.length;
    while (at > 0 && (ranges[at - 2] ?? 0) > minute) at -= 2;
    // The range before `at` is the last that begins at or before the minute.
    const end = ranges[at - 1] ?? Number.NEGATIVE_INFINITY;
    if (minute < end) return true;
    if (minute === end) ranges[at - 1] = minute + 1;
    else ranges.splice(at, 0, minute, minute + 1);
    const next = minute === end ? at : at + 2;
    if (ranges[next] === minute + 1) ranges.splice(next - 1, 2);
    if (ranges.length > 2 * RANGES_MAX) ranges.splice(1, 2);
    return false;
  }

  write(writer: ByteWriter): void {
    writer.text(JSON.stringify([...this.#byListing]));
  }

  /** In place of what was known. */
  read(reader: ByteReader): void {
    this.#byListing.clear();
    for (const [listing, ranges] of JSON.parse(reader.text()) as [number, number[]][])
      this.#byListing.set(listing, ranges);
  }
}
