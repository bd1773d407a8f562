import { type Abortable, type RecordBatch, recordAt } from "../../base/index.ts";
import {
  BookRows,
  decodeBookRecords,
  decodeGaps,
  decodeOrders,
  decodeQuotes,
  decodeRefusals,
  FrameRecord,
  feedOfTopic,
  type Gap,
  type Listing,
  type Listings,
  OrderRows,
  QuoteRows,
  type Refusal,
  TOPICS,
} from "../../domain/index.ts";
import { ListingBook } from "../listing-book.ts";
import type { LogRecords } from "../ports.ts";
import { BookOutput } from "./book-output.ts";
import { BookPartition } from "./book-partition.ts";
import type { BookRules, SnapshotRules } from "./book-rules.ts";

export interface DeriveBooksOptions extends Abortable {
  readonly rules: BookRules;
  readonly snapshots: SnapshotRules;
  /** Those of the event log, for their numbers and units. */
  readonly listings: readonly Listing[];
  /** Gets everything that the frames give, piece by piece; rows are reused after the call. */
  readonly sink: DerivedBooks;
}

export interface DerivedBooks {
  quotes(rows: QuoteRows, listings: Listings): void;
  changes(rows: BookRows, listings: Listings): void;
  snapshots(rows: BookRows, listings: Listings): void;
  orders(rows: OrderRows, listings: Listings): void;
  gaps(gaps: readonly Gap[]): void;
  refusals(refusals: readonly Refusal[]): void;
}

const PENDING_BYTES_MAX = 2 * 1024 * 1024;
const QUOTE_ROWS = 4_096;
const ORDER_ROWS = 4_096;

/** Derives from raw frames alone what the tables of books must hold, without a log. Holds the books, and a piece of rows. */
export async function deriveBooks(frames: AsyncIterable<LogRecords>, options: DeriveBooksOptions): Promise<void> {
  const { rules, snapshots, listings, sink, signal } = options;
  const desk = new ListingBook(listings);
  const partitions = new Map<string, BookPartition>();
  const output = new BookOutput();
  const pieces = new Pieces(sink, desk.listings);
  for await (const { topic, partition, firstOffset, records } of frames) {
    signal?.throwIfAborted();
    const key = `${topic}/${partition}`;
    const feed = feedOfTopic(topic) ?? topic;
    const books = partitions.get(key) ?? new BookPartition({ feed, partition, rules, desk, snapshots });
    partitions.set(key, books);
    for (let index = 0; index < records.count; index += 1) {
      books.take(new FrameRecord(recordAt(records, index)), firstOffset + index, output);
      if (output.byteLength > PENDING_BYTES_MAX) pieces.take(output);
    }
    pieces.take(output);
  }
}

class Pieces {
  readonly #sink: DerivedBooks;
  readonly #listings: Listings;
  readonly #quotes = new QuoteRows(QUOTE_ROWS);
  /** Made when there are some: only files tell orders. */
  #orders: OrderRows | undefined;
  readonly #levels = new BookRows();

  constructor(sink: DerivedBooks, listings: Listings) {
    this.#sink = sink;
    this.#listings = listings;
  }

  take(output: BookOutput): void {
    for (const { topic, records } of output.takeEntries()) this.#hand(topic, records);
    output.clear();
  }

  #hand(topic: string, records: RecordBatch): void {
    if (topic === TOPICS.gaps) this.#sink.gaps(decodeGaps(records));
    else if (topic === TOPICS.quarantine) this.#sink.refusals(decodeRefusals(records));
    else if (topic === TOPICS.quotes) this.#handQuotes(records);
    else if (topic === TOPICS.orders) this.#handOrders(records);
    else {
      this.#levels.length = 0;
      decodeBookRecords(records, this.#levels);
      if (topic === TOPICS.bookChanges) this.#sink.changes(this.#levels, this.#listings);
      else this.#sink.snapshots(this.#levels, this.#listings);
    }
  }

  #handOrders(records: RecordBatch): void {
    const orders = this.#orders ?? new OrderRows(ORDER_ROWS);
    this.#orders = orders;
    for (let from = 0; from < records.count; ) {
      orders.length = 0;
      from = decodeOrders(records, orders, from);
      this.#sink.orders(orders, this.#listings);
    }
  }

  #handQuotes(records: RecordBatch): void {
    for (let from = 0; from < records.count; ) {
      this.#quotes.length = 0;
      from = decodeQuotes(records, this.#quotes, from);
      this.#sink.quotes(this.#quotes, this.#listings);
    }
  }
}
