import type { ByteReader, ByteWriter } from "../state/bytes.ts";

/** Values remembered: the last ones. */
const WINDOW = 64;
/** Median and MAD are computed anew after so many values: as good as after each, for a sixteenth of the work. */
const EVERY = 16;
/** Below so many values nothing is said. */
const ENOUGH = 32;
/** Of a normal distribution, the standard deviation by its median absolute deviation. */
const MAD_TO_DEVIATION = 1.4826;

/** How far values are off the recent ones, by median and median absolute deviation: a few wild values do not blind it. */
export class RobustWindow {
  readonly #values: Float32Array = new Float32Array(WINDOW);
  readonly #deviationMin: number;
  #count = 0;
  #median = 0;
  #deviation = 0;

  /** @param deviationMin what the deviation is taken for where the values hardly differ */
  constructor(deviationMin: number) {
    this.#deviationMin = deviationMin;
  }

  /** The robust z-score of a value against those that were added; 0 while there are too few. */
  scoreOf(value: number): number {
    return this.#count < ENOUGH ? 0 : (value - this.#median) / this.#deviation;
  }

  add(value: number): void {
    this.#values[this.#count % WINDOW] = value;
    this.#count += 1;
    if (this.#count % EVERY === 0) this.#measure();
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#count);
    writer.float(this.#median);
    writer.float(this.#deviation);
    for (let index = 0; index < Math.min(WINDOW, this.#count); index += 1) writer.float(this.#values[index] ?? 0);
  }

  read(reader: ByteReader): void {
    this.#count = reader.whole();
    this.#median = reader.float();
    this.#deviation = reader.float();
    for (let index = 0; index < Math.min(WINDOW, this.#count); index += 1) this.#values[index] = reader.float();
  }

  #measure(): void {
    const sorted = this.#values.slice(0, Math.min(WINDOW, this.#count)).sort();
    this.#median = middleOf(sorted);
    const median = this.#median;
    const mad = middleOf(sorted.map((value) => Math.abs(value - median)).sort());
    this.#deviation = Math.max(mad * MAD_TO_DEVIATION, this.#deviationMin);
  }
}

function middleOf(sorted: Float32Array): number {
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
