import { type Abortable, abortable, type Clock } from "../base/index.ts";

export interface BeatOptions {
  readonly clock: Clock;
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

/** Pause after a turn, in multiples of what it took: turns then take at most a fifth of the time. */
const PAUSE_PER_COST = 4;

/**
 * A common pause of many that each do small turns at a fixed cost: who has done one waits for the next beat, and all go on
 * together. Under load their turns become fewer and larger; the first after a silence waits for nothing.
 */
export class Beat {
  readonly #options: BeatOptions;
  #next: Promise<void> | undefined;

  constructor(options: BeatOptions) {
    this.#options = options;
  }

  /**
   * @param costMs what the caller's last turn took
   * @returns resolves at the next beat, the same for all who wait; rejects with the signal's reason
   */
  async next(costMs: number, { signal }: Abortable = {}): Promise<void> {
    const { clock, pauseMsMin, pauseMsMax } = this.#options;
    this.#next ??= clock.sleep(Math.min(pauseMsMax, Math.max(pauseMsMin, PAUSE_PER_COST * costMs))).finally(() => {
      this.#next = undefined;
    });
    await abortable(this.#next, signal);
  }
}
