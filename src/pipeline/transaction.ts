import { InternalError } from "../base/index.ts";
import { type Bar, type Listing, type QualityMinute, TOPICS } from "../domain/index.ts";
import type { EventEntry, TradePositions } from "./event-entries.ts";
import { TakenIn } from "./intake.ts";
import type { TopicPosition } from "./ports.ts";

/** The events of some frames, and the progress on their partitions: appended together or not at all. */
export class Transaction {
  readonly taken: TakenIn = new TakenIn();
  number = 0;
  startedMs = 0;
  bars: Bar[] = [];
  minutes: QualityMinute[] = [];
  listings: readonly Listing[] = [];
  entries: readonly EventEntry[] = [];
  positions: TradePositions = { partition: new Uint16Array(0), offset: new Float64Array(0) };
  /** The offset that each entry must get. */
  expected: readonly number[] = [];
  progress: readonly TopicPosition[] = [];

  /** For the next use; what was handed out stays as it is, but for the trade columns. */
  begin(number: number, startedMs: number): void {
    this.taken.clear();
    this.number = number;
    this.startedMs = startedMs;
    this.bars = [];
    this.minutes = [];
    this.listings = [];
    this.entries = [];
    this.expected = [];
    this.progress = [];
  }
}

/** Where the event log's partitions end once all transactions so far are in it. The pipeline is their only writer. */
export class EventEnds {
  readonly #ends: Map<string, TopicPosition> = new Map();

  constructor(ends: readonly TopicPosition[]) {
    for (const end of ends) this.#ends.set(`${end.topic}/${end.partition}`, end);
  }

  next(topic: string, partition: number): number {
    return this.#ends.get(`${topic}/${partition}`)?.offset ?? 0;
  }

  /** @returns the offsets that the entries will get */
  reserve(entries: readonly EventEntry[]): readonly number[] {
    return entries.map(({ topic, partition, records }) => {
      const offset = this.next(topic, partition);
      this.#ends.set(`${topic}/${partition}`, { topic, partition, offset: offset + records.count });
      return offset;
    });
  }

  of(...topics: readonly string[]): readonly TopicPosition[] {
    return [...this.#ends.values()].filter(({ topic }) => topics.includes(topic));
  }
}

/** @throws {InternalError} when the log gave other offsets: someone else writes to the pipeline's topics */
export function checkOffsets(transaction: Transaction, offsets: readonly number[]): void {
  for (const [index, expected] of transaction.expected.entries()) {
    const { topic, partition } = transaction.entries[index] ?? { topic: TOPICS.listings, partition: 0 };
    if (offsets[index] === expected) continue;
    throw new InternalError(
      `${topic}/${partition} gave offset ${offsets[index]} where the pipeline, its only writer, expected ${expected}. ` +
        "Another process writes to this event log; stop it, then start this one again",
    );
  }
}
