import { join } from "node:path";
import { type Frame, paddedLength } from "./frame.ts";

/** Between two remembered positions of one partition lie at least this many bytes of the file. */
const POINT_SPACING_BYTES = 256 * 1024;
const PARTITIONS_MAX = 65_536;

/** A partition's name in maps: its topic's id in the shard, and its number. */
export function partitionKey(topicId: number, partition: number): number {
  return topicId * PARTITIONS_MAX + partition;
}

export function partitionOfKey(key: number): { readonly topicId: number; readonly partition: number } {
  return { topicId: Math.floor(key / PARTITIONS_MAX), partition: key % PARTITIONS_MAX };
}

export { PARTITIONS_MAX };

/** What a segment holds of one partition: offsets `first` up to, not including, `end`. */
export interface PartitionRange {
  first: number;
  end: number;
  bytes: number;
  lastMs: number;
}

/** Where some of a partition's entries lie: entry `offsets[i]` begins in the frame at `positions[i]`. Both grow. */
export interface PartitionPoints {
  readonly offsets: number[];
  readonly positions: number[];
}

/** One file of a shard, and what is known of its contents. */
export class Segment {
  readonly sequence: number;
  readonly path: string;
  /** Where the next frame goes; of a sealed one, its size. */
  byteLength = 0;
  /** Of the one being written, how much its head takes. */
  headBytes = 0;
  firstMs = 0;
  lastMs = 0;
  /** The last commit in it. */
  commit = 0;
  readonly ranges: Map<number, PartitionRange> = new Map();
  /** Undefined until wanted, of a segment that was described by its index file. */
  points: Map<number, PartitionPoints> | undefined;

  constructor(folder: string, sequence: number) {
    this.sequence = sequence;
    this.path = join(folder, segmentName(sequence));
  }

  get indexPath(): string {
    return `${this.path.slice(0, -SEGMENT_ENDING.length)}.index`;
  }

  /** Takes in a frame that stands at `position`. */
  add(frame: Frame, position: number): void {
    if (position === 0) {
      this.firstMs = frame.appendedMs;
      this.headBytes = paddedLength(frame.bytes.byteLength);
    }
    this.lastMs = frame.appendedMs;
    this.commit = frame.commit;
    this.byteLength = position + paddedLength(frame.bytes.byteLength);
    this.points ??= new Map();
    for (const entry of frame.entries) {
      const key = partitionKey(entry.topicId, entry.partition);
      const end = entry.firstOffset + entry.count;
      const range = this.ranges.get(key);
      if (range === undefined) {
        this.ranges.set(key, { first: entry.firstOffset, end, bytes: entry.byteLength, lastMs: frame.appendedMs });
      } else {
        range.end = end;
        range.bytes += entry.byteLength;
        range.lastMs = frame.appendedMs;
      }
      addPoint(this.points, key, entry.firstOffset, position);
    }
  }
}

function addPoint(points: Map<number, PartitionPoints>, key: number, offset: number, position: number): void {
  const known = points.get(key);
  if (known === undefined) {
    points.set(key, { offsets: [offset], positions: [position] });
  } else if (position - (known.positions.at(-1) ?? 0) >= POINT_SPACING_BYTES) {
    known.offsets.push(offset);
    known.positions.push(position);
  }
}

/** The last remembered position at or before `offset`; undefined when the segment has none of the partition. */
export function positionAtOrBefore(points: PartitionPoints | undefined, offset: number): number | undefined {
  if (points === undefined) return undefined;
  let [low, high] = [0, points.offsets.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points.offsets[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return points.positions[Math.max(0, low - 1)];
}

const SEGMENT_ENDING = ".log";
const SEGMENT_NAME = /^(\d{16})\.log$/;

export function segmentName(sequence: number): string {
  return String(sequence).padStart(16, "0") + SEGMENT_ENDING;
}

/** The number in a segment file's name; undefined for other files. */
export function segmentSequence(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
