import { type RecordBatch, recordAt, recordStart } from "../../base/index.ts";
import { FrameRecord } from "../../domain/index.ts";
import type { LogRecords } from "../../pipeline/index.ts";

/**
 * The frames of several partitions as one sequence by receive time, ties in the order of the partitions: the order in
 * which the pipeline takes a backlog. Which of two contradicting trades came first depends on it, where two feeds tell
 * of one market. Holds one chunk a partition.
 *
 * @yields runs of frames of one partition, as views of its chunks
 */
export async function* inReceiveOrder(partitions: readonly AsyncIterable<LogRecords>[]): AsyncGenerator<LogRecords> {
  const places = partitions.map((chunks) => new Place(chunks[Symbol.asyncIterator]()));
  try {
    await Promise.all(places.map((place) => place.load()));
    for (let next = earliest(places); next !== undefined; next = earliest(places)) {
      yield next.takeRun(places);
      await next.load();
    }
  } finally {
    await Promise.all(places.map((place) => place.close()));
  }
}

function earliest(places: readonly Place[]): Place | undefined {
  let found: Place | undefined;
  for (const place of places) {
    if (place.headUs !== undefined && (found?.headUs === undefined || place.headUs < found.headUs)) found = place;
  }
  return found;
}

/** How far one partition has been taken. */
class Place {
  readonly #chunks: AsyncIterator<LogRecords>;
  #chunk: LogRecords | undefined;
  #index = 0;
  /** Receive time of the next frame; undefined at the end. */
  headUs: number | undefined;

  constructor(chunks: AsyncIterator<LogRecords>) {
    this.#chunks = chunks;
  }

  /** Reads on where the chunk is used up. */
  async load(): Promise<void> {
    while (this.#chunk === undefined || this.#index >= this.#chunk.records.count) {
      const { value, done } = await this.#chunks.next();
      this.#index = 0;
      this.#chunk = done === true ? undefined : value;
      if (done === true) break;
    }
    this.#setHead();
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** The frames from here on that come before any of the other partitions. */
  takeRun(places: readonly Place[]): LogRecords {
    const chunk = this.#chunk;
    if (chunk === undefined) throw new RangeError("Nothing is left of this partition");
    const start = this.#index;
    const isEarlier = this.#limit(places);
    do {
      this.#index += 1;
      this.#setHead();
    } while (this.headUs !== undefined && isEarlier(this.headUs));
    const records = part(chunk.records, start, this.#index);
    return { ...chunk, firstOffset: chunk.firstOffset + start, records };
  }

  #limit(places: readonly Place[]): (timeUs: number) => boolean {
    let [before, upTo] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let isBefore = true; // Partitions that stand before this one come first at the same time.
    for (const place of places) {
      if (place === this) isBefore = false;
      else if (isBefore) before = Math.min(before, place.headUs ?? before);
      else upTo = Math.min(upTo, place.headUs ?? upTo);
    }
    return (timeUs) => timeUs < before && timeUs <= upTo;
  }

  #setHead(): void {
    const chunk = this.#chunk;
    const isThere = chunk !== undefined && this.#index < chunk.records.count;
    this.headUs = isThere ? new FrameRecord(recordAt(chunk.records, this.#index)).timeUs : undefined;
  }
}

function part(records: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0 && to === records.count) return records;
  const start = recordStart(records, from);
  return {
    count: to - from,
    bytes: records.bytes.subarray(start, records.ends[to - 1]),
    ends: records.ends.slice(from, to).map((end) => end - start),
  };
}
