import type { FrameMarks } from "../../domain/index.ts";

const START_BYTES = 128;
const END_BYTES = 96;

/**
 * Tells frames that may hold a record of some channels from those that cannot, without reading them: by marks among their
 * first bytes (FrameMarks). Never says no to a frame that has a mark where it may stand.
 *
 * Looks at one byte in several (Horspool's search, of all marks at once): from a byte follows how far on the next mark may
 * end at the earliest.
 */
export class FrameSieve {
  readonly #marks: readonly Uint8Array[];
  readonly #within: NonNullable<FrameMarks["within"]>;
  /** So many of each mark's bytes are searched for; the rest is compared where these are found. */
  readonly #width: number;
  /** By byte: how far the window may move when it ends with it; 0 where a mark's window may end here. */
  readonly #shifts: Uint8Array;

  constructor({ texts, within = "start" }: FrameMarks) {
    this.#marks = texts.map((text) => Buffer.from(text, "latin1"));
    this.#within = within;
    this.#width = windowOf(texts);
    this.#shifts = new Uint8Array(256).fill(this.#width);
    for (const mark of this.#marks) {
      for (let at = 0; at < this.#width; at += 1) {
        const byte = mark[at] ?? 0;
        this.#shifts[byte] = Math.min(this.#shifts[byte] ?? 0, this.#width - 1 - at);
      }
    }
  }

  mayHold(frame: Uint8Array): boolean {
    const { byteLength } = frame;
    if (this.#within === "anywhere") return this.#find(frame, 0, byteLength);
    if (this.#find(frame, 0, Math.min(START_BYTES, byteLength))) return true;
    return this.#within === "ends" && this.#find(frame, Math.max(0, byteLength - END_BYTES), byteLength);
  }

  /** Whether a mark begins at or after `from` and before `end`. */
  #find(frame: Uint8Array, from: number, end: number): boolean {
    const shifts = this.#shifts;
    const last = this.#width - 1;
    const stop = Math.min(end + last, frame.byteLength);
    for (let at = from + last; at < stop; ) {
      const shift = shifts[frame[at] ?? 0] ?? 0;
      if (shift === 0 && this.#stands(frame, at - last)) return true;
      at += shift === 0 ? 1 : shift;
    }
    return false;
  }

  #stands(frame: Uint8Array, at: number): boolean {
    for (const mark of this.#marks) {
      let length = 0;
      while (length < mark.length && frame[at + length] === mark[length]) length += 1;
      if (length === mark.length) return true;
    }
    return false;
  }
}

/** As many bytes as the shortest mark has, less the quotes at its end: those stand everywhere in a frame. */
function windowOf(texts: readonly string[]): number {
  const shortest = Math.min(255, ...texts.map(({ length }) => length));
  let width = shortest;
  while (width > 1 && texts.some((text) => text[width - 1] === '"')) width -= 1;
  return width > 1 ? width : Math.max(1, shortest);
}
