import { type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import {
  appendBookRecords,
  appendOrderRecord,
  appendQuoteRecord,
  BOOKS_PARTITION,
  type BookLevels,
  type BookRecord,
  encodeGaps,
  encodeQuoteMinutes,
  encodeRefusals,
  type Gap,
  type OrderEvents,
  type OrderOrigin,
  type Quote,
  type QuoteMinute,
  type Refusal,
  TOPICS,
} from "../../domain/index.ts";
import type { EventEntry } from "../event-entries.ts";
import { BookTally } from "./book-tally.ts";

/** Who judges quotes: is told of each, and of each book that is not proven any more. */
export interface QuoteJudge {
  quote(quote: Quote): void;
  gap(gap: Gap): void;
}

/** What of a durable append is told at once to those who listen. */
export interface DurableBooks {
  readonly quotes: RecordBatch;
  /** Changed levels. */
  readonly changes: RecordBatch;
  readonly gaps: readonly Gap[];
  readonly minutes: readonly QuoteMinute[];
}

const NO_RECORDS = new RecordBatchBuilder().take();
const NOTHING: DurableBooks = { quotes: NO_RECORDS, changes: NO_RECORDS, gaps: [], minutes: [] };

/** The events of some frames: what one append takes. Reused from one to the next. */
export class BookOutput {
  readonly #quotes = new RecordBatchBuilder();
  readonly #changes = new RecordBatchBuilder();
  readonly #snapshots = new RecordBatchBuilder();
  readonly #orders = new RecordBatchBuilder();
  #gaps: Gap[] = [];
  #refusals: Refusal[] = [];
  #minutes: QuoteMinute[] = [];
  /** Of the partition whose frame is being read. */
  judge: QuoteJudge | undefined;
  /** The listings that events name are those before this one. */
  listingsEnd = 0;
  readonly tally: BookTally = new BookTally();
  /** What was handed over last, for those who are told of it once it is durable. */
  taken: DurableBooks = NOTHING;

  /** Of records that are waiting. */
  get byteLength(): number {
    return this.#quotes.byteLength + this.#changes.byteLength + this.#snapshots.byteLength + this.#orders.byteLength;
  }

  quote(quote: Quote): void {
    this.#name(quote.listing);
    appendQuoteRecord(quote, this.#quotes);
    this.tally.quotes += 1;
    this.judge?.quote(quote);
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

  /** One row of `events`. */
  order(events: OrderEvents, row: number, origin: OrderOrigin): void {
    this.#name(origin.listing);
    appendOrderRecord(events, row, origin, this.#orders);
  }

  gap(gap: Gap): void {
    this.#gaps.push(gap);
    this.tally.gap(gap);
    this.judge?.gap(gap);
  }

  quoteMinute(minute: QuoteMinute): void {
    this.#name(minute.listing);
    this.#minutes.push(minute);
    this.tally.quoteMinutes += 1;
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
    this.tally.refusals += 1;
  }

  /** Hands the events over; there are none afterwards. The tally stays until `clear`. */
  takeEntries(): readonly EventEntry[] {
    const entries: EventEntry[] = [];
    const [quotes, changes] = [this.#quotes.take(), this.#changes.take()];
    this.taken = { quotes, changes, gaps: this.#gaps, minutes: this.#minutes };
    const add = (topic: string, partition: number, records: RecordBatch): void => {
      if (records.count > 0) entries.push({ topic, partition, records });
    };
    add(TOPICS.quotes, 0, quotes);
    add(TOPICS.bookChanges, 0, changes);
    add(TOPICS.bookSnapshots, 0, this.#snapshots.take());
    add(TOPICS.orders, 0, this.#orders.take());
    if (this.#gaps.length > 0) add(TOPICS.gaps, BOOKS_PARTITION, encodeGaps(this.#gaps));
    if (this.#refusals.length > 0) add(TOPICS.quarantine, BOOKS_PARTITION, encodeRefusals(this.#refusals));
    if (this.#minutes.length > 0) add(TOPICS.quoteQuality, 0, encodeQuoteMinutes(this.#minutes));
    this.#gaps = [];
    this.#refusals = [];
    this.#minutes = [];
    return entries;
  }

  /** Forgets all: the events of frames that were taken in before. */
  clear(): void {
    for (const builder of [this.#quotes, this.#changes, this.#snapshots, this.#orders]) builder.take();
    this.#gaps = [];
    this.#refusals = [];
    this.#minutes = [];
    this.taken = NOTHING;
    this.listingsEnd = 0;
    this.tally.clear();
  }

  #name(listing: number): void {
    if (listing >= this.listingsEnd) this.listingsEnd = listing + 1;
  }
}
