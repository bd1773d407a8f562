import { type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import {
  appendBookRecords,
  appendQuoteRecord,
  BOOKS_PARTITION,
  type BookLevels,
  type BookRecord,
  encodeGaps,
  encodeRefusals,
  type Gap,
  type Quote,
  type Refusal,
  TOPICS,
} from "../../domain/index.ts";
import type { EventEntry } from "../event-entries.ts";
import { BookTally } from "./book-tally.ts";

/** The events of some frames: what one append takes. Reused from one to the next. */
export class BookOutput {
  readonly #quotes = new RecordBatchBuilder();
  readonly #changes = new RecordBatchBuilder();
  readonly #snapshots = new RecordBatchBuilder();
  #gaps: Gap[] = [];
  #refusals: Refusal[] = [];
  /** The listings that events name are those before this one. */
  listingsEnd = 0;
  readonly tally: BookTally = new BookTally();

  /** Of records that are waiting. */
  get byteLength(): number {
    return this.#quotes.byteLength + this.#changes.byteLength + this.#snapshots.byteLength;
  }

  quote(quote: Quote): void {
    this.#name(quote.listing);
    appendQuoteRecord(quote, this.#quotes);
    this.tally.quotes += 1;
  }

  changes(record: BookRecord, levels: BookLevels): void {
    this.#name(record.listing);
    appendBookRecords(record, levels, this.#changes);
    this.tally.levels += levels.length;
  }

  snapshot(record: BookRecord, levels: BookLevels): void {
    this.#name(record.listing);
    appendBookRecords(record, levels, this.#snapshots);
    this.tally.snapshots += 1;
  }

  gap(gap: Gap): void {
    this.#gaps.push(gap);
    this.tally.gap(gap);
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
    this.tally.refusals += 1;
  }

  /** Hands the events over; there are none afterwards. The tally stays until `clear`. */
  takeEntries(): readonly EventEntry[] {
    const entries: EventEntry[] = [];
    const add = (topic: string, partition: number, records: RecordBatch): void => {
      if (records.count > 0) entries.push({ topic, partition, records });
    };
    add(TOPICS.quotes, 0, this.#quotes.take());
    add(TOPICS.bookChanges, 0, this.#changes.take());
    add(TOPICS.bookSnapshots, 0, this.#snapshots.take());
    if (this.#gaps.length > 0) add(TOPICS.gaps, BOOKS_PARTITION, encodeGaps(this.#gaps));
    if (this.#refusals.length > 0) add(TOPICS.quarantine, BOOKS_PARTITION, encodeRefusals(this.#refusals));
    this.#gaps = [];
    this.#refusals = [];
    return entries;
  }

  /** Forgets all: the events of frames that were taken in before. */
  clear(): void {
    for (const builder of [this.#quotes, this.#changes, this.#snapshots]) builder.take();
    this.#gaps = [];
    this.#refusals = [];
    this.listingsEnd = 0;
    this.tally.clear();
  }

  #name(listing: number): void {
    if (listing >= this.listingsEnd) this.listingsEnd = listing + 1;
  }
}
