import { crc32c } from "@node-rs/crc32";
import type { Files } from "../../base/index.ts";
import type { PartitionPoints, Segment } from "./segment.ts";

/**
 * The index file beside a sealed segment: so that opening many segments reads a line each.
 * Line 1 says what the segment holds; line 2 where some of it lies, and is read when wanted. Each line is JSON,
 * a space, and the CRC32C of the JSON in hexadecimal. It can always be made anew from the segment.
 */
interface Contents {
  readonly version: 1;
  readonly segment: number;
  readonly byteLength: number;
  readonly commit: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** [partition key, first offset, end offset, bytes, last append time] */
  readonly ranges: readonly (readonly [number, number, number, number, number])[];
}
type PointsLine = readonly (readonly [key: number, offsets: number[], positions: number[]])[];

/** Durable when this resolves. */
export async function writeSidecar(files: Files, folder: string, segment: Segment): Promise<void> {
  const contents: Contents = {
    version: 1,
    segment: segment.sequence,
    byteLength: segment.byteLength,
    commit: segment.commit,
    firstMs: segment.firstMs,
    lastMs: segment.lastMs,
    ranges: [...segment.ranges].map(([key, { first, end, bytes, lastMs }]) => [key, first, end, bytes, lastMs]),
  };
  const points: PointsLine = [...(segment.points ?? [])].map(([key, known]) => [key, known.offsets, known.positions]);
  const temporary = `${segment.indexPath}.new`;
  {
    await using file = await files.open(temporary, "w+");
    await file.write(new TextEncoder().encode(lineOf(contents) + lineOf(points)), 0);
    await file.sync();
  }
  await files.rename(temporary, segment.indexPath);
  await files.syncFolder(folder);
}

/** Describes the segment by its index file; false when that is missing, spoilt or of another state of the segment. */
export async function readSidecar(files: Files, segment: Segment, segmentBytes: number): Promise<boolean> {
  const line = (await readLines(files, segment))?.[0];
  const contents = parseLine(line) as Contents | undefined;
  if (contents?.version !== 1 || contents.segment !== segment.sequence) return false;
  if (contents.byteLength !== segmentBytes) return false;
  segment.byteLength = contents.byteLength;
  segment.commit = contents.commit;
  segment.firstMs = contents.firstMs;
  segment.lastMs = contents.lastMs;
  for (const [key, first, end, bytes, lastMs] of contents.ranges)
    segment.ranges.set(key, { first, end, bytes, lastMs });
  return true;
}

export async function readPoints(files: Files, segment: Segment): Promise<Map<number, PartitionPoints> | undefined> {
  const line = (await readLines(files, segment))?.[1];
  const points = parseLine(line) as PointsLine | undefined;
  return points && new Map(points.map(([key, offsets, positions]) => [key, { offsets, positions }]));
}

async function readLines(files: Files, segment: Segment): Promise<string[] | undefined> {
  try {
    return new TextDecoder().decode(await files.read(segment.indexPath)).split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function lineOf(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json} ${crc32c(json).toString(16)}\n`;
}

function parseLine(line: string | undefined): unknown {
  const at = line?.lastIndexOf(" ") ?? -1;
  if (line === undefined || at < 0) return undefined;
  const json = line.slice(0, at);
  return crc32c(json).toString(16) === line.slice(at + 1) ? JSON.parse(json) : undefined;
}
