import { type Frame, paddedLength } from "./frame.ts";

const POSITIONS_MAX = 2 ** 32;

/** Names a frame of one shard by where it stands. */
export function frameKey(segment: number, position: number): number {
  return segment * POSITIONS_MAX + position;
}

/**
 * Recent frames of one shard, so that readers of several partitions, at the tail or catching up side by side,
 * read and check each frame once. The oldest taken in go first.
 */
export class FrameCache {
  readonly #bytesMax: number;
  readonly #frames = new Map<number, Frame>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(segment: number, position: number): Frame | undefined {
    return this.#frames.get(frameKey(segment, position));
  }

  put(segment: number, position: number, frame: Frame): void {
    const key = frameKey(segment, position);
    const byteLength = paddedLength(frame.bytes.byteLength);
    if (byteLength > this.#bytesMax / 4 || this.#frames.has(key)) return; // One giant must not empty it.
    this.#frames.set(key, frame);
    this.#bytes += byteLength;
    for (const [oldestKey, oldest] of this.#frames) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#frames.delete(oldestKey);
      this.#bytes -= paddedLength(oldest.bytes.byteLength);
    }
  }
}
