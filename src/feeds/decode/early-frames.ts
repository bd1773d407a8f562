/** Of one book, unless more are asked for: a quarter of an hour of a frame every 100 ms. */
const FRAMES_MAX = 10_000;
/** Of all books of a reader together. */
const BYTES_MAX = 64 * 1_048_576;

/** What all books of a reader keep, in bytes. */
export interface EarlyBudget {
  bytes: number;
}

/** A frame in base 64, and its place in the venue's order: a time or a number. */
export type SavedFrame = readonly [place: number, payload: string];

interface EarlyFrame {
  readonly place: number;
  readonly payload: Uint8Array;
}

/**
 * Frames that wait for their book's snapshot. When there are too many the oldest go: a snapshot that is older than what is
 * left does not prove the book then, and another has to be asked for.
 */
export class EarlyFrames {
  readonly #budget: EarlyBudget;
  readonly #framesMax: number;
  #frames: EarlyFrame[] = [];

  constructor(budget: EarlyBudget, { framesMax = FRAMES_MAX }: { readonly framesMax?: number } = {}) {
    this.#budget = budget;
    this.#framesMax = framesMax;
  }

  /** The venue's time, or number, of the first frame; undefined where there is none. */
  get first(): number | undefined {
    return this.#frames[0]?.place;
  }

  get last(): number | undefined {
    return this.#frames.at(-1)?.place;
  }

  /** @param payload the frame; copied */
  keep(place: number, payload: Uint8Array): void {
    this.#frames.push({ place, payload: payload.slice() });
    this.#budget.bytes += payload.byteLength;
    while (this.#frames.length > this.#framesMax || (this.#budget.bytes > BYTES_MAX && this.#frames.length > 0)) {
      const dropped = this.#frames.shift();
      this.#budget.bytes -= dropped?.payload.byteLength ?? 0;
    }
  }

  save(): readonly SavedFrame[] {
    return this.#frames.map(({ place, payload }) => [place, Buffer.from(payload).toString("base64")]);
  }

  restore(saved: readonly SavedFrame[]): void {
    for (const [place, payload] of saved) this.keep(place, Buffer.from(payload, "base64"));
  }

  /** Gives up all frames, the oldest first. */
  takeAll(): readonly Uint8Array[] {
    const frames = this.#frames;
    this.#frames = [];
    for (const { payload } of frames) this.#budget.bytes -= payload.byteLength;
    return frames.map(({ payload }) => payload);
  }
}
