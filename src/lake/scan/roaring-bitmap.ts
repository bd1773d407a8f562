import { LakeCorruptError } from "../errors.ts";

/** A run of whole numbers: `start`, `start + 1`, … before `end`. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** With this cookie in its low 16 bits a bitmap may hold run containers; the high bits are the count of containers less one. */
const COOKIE_WITH_RUNS = 12_347;
const COOKIE_WITHOUT_RUNS = 12_346;
/** Below so many containers a bitmap with run containers leaves the offsets out. */
const OFFSETS_FROM = 4;
const ARRAY_VALUES_MAX = 4_096;
const BITMAP_BYTES = 8_192;
const CONTAINERS_MAX = 65_536;
const KEY_SCALE = 2 ** 32;

/**
 * The values of a 64-bit Roaring bitmap in the portable format, as runs in ascending order: a count of 32-bit bitmaps,
 * then of each its key (the high 32 bits) and itself.
 *
 * @throws {LakeCorruptError} when the bytes are not such a bitmap, or a value is above 2^53
 * @see https://github.com/RoaringBitmap/RoaringFormatSpec
 */
export function decodeRoaring64(bytes: Uint8Array): readonly Run[] {
  const reader = new Reader(bytes);
  const runs = new Runs();
  const bitmaps = reader.uint64();
  let before = -1;
  for (let index = 0; index < bitmaps; index += 1) {
    const key = reader.uint32();
    if (key <= before) throw torn("the keys are not in ascending order");
    if (key >= 2 ** 21) throw torn(`the key ${key} is above any position of a file`);
    before = key;
    readBitmap(reader, key * KEY_SCALE, runs);
  }
  if (!reader.isAtEnd) throw torn(`${reader.rest} bytes are left over`);
  return runs.all;
}

function readBitmap(reader: Reader, base: number, runs: Runs): void {
  const { containers, isRun, hasOffsets } = readCookie(reader);
  const headers = Array.from({ length: containers }, () => ({ key: reader.uint16(), count: reader.uint16() + 1 }));
  if (hasOffsets) reader.bytes(containers * 4); // The containers follow one another anyway.
  let before = -1;
  for (const [index, { key, count }] of headers.entries()) {
    if (key <= before) throw torn("the containers are not in ascending order");
    before = key;
    const start = base + key * 65_536;
    if (isRun(index)) readRuns(reader, start, runs);
    else if (count > ARRAY_VALUES_MAX) readBits(reader.bytes(BITMAP_BYTES), { start, count }, runs);
    else readArray(reader, { start, count }, runs);
  }
}

interface Layout {
  readonly containers: number;
  readonly isRun: (index: number) => boolean;
  readonly hasOffsets: boolean;
}

function readCookie(reader: Reader): Layout {
  const cookie = reader.uint32();
  if (cookie === COOKIE_WITHOUT_RUNS) {
    const containers = reader.uint32();
    if (containers > CONTAINERS_MAX) throw torn(`it has ${containers} containers`);
    return { containers, isRun: () => false, hasOffsets: true };
  }
  if ((cookie & 0xffff) !== COOKIE_WITH_RUNS) throw torn(`the cookie is ${cookie}`);
  const containers = (cookie >>> 16) + 1;
  const flags = reader.bytes(Math.ceil(containers / 8));
  return {
    containers,
    isRun: (index) => (((flags[index >> 3] ?? 0) >> (index & 7)) & 1) === 1,
    hasOffsets: containers >= OFFSETS_FROM,
  };
}

function readRuns(reader: Reader, base: number, runs: Runs): void {
  for (let left = reader.uint16(); left > 0; left -= 1) {
    const start = base + reader.uint16();
    runs.add(start, start + reader.uint16() + 1);
  }
}

function readArray(
  reader: Reader,
  { start, count }: { readonly start: number; readonly count: number },
  runs: Runs,
): void {
  for (let left = count; left > 0; left -= 1) {
    const value = start + reader.uint16();
    runs.add(value, value + 1);
  }
}

function readBits(
  bits: Uint8Array,
  { start, count }: { readonly start: number; readonly count: number },
  runs: Runs,
): void {
  let found = 0;
  for (const [index, byte] of bits.entries()) {
    for (let bit = 0; byte >> bit > 0; bit += 1) {
      if (((byte >> bit) & 1) === 0) continue;
      const value = start + index * 8 + bit;
      runs.add(value, value + 1);
      found += 1;
    }
  }
  if (found !== count) throw torn(`a container of ${count} values has ${found}`);
}

class Runs {
  readonly all: { start: number; end: number }[] = [];

  add(start: number, end: number): void {
    const last = this.all.at(-1);
    if (last === undefined || start > last.end) this.all.push({ start, end });
    else if (start < last.end) throw torn("its values are not in ascending order");
    else last.end = end;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get rest(): number {
    return this.#bytes.byteLength - this.#at;
  }

  get isAtEnd(): boolean {
    return this.rest === 0;
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  bytes(byteLength: number): Uint8Array {
    const at = this.#skip(byteLength);
    return this.#bytes.subarray(at, at + byteLength);
  }

  #skip(byteLength: number): number {
    if (byteLength > this.rest) throw torn(`it ends at byte ${this.#bytes.byteLength}, within a value`);
    const at = this.#at;
    this.#at += byteLength;
    return at;
  }
}

function torn(why: string): LakeCorruptError {
  return new LakeCorruptError(`Cannot read a Roaring bitmap: ${why}`);
}
