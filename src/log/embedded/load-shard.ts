import type { Files, OpenFile } from "../../base/index.ts";
import { LogCorruptError } from "../errors.ts";
import type { DurableEnd } from "./durable-end.ts";
import { scanFrames } from "./frame-scan.ts";
import { Segment, segmentSequence } from "./segment.ts";
import { ShardIndex } from "./shard-index.ts";
import { readSidecar } from "./sidecar.ts";

export interface ShardPlace {
  readonly files: Files;
  readonly folder: string;
  readonly shard: string;
}

export interface ShardLoad extends ShardPlace {
  /** Look no further than this: what a reader beside the owner may see. Undefined sees all that is intact. */
  readonly until?: DurableEnd | undefined;
  /** Accepts that records are missing, which otherwise is damage. */
  readonly withLoss?: boolean;
  /** Told of each sealed segment that had no index file and was read instead. */
  readonly onScanned?: ((segment: Segment) => Promise<void>) | undefined;
}

/** Index files that are read at the same time. */
const CONCURRENT_MAX = 32;

/**
 * Finds out what a shard holds. Changes nothing. The last segment is read frame by frame up to the first that is
 * not intact; of the others only their index files are read.
 *
 * @throws {LogCorruptError} when a sealed segment is not intact, a head is not, or a file is missing
 */
export async function loadShard(load: ShardLoad): Promise<ShardIndex> {
  const index = new ShardIndex(load.shard);
  const sequences = await listSegments(load);
  const segments = sequences.map((sequence) => new Segment(load.folder, sequence));
  const last = segments.pop();
  for (let from = 0; from < segments.length; from += CONCURRENT_MAX) {
    const some = segments.slice(from, from + CONCURRENT_MAX);
    await Promise.all(some.map((segment) => describeSealed(load, segment)));
  }
  index.segments.push(...segments);
  if (last === undefined) return index;
  index.segments.push(last);
  await scanLast(load, index, last);
  const missing = index.firstMissing();
  if (missing !== undefined && load.withLoss !== true) {
    throw new LogCorruptError({
      path: load.folder,
      position: 0,
      seen: `no segment file holds offset ${missing.offset} of ${missing.topic}/${missing.partition}, and retention did not remove it`,
    });
  }
  return index;
}

/** The numbers of the shard's segments, oldest first. */
export async function listSegments({ files, folder, until }: ShardLoad): Promise<number[]> {
  return (await files.list(folder))
    .map(segmentSequence)
    .filter((sequence) => sequence !== undefined)
    .filter((sequence) => until === undefined || sequence <= until.segment)
    .sort((a, b) => a - b);
}

async function describeSealed(load: ShardLoad, segment: Segment): Promise<void> {
  const size = await load.files.size(segment.path);
  if (await readSidecar(load.files, segment, size)) return;
  await using file = await load.files.open(segment.path, "r");
  await scanSealed(file, segment, size);
  await load.onScanned?.(segment);
}

/** Reads a whole sealed segment, every byte of which must belong to an intact frame. */
export async function scanSealed(file: OpenFile, segment: Segment, size: number): Promise<void> {
  segment.ranges.clear();
  segment.points = new Map();
  const place = { segment: segment.sequence, position: 0, limit: size };
  const end = await scanFrames(file, place, (frame, position) => segment.add(frame, position));
  if (end !== size) {
    throw new LogCorruptError({
      path: segment.path,
      position: end,
      seen: "a sealed segment holds a frame that is not intact",
    });
  }
}

async function scanLast({ files, until }: ShardLoad, index: ShardIndex, segment: Segment): Promise<void> {
  await using file = await files.open(segment.path, "r");
  const limit = until?.segment === segment.sequence ? until.position : await file.size();
  const end = await scanFrames(file, { segment: segment.sequence, position: 0, limit }, (frame, position) => {
    if (position === 0 && frame.kind !== "head") {
      throw new LogCorruptError({ path: segment.path, position, seen: "a segment does not begin with its head" });
    }
    index.apply(frame, segment, position);
  });
  if (end === 0) {
    throw new LogCorruptError({ path: segment.path, position: 0, seen: "the head of the last segment is not intact" });
  }
  if (until !== undefined && end !== limit) {
    throw new LogCorruptError({
      path: segment.path,
      position: end,
      seen: "a frame within the durable part is not intact",
    });
  }
}
