import type { LatencySummary } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";

/** Values below this are counted exactly, larger ones by their seven highest bits. */
const EXACT_END = 128;
const HALF = EXACT_END / 2;
const EXACT_LEADING_ZEROS = Math.clz32(EXACT_END - 1);
const INT32_END = 2 ** 31;

/**
 * Counts durations of either sign, so that quantiles can be told of any number of them in little memory.
 * Integers only: the same values give the same answer on every machine.
 */
export class LatencyHistogram {
  readonly #counts: Map<number, number> = new Map();
  #total = 0;
  #minUs = Number.POSITIVE_INFINITY;
  #maxUs = Number.NEGATIVE_INFINITY;

  /** @param us whole microseconds */
  add(us: number): void {
    const bucket = us < 0 ? -1 - bucketOf(-us) : bucketOf(us);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#total += 1;
    if (us < this.#minUs) this.#minUs = us;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  summary(): LatencySummary | undefined {
    if (this.#total === 0) return undefined;
    const buckets = [...this.#counts].sort(([a], [b]) => a - b);
    const quantile = (share: number): number => {
      let left = Math.max(1, Math.ceil(this.#total * share));
      for (const [bucket, count] of buckets) {
        left -= count;
        if (left <= 0) return Math.min(this.#maxUs, Math.max(this.#minUs, lowestOf(bucket)));
      }
      return this.#maxUs;
    };
    return { minUs: this.#minUs, p50Us: quantile(0.5), p99Us: quantile(0.99), maxUs: this.#maxUs };
  }

  write(writer: ByteWriter): void {
    writer.float(this.#minUs);
    writer.float(this.#maxUs);
    writer.whole(this.#counts.size);
    for (const [bucket, count] of this.#counts) {
      writer.float(bucket);
      writer.whole(count);
    }
  }

  static read(reader: ByteReader): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.#minUs = reader.float();
    histogram.#maxUs = reader.float();
    for (let left = reader.whole(); left > 0; left -= 1) {
      const bucket = reader.float();
      const count = reader.whole();
      histogram.#counts.set(bucket, count);
      histogram.#total += count;
    }
    return histogram;
  }
}

/** Buckets 0 to 127 are the values themselves; from there on each doubling has 64. */
function bucketOf(us: number): number {
  if (us < EXACT_END) return us;
  let shift = 0;
  let rest = us;
  for (; rest >= INT32_END; shift += 1) rest = Math.floor(rest / 2);
  const further = EXACT_LEADING_ZEROS - Math.clz32(rest);
  return EXACT_END + (shift + further - 1) * HALF + ((rest >>> further) - HALF);
}

/** The value of a bucket that is nearest to zero. */
function lowestOf(bucket: number): number {
  if (bucket < 0) return -lowestOf(-1 - bucket);
  if (bucket < EXACT_END) return bucket;
  const shift = Math.floor((bucket - EXACT_END) / HALF) + 1;
  return (HALF + ((bucket - EXACT_END) % HALF)) * 2 ** shift;
}
