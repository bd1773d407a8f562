import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/** Ranges kept before the lowest holes are given up. A venue whose ids are consecutive needs one, and one a missed stretch. */
export const ID_RANGES_MAX = 32_768;

/**
 * A set of whole numbers from 0 to 2^53 - 1, as ranges that grow together: a day of consecutive ids is one range.
 *
 * Bounded: past `rangesMax` the lowest quarter of the ranges becomes one, and the ids in the holes between them count
 * as seen from then on: an old id that can no longer be proven new is not added, rather than perhaps added twice.
 */
export class IdRanges {
  readonly #rangesMax: number;
  #starts: Float64Array = new Float64Array(4);
  #ends: Float64Array = new Float64Array(4);
  #count = 0;
  #floor = -1;

  constructor(rangesMax: number = ID_RANGES_MAX) {
    this.#rangesMax = rangesMax;
  }

  get count(): number {
    return this.#count;
  }

  /** Ids up to this one count as seen without proof; -1 while every answer is exact. */
  get floor(): number {
    return this.#floor;
  }

  /** Adds the id. @returns false when it was there */
  add(id: number): boolean {
    const last = this.#count - 1;
    const lastEnd = last < 0 ? -2 : (this.#ends[last] ?? 0);
    if (id === lastEnd + 1) {
      this.#ends[last] = id;
      return true;
    }
    if (id > lastEnd) {
      this.#insert(this.#count, id);
      return true;
    }
    return this.#addWithin(id);
  }

  /** Adds all from `first` to `last` where none of them is there. @returns how many of them were */
  addSpan(first: number, last: number): "none" | "some" | "all" {
    const left = this.#lastStartingAtOrBefore(last);
    let known = 0;
    for (let index = left; index >= 0 && (this.#ends[index] ?? 0) >= first; index -= 1) {
      known += Math.min(this.#ends[index] ?? 0, last) - Math.max(this.#starts[index] ?? 0, first) + 1;
    }
    if (known > 0) return known === last - first + 1 ? "all" : "some";
    const joinsLeft = left >= 0 && (this.#ends[left] ?? 0) + 1 === first;
    const joinsRight = left + 1 < this.#count && this.#starts[left + 1] === last + 1;
    if (joinsLeft && joinsRight) {
      this.#ends[left] = this.#ends[left + 1] ?? 0;
      this.#removeAt(left + 1, 1);
    } else if (joinsLeft) this.#ends[left] = last;
    else if (joinsRight) this.#starts[left + 1] = first;
    else this.#insert(left + 1, first, last);
    return "none";
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#floor + 1);
    writer.whole(this.#count);
    let position = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const start = this.#starts[index] ?? 0;
      const end = this.#ends[index] ?? 0;
      writer.whole(start - position);
      writer.whole(end - start);
      position = end;
    }
  }

  static read(reader: ByteReader, rangesMax: number = ID_RANGES_MAX): IdRanges {
    const ranges = new IdRanges(rangesMax);
    ranges.#floor = reader.whole() - 1;
    ranges.#count = reader.whole();
    ranges.#reserve(ranges.#count);
    let position = 0;
    for (let index = 0; index < ranges.#count; index += 1) {
      const start = position + reader.whole();
      position = start + reader.whole();
      ranges.#starts[index] = start;
      ranges.#ends[index] = position;
    }
    return ranges;
  }

  #addWithin(id: number): boolean {
    const left = this.#lastStartingAtOrBefore(id);
    if (left >= 0 && id <= (this.#ends[left] ?? 0)) return false;
    const joinsLeft = left >= 0 && (this.#ends[left] ?? 0) + 1 === id;
    const joinsRight = left + 1 < this.#count && this.#starts[left + 1] === id + 1;
    if (joinsLeft && joinsRight) {
      this.#ends[left] = this.#ends[left + 1] ?? 0;
      this.#removeAt(left + 1, 1);
    } else if (joinsLeft) this.#ends[left] = id;
    else if (joinsRight) this.#starts[left + 1] = id;
    else this.#insert(left + 1, id);
    return true;
  }

  #lastStartingAtOrBefore(id: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #insert(index: number, id: number, end = id): void {
    this.#reserve(this.#count + 1);
    this.#starts.copyWithin(index + 1, index, this.#count);
    this.#ends.copyWithin(index + 1, index, this.#count);
    this.#starts[index] = id;
    this.#ends[index] = end;
    this.#count += 1;
    if (this.#count > this.#rangesMax) this.#closeLowestHoles();
  }

  #closeLowestHoles(): void {
    const joined = Math.max(2, this.#count >>> 2);
    const end = this.#ends[joined - 1] ?? 0;
    this.#ends[0] = end;
    this.#floor = end;
    this.#removeAt(1, joined - 1);
  }

  #removeAt(index: number, count: number): void {
    this.#starts.copyWithin(index, index + count, this.#count);
    this.#ends.copyWithin(index, index + count, this.#count);
    this.#count -= count;
  }

  #reserve(count: number): void {
    if (count <= this.#starts.length) return;
    const capacity = Math.max(count, this.#starts.length * 2);
    const starts = new Float64Array(capacity);
    const ends = new Float64Array(capacity);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}
