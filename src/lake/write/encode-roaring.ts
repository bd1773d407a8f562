import { InvalidInputError } from "../../base/index.ts";

/** A run of row positions: `start`, `start + 1`, … before `end`. */
export interface PositionRun {
  readonly start: number;
  readonly end: number;
}

const COOKIE_WITH_RUNS = 12_347;
const COOKIE_WITHOUT_RUNS = 12_346;
/** Below so many containers a bitmap with run containers leaves the offsets out. */
const OFFSETS_FROM = 4;
const CONTAINER_VALUES = 65_536;
const BITMAP_BYTES = 8_192;
const KEY_SCALE = 2 ** 32;

/**
 * Ascending runs of positions as a 64-bit Roaring bitmap in the portable format. Of each 65,536 positions the shortest of
 * the three containers is written: runs, an array or a bitmap.
 *
 * @see https://github.com/RoaringBitmap/RoaringFormatSpec
 */
export function encodeRoaring64(runs: readonly PositionRun[]): Uint8Array {
  const bitmaps = new Map<number, Map<number, PositionRun[]>>();
  for (const run of runs) {
    for (let start = run.start; start < run.end; ) {
      const container = Math.floor(start / CONTAINER_VALUES);
      const end = Math.min(run.end, (container + 1) * CONTAINER_VALUES);
      const base = container * CONTAINER_VALUES;
      const key = Math.floor(start / KEY_SCALE);
      const containers = bitmaps.get(key) ?? new Map<number, PositionRun[]>();
      bitmaps.set(key, containers);
      const low = container % CONTAINER_VALUES;
      const list = containers.get(low) ?? [];
      containers.set(low, list);
      list.push({ start: start - base, end: end - base });
      start = end;
    }
  }
  const parts = [uint64(bitmaps.size)];
  for (const [key, containers] of bitmaps) parts.push(uint32(key), encodeRoaring32(containers));
  return Buffer.concat(parts);
}

/** Joins runs that touch or overlap, in ascending order. */
export function joinRuns(runs: readonly PositionRun[]): readonly PositionRun[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of runs.toSorted((one, other) => one.start - other.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

export function countRuns(runs: readonly PositionRun[]): number {
  return runs.reduce((total, { start, end }) => total + end - start, 0);
}

interface Container {
  readonly low: number;
  readonly cardinality: number;
  readonly isRun: boolean;
  readonly bytes: Buffer;
}

function encodeRoaring32(lists: ReadonlyMap<number, readonly PositionRun[]>): Buffer {
  const containers = [...lists].map(([low, runs]) => encodeContainer(low, runs));
  const hasRuns = containers.some(({ isRun }) => isRun);
  const head = hasRuns
    ? [uint32((COOKIE_WITH_RUNS | ((containers.length - 1) << 16)) >>> 0), runFlags(containers)]
    : [uint32(COOKIE_WITHOUT_RUNS), uint32(containers.length)];
  for (const { low, cardinality } of containers) head.push(uint16(low), uint16(cardinality - 1));
  const hasOffsets = !hasRuns || containers.length >= OFFSETS_FROM;
  const headBytes = head.reduce((total, part) => total + part.byteLength, 0);
  let offset = headBytes + (hasOffsets ? containers.length * 4 : 0);
  const offsets = containers.map(({ bytes }) => {
    const at = offset;
    offset += bytes.byteLength;
    return uint32(at);
  });
  return Buffer.concat([...head, ...(hasOffsets ? offsets : []), ...containers.map(({ bytes }) => bytes)]);
}

function runFlags(containers: readonly Container[]): Buffer {
  const flags = Buffer.alloc(Math.ceil(containers.length / 8));
  for (const [index, { isRun }] of containers.entries()) {
    if (isRun) flags[index >> 3] = (flags[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return flags;
}

function encodeContainer(low: number, runs: readonly PositionRun[]): Container {
  const cardinality = countRuns(runs);
  const [runBytes, arrayBytes] = [2 + 4 * runs.length, 2 * cardinality];
  if (runBytes < Math.min(arrayBytes, BITMAP_BYTES)) return { low, cardinality, isRun: true, bytes: runsOf(runs) };
  const bytes = arrayBytes <= BITMAP_BYTES ? arrayOf(runs, arrayBytes) : bitsOf(runs);
  return { low, cardinality, isRun: false, bytes };
}

function runsOf(runs: readonly PositionRun[]): Buffer {
  return Buffer.concat([
    uint16(runs.length),
    ...runs.flatMap(({ start, end }) => [uint16(start), uint16(end - start - 1)]),
  ]);
}

function arrayOf(runs: readonly PositionRun[], byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  let at = 0;
  for (const { start, end } of runs) {
    for (let value = start; value < end; value += 1) at = bytes.writeUInt16LE(value, at);
  }
  return bytes;
}

function bitsOf(runs: readonly PositionRun[]): Buffer {
  const bytes = Buffer.alloc(BITMAP_BYTES);
  for (const { start, end } of runs) {
    for (let value = start; value < end; value += 1) bytes[value >> 3] = (bytes[value >> 3] ?? 0) | (1 << (value & 7));
  }
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** @throws {InvalidInputError} where a position is not one of a file's */
export function checkPosition(position: number): number {
  if (Number.isSafeInteger(position) && position >= 0) return position;
  throw new InvalidInputError(`Cannot delete the row at position ${position}: positions are whole numbers from 0`);
}
