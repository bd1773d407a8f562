import { type RecordBatch, recordAt, recordBatchOf } from "../../base/index.ts";
import {
  ASK,
  BID,
  BOOK_FLAGS,
  type BookContext,
  type BookMessage,
  type BookReader,
  BookRows,
  type DecodedListing,
  decodeBookRecords,
  decodeGaps,
  decodeQuotes,
  decodeRefusals,
  type Frame,
  type Gap,
  type OrderBook,
  parseDecimal,
  QUOTE_FLAGS,
  QuoteRows,
  type Refusal,
  storedPrice,
  storedSize,
  TOPICS,
} from "../../domain/index.ts";
import { ListingBook } from "../listing-book.ts";
import type { EventSink } from "../ports.ts";
import { frame } from "../test-support.ts";
import type { BookRules } from "./book-rules.ts";

/** Price and size as printed. */
export type PrintedLevel = readonly [price: string, size: string];

/** A message of the scripted venue: of a book with sequences that must follow each other, or a quote. */
export interface ScriptedMessage {
  readonly s: string;
  readonly seq?: number;
  /** The whole book. */
  readonly snap?: true;
  readonly quote?: true;
  readonly b?: readonly PrintedLevel[];
  readonly a?: readonly PrintedLevel[];
  /** Venue time, microseconds. */
  readonly t?: number;
  /** Levels of the book: bids × 1000 + asks. */
  readonly sum?: number;
  /** It has a checksum, which holds whatever the book is. */
  readonly right?: true;
  readonly depth?: number;
}

/** Reads `{"books": [ScriptedMessage, …]}`; `{"lost": "why"}`; anything else is "other". */
export class ScriptedReader implements BookReader {
  /** The last sequence by symbol; -1 where a message is missing. */
  #seen = new Map<string, number>();

  read(payload: Uint8Array, context: BookContext): "book" | "other" | "refused" {
    const body = parse(payload);
    if (body === undefined) {
      context.refuse("malformed", "not JSON");
      return "refused";
    }
    if (typeof body["lost"] === "string") {
      for (const symbol of this.#seen.keys()) this.#seen.set(symbol, -1);
      context.lost(body["lost"]);
    }
    if (body["throw"] === true) throw new Error("a reader that breaks its contract");
    const messages = (body["books"] ?? []) as readonly ScriptedMessage[];
    for (const [index, message] of messages.entries()) this.#message(message, index, context);
    return messages.length > 0 ? "book" : "other";
  }

  save(): string {
    return JSON.stringify([...this.#seen]);
  }

  restore(saved: string): void {
    this.#seen = new Map(JSON.parse(saved));
  }

  #message(message: ScriptedMessage, frameIndex: number, context: BookContext): void {
    const { s: rawSymbol, b = [], a = [] } = message;
    const [first = ["1", "1"]] = [...b, ...a];
    const listing = context.listing(rawSymbol, ...(first as [string, string]));
    context.levels.clear();
    const isRead =
      listing !== undefined &&
      b.every((level) => push(context, BID, level, listing)) &&
      a.every((level) => push(context, ASK, level, listing));
    if (isRead) context.message(this.#judge(message, listing, frameIndex));
    else
      context.refuse(listing === undefined ? "unknown_symbol" : "inexact_price", JSON.stringify(message), {
        rawSymbol,
        frameIndex,
      });
  }

  #judge(
    { s, seq = -1, t, sum, right, depth, quote, snap }: ScriptedMessage,
    listing: DecodedListing,
    frameIndex: number,
  ): BookMessage {
    const common = { listing, depth, eventTimeUs: t, eventTimeNanos: 0, sequence: seq, frameIndex };
    if (quote === true) return { ...common, channel: "quote", verdict: "apply" };
    const last = this.#seen.get(s) ?? -1;
    const follows = snap === true || (last >= 0 && seq === last + 1);
    this.#seen.set(s, follows ? seq : -1);
    const message: BookMessage = follows
      ? { ...common, channel: "book", verdict: snap === true ? "replace" : "apply" }
      : { ...common, channel: "book", verdict: "gap", detail: `${seq} does not follow ${last}` };
    const of = ({ bids, asks }: OrderBook): number => bids.length * 1000 + asks.length;
    if (right === true) return { ...message, checksum: { expected: 0, of: () => 0 } };
    return sum === undefined ? message : { ...message, checksum: { expected: sum, of } };
  }
}

function push(
  context: BookContext,
  side: number,
  [price, size]: PrintedLevel,
  { unitExponent }: DecodedListing,
): boolean {
  const storedAt = storedPrice(parseDecimal(price), unitExponent);
  const stored = storedSize(parseDecimal(size), unitExponent);
  if (storedAt === undefined || stored === undefined) return false;
  context.levels.push(side, { price: storedAt, size: stored });
  return true;
}

function parse(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

/** The same reader, whose state nothing can save. */
class UnsavedReader implements BookReader {
  readonly #reader = new ScriptedReader();

  read(payload: Uint8Array, context: BookContext): "book" | "other" | "refused" {
    return this.#reader.read(payload, context);
  }
}

/** Every symbol but UNKNOWN is configured. */
export const scriptedBooks: BookRules = {
  venueOf: (feed) => feed,
  readerFor: () => new ScriptedReader(),
  instrument: (feed, rawSymbol) =>
    rawSymbol === "UNKNOWN" ? undefined : { venue: feed, symbol: `${rawSymbol}-USD-SPOT` },
};

export const unsavedBooks: BookRules = { ...scriptedBooks, readerFor: () => new UnsavedReader() };

/** A desk whose listings are durable at once: for tests of what comes after. */
export class ReadyDesk extends ListingBook {
  override async whenDurable(): Promise<void> {
    this.written(this.takeCreated());
  }
}

export function bookFrame(timeUs: number, books: readonly ScriptedMessage[], of: Partial<Frame> = {}): Frame {
  return frame(timeUs, { books }, of);
}

/** A level as it lies in a table: prices and sizes at scale 8. */
export interface LevelRow {
  readonly side: "bid" | "ask" | "none";
  readonly price: bigint;
  readonly size: bigint;
  readonly flags: readonly string[];
  readonly level: number;
  readonly index: number;
  readonly sequence: bigint;
  readonly epoch: number;
  readonly rawOffset: bigint;
  readonly receiveTimeUs: bigint;
}

async function recordsOf(events: EventSink, topic: string): Promise<RecordBatch> {
  const records: Uint8Array[] = [];
  for (const { partition } of await events.bounds(topic)) {
    for await (const chunk of events.read({ topic, partition, offset: 0 }, { follow: false })) {
      for (let index = 0; index < chunk.records.count; index += 1) records.push(recordAt(chunk.records, index).slice());
    }
  }
  return recordBatchOf(records);
}

export async function levelRows(events: EventSink, topic: string = TOPICS.bookChanges): Promise<readonly LevelRow[]> {
  const rows = new BookRows(4);
  decodeBookRecords(await recordsOf(events, topic), rows);
  return Array.from({ length: rows.length }, (_, row) => ({
    side: (["bid", "ask", "none"] as const)[rows.side[row] ?? 2] ?? "none",
    price: rows.price.get(row),
    size: rows.size.get(row),
    flags: namesOf(BOOK_FLAGS, rows.flags[row] ?? 0),
    level: rows.level[row] ?? -1,
    index: rows.levelIndex[row] ?? -1,
    sequence: rows.sequence.get(row),
    epoch: rows.epoch[row] ?? -1,
    rawOffset: rows.rawOffset.get(row),
    receiveTimeUs: rows.receiveTimeUs.get(row),
  }));
}

export async function quoteTexts(events: EventSink): Promise<readonly string[]> {
  const rows = new QuoteRows(100_000);
  decodeQuotes(await recordsOf(events, TOPICS.quotes), rows);
  return Array.from({ length: rows.length }, (_, row) => {
    const of = (column: { get(row: number): bigint }): string => `${Number(column.get(row)) / 1e8}`;
    const flags = namesOf(QUOTE_FLAGS, rows.flags[row] ?? 0).filter((name) => name !== "noEventTime");
    return `${of(rows.bidPrice)}×${of(rows.bidSize)} ${of(rows.askPrice)}×${of(rows.askSize)} ${flags.join(",")}`;
  });
}

export async function gapsOf(events: EventSink): Promise<readonly Gap[]> {
  return decodeGaps(await recordsOf(events, TOPICS.gaps));
}

export async function refusalsOf(events: EventSink): Promise<readonly Refusal[]> {
  return decodeRefusals(await recordsOf(events, TOPICS.quarantine));
}

function namesOf(flags: Readonly<Record<string, number>>, bits: number): readonly string[] {
  return Object.keys(flags).filter((name) => (bits & (flags[name] ?? 0)) !== 0);
}
