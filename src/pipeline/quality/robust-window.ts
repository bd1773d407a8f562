import type { ByteReader, ByteWriter } from "../state/bytes.ts";

/** Values remembered: the last ones. */
const WINDOW = 64;
/** Median and MAD are computed anew after so many values: as good as after each, for a sixteenth of the work. */
const EVERY = 16;
/** Below so many values nothing is said. */
const ENOUGH = 32;
/** Of a normal distribution, the standard deviation by its median absolute deviation. */
const MAD_TO_DEVIATION = 1.4826;

/** Where the values are put in order; what it holds matters only during a call. */
const sorted: Float32Array = new Float32Array(WINDOW);
const merged: Float32Array = new Float32Array(WINDOW);

/** How far values are off the recent ones, by median and median absolute deviation: a few wild values do not blind it. */
export class RobustWindow {
  /** The last ones, round and round; those of a run of EVERY in order of size once it is full. */
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

  /** Each run is sorted where it stands, which costs little of those that are so already; then all are merged. */
  #measure(): void {
    const held = Math.min(WINDOW, this.#count);
    for (let start = 0; start < held; start += EVERY) sortRun(this.#values, start, start + EVERY);
    sorted.set(this.#values);
    mergeRuns(sorted, merged, EVERY, held);
    mergeRuns(merged, sorted, 2 * EVERY, held);
    this.#median = middleOf(sorted, held);
    this.#deviation = Math.max(medianDistance(held, this.#median) * MAD_TO_DEVIATION, this.#deviationMin);
  }
}

function sortRun(values: Float32Array, start: number, end: number): void {
  for (let next = start + 1; next < end; next += 1) {
    const value = values[next] ?? 0;
    let place = next;
    for (; place > start && (values[place - 1] ?? 0) > value; place -= 1) values[place] = values[place - 1] ?? 0;
    values[place] = value;
  }
}

/** Merges each two neighbouring runs of sorted values; the last may stand alone or be shorter. */
function mergeRuns(from: Float32Array, into: Float32Array, length: number, end: number): void {
  for (let start = 0; start < end; start += 2 * length) {
    const leftEnd = Math.min(start + length, end);
    const rightEnd = Math.min(leftEnd + length, end);
    let left = start;
    let right = leftEnd;
    for (let place = start; place < rightEnd; place += 1) {
      const isLeft = right >= rightEnd || (left < leftEnd && (from[left] ?? 0) <= (from[right] ?? 0));
      into[place] = from[isLeft ? left : right] ?? 0;
      if (isLeft) left += 1;
      else right += 1;
    }
  }
}

function middleOf(values: Float32Array, held: number): number {
  const middle = held >>> 1;
  const upper = values[middle] ?? 0;
  return held % 2 === 1 ? upper : ((values[middle - 1] ?? 0) + upper) / 2;
}

/** The median of the distances of `sorted` from its median: they grow outward from it, so the nearer half is walked in order. */
function medianDistance(held: number, median: number): number {
  const middle = held >>> 1;
  let above = middle;
  let below = middle - 1;
  let before = 0;
  let distance = 0;
  for (let walked = 0; walked <= middle; walked += 1) {
    const up = above < held ? (sorted[above] ?? 0) - median : Number.POSITIVE_INFINITY;
    const down = below >= 0 ? median - (sorted[below] ?? 0) : Number.POSITIVE_INFINITY;
    before = distance;
    distance = Math.min(up, down);
    if (up <= down) above += 1;
    else below -= 1;
  }
  return held % 2 === 1 ? distance : (before + distance) / 2;
}
