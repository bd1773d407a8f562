import type { Files } from "../../base/index.ts";
import { scanSealed } from "./load-shard.ts";
import { type PartitionPoints, Segment } from "./segment.ts";
import { readPoints } from "./sidecar.ts";

/** Sealed segments whose positions are kept in memory; those of others are read again when wanted. */
const SEGMENTS_MAX = 64;

/** Where entries lie in sealed segments, read from the index files as readers come by. */
export class PointsCache {
  readonly #files: Files;
  readonly #folder: string;
  readonly #held = new Set<Segment>();

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  async of(segment: Segment): Promise<Map<number, PartitionPoints>> {
    if (segment.points !== undefined) return segment.points;
    segment.points = (await readPoints(this.#files, segment)) ?? (await this.#scan(segment));
    this.hold(segment);
    return segment.points;
  }

  /** Keeps the segment's points until newer ones push them out. */
  hold(segment: Segment): void {
    this.#held.add(segment);
    const oldest = this.#held.values().next().value;
    if (this.#held.size <= SEGMENTS_MAX || oldest === undefined) return;
    oldest.points = undefined;
    this.#held.delete(oldest);
  }

  async #scan({ sequence, path, byteLength }: Segment): Promise<Map<number, PartitionPoints>> {
    const scanned = new Segment(this.#folder, sequence);
    await using file = await this.#files.open(path, "r");
    await scanSealed(file, scanned, byteLength);
    return scanned.points ?? new Map();
  }
}
