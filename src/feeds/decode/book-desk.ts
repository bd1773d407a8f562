import {
  type BookChecksum,
  type BookContext,
  BookLevels,
  type BookMessage,
  type BookOutcome,
  type BookReader,
  type BookVerdict,
  type DecodedListing,
  type RefusalReason,
} from "../../domain/index.ts";
import { BookCursor } from "./book-cursor.ts";
import { BookHead, type BookProblem, type BookText } from "./book-head.ts";
import {
  crossing,
  decimalsOf,
  fillLevels,
  finestOf,
  hasDepth,
  type LevelText,
  malformedLevel,
} from "./book-levels-text.ts";
import { type BookEntry, BookTable } from "./book-table.ts";
import { bytesOf } from "./characters.ts";
import { parseLexemes } from "./lexeme-json.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const NOWHERE: BookContext = {
  levels: new BookLevels(1),
  listing: () => undefined,
  message: () => {},
  lost: () => {},
  refuse: () => {},
};

/** In the plainest unit. */
const UNLISTED: DecodedListing = { index: -1, unitExponent: 0 };
const NO_UNIT = { reason: "malformed", detail: "its levels fix no unit for the listing" } as const;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The book channels of one socket of a feed, told twice: once for any JSON, once for the bytes that come all day. */
export interface BookFormat<S> {
  /** A frame that could not be read is found missing by the numbers of those that follow. */
  readonly isNumbered: boolean;
  /** What is kept of one symbol. @param saved by `saveState`, to go on from it */
  createState(saved?: unknown): S;
  /** As a value of JSON. */
  saveState(state: S): unknown;
  /** What is kept of the whole socket, where there is such: as a value of JSON. */
  saveSocket?(): unknown;
  restoreSocket?(saved: unknown): void;
  /**
   * What the venue's rules say of a message of a kept book, once all of it is read; with "gap" it sets `head.detail`.
   *
   * @param payload the frame that it stands in
   */
  take(state: S, head: BookHead, payload: Uint8Array): BookVerdict;
  /** The book is not proven any more. */
  forget(state: S): void;
  /** After `take`, where its levels go into the book and the venue sent a checksum. */
  checksum?(state: S, head: BookHead, listing: DecodedListing): BookChecksum | undefined;
  /**
   * Reads a frame straight from its bytes: fills `desk.levels` and `desk.head`, and ends with `desk.deliver()`.
   *
   * @returns undefined when the frame is not of the plain kind: nothing was delivered, and the slow path decides
   */
  readBytes(desk: BookDesk<S>): BookOutcome | undefined;
  /** Reads any frame: ends with `desk.take()` for each message. @param message with its numbers as JsonNumber */
  readMessage(message: unknown, desk: BookDesk<S>): BookOutcome;
  /** Reads what the venue answered to a request for a whole book: ends with `desk.take()`, then `desk.readKept()`. */
  fetched?(url: string, body: Uint8Array, desk: BookDesk<S>): BookOutcome;
}

export interface BookReaderOptions {
  /** Leaves out the fast path: what is right by definition, to be tested against. */
  readonly onlySlowly?: boolean;
}

/** A reader of a format: its fast path, and where that gives up the slow path, which decides alone. */
export function createBookReader<S>(format: BookFormat<S>, options: BookReaderOptions = {}): BookReader {
  const desk = new BookDesk(format, options);
  return {
    read: (payload, context) => desk.read(payload, context),
    fetched: (url, body, context) => desk.fetched(url, body, context),
    save: () => desk.save(),
    restore: (saved) => desk.restore(saved),
  };
}

/** What a desk has seen so far. */
interface SavedDesk {
  readonly symbols: readonly (readonly [rawSymbol: string, listing: number, unitExponent: number, state: unknown])[];
  readonly socket?: unknown;
}

/** Where the messages of one socket are put together, checked, judged and handed on; both paths end here. */
export class BookDesk<S> {
  readonly cursor: BookCursor = new BookCursor();
  readonly head: BookHead = new BookHead();
  readonly table: BookTable<S> = new BookTable();
  /** Of the symbol that `symbol()` went over last, or that was named besides. */
  entry: BookEntry<S> | undefined;
  /** The entry of a symbol that is read for the first time: not in the table until its message is read to the end. */
  #newcomer: BookEntry<S> | undefined;
  context: BookContext = NOWHERE;
  levels: BookLevels = NOWHERE.levels;
  readonly #format: BookFormat<S>;
  readonly #onlySlowly: boolean;
  /** Place of the kept frame that is read, from 1; 0: none is. */
  #kept = 0;

  constructor(format: BookFormat<S>, { onlySlowly = false }: BookReaderOptions = {}) {
    this.#format = format;
    this.#onlySlowly = onlySlowly;
  }

  read(payload: Uint8Array, context: BookContext): BookOutcome {
    this.begin(payload, context);
    return (this.#onlySlowly ? undefined : this.#format.readBytes(this)) ?? this.readSlowly(payload);
  }

  fetched(url: string, body: Uint8Array, context: BookContext): BookOutcome {
    this.begin(body, context);
    return this.#format.fetched?.(url, body, this) ?? "other";
  }

  /**
   * Reads frames that were kept until their book's snapshot came. They count as messages of the answer that brought it, and
   * stand behind the snapshot: no two have one place.
   */
  readKept(payloads: readonly Uint8Array[], context: BookContext): void {
    for (const [index, payload] of payloads.entries()) {
      this.#kept = index + 1;
      this.read(payload, context);
    }
    this.#kept = 0;
  }

  /** As BookReader.save. */
  save(): string {
    const symbols = Array.from(this.table.entries, ({ rawSymbol, listing, state }) => [
      rawSymbol,
      listing.index,
      listing.unitExponent,
      this.#format.saveState(state),
    ]);
    return JSON.stringify({ symbols, socket: this.#format.saveSocket?.() });
  }

  restore(saved: string): void {
    const { symbols, socket } = JSON.parse(saved) as SavedDesk;
    for (const [rawSymbol, index, unitExponent, state] of symbols)
      this.table.add(rawSymbol, { index, unitExponent }, this.#format.createState(state));
    this.#format.restoreSocket?.(socket);
  }

  begin(payload: Uint8Array, context: BookContext): void {
    this.context = context;
    this.levels = context.levels;
    this.levels.clear();
    this.entry = undefined;
    this.#newcomer = undefined;
    this.cursor.begin(payload);
    this.head.reset();
  }

  /** The JSON of a payload; undefined when it is none: then that was refused. */
  parsed(payload: Uint8Array): { readonly message: unknown } | undefined {
    try {
      return { message: parseLexemes(utf8.decode(payload)) };
    } catch (error) {
      this.context.refuse("malformed", `not JSON: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  readSlowly(payload: Uint8Array): BookOutcome {
    const parsed = this.parsed(payload);
    if (parsed !== undefined) return this.#format.readMessage(parsed.message, this);
    if (!this.#format.isNumbered) this.lose("a frame could not be read, and nothing tells what it held");
    return "refused";
  }

  /** Fast path: goes over a symbol inside its quotes; the levels that follow are in its unit. */
  symbol(): boolean {
    const { cursor } = this;
    if (!cursor.text()) return false;
    this.useSymbolAt(cursor.textStart, cursor.textEnd);
    return true;
  }

  /** Fast path: as `symbol`, where the symbol stands elsewhere in the frame. */
  useSymbolAt(start: number, end: number): void {
    const { cursor } = this;
    this.#use(this.table.find(cursor.bytes, start, end) ?? this.#newcomerNamed(cursor.textBetween(start, end)));
  }

  /** Fast path: as `symbol`, where the frame does not name it. */
  useSymbol(rawSymbol: string): void {
    this.#use(this.table.named(rawSymbol) ?? this.#newcomerNamed(rawSymbol));
  }

  #use(entry: BookEntry<S>): void {
    this.entry = entry;
    this.cursor.useUnit(entry.listing.unitExponent);
  }

  /** Fast path: hands on the message that was read. @returns undefined where the slow path has to say what is wrong */
  deliver(): BookOutcome | undefined {
    const { cursor, head } = this;
    if (!this.isDeliverable() || this.entry === undefined) return undefined;
    head.priceDecimals = cursor.priceDecimals;
    head.sizeDecimals = cursor.sizeDecimals;
    this.#hand(this.entry);
    return "book";
  }

  /** Fast path: whether `deliver` would hand it on. */
  isDeliverable(): boolean {
    const { entry } = this;
    if (!this.cursor.atEnd || entry === undefined || this.#whatIsWrong() !== undefined) return false;
    return entry !== this.#newcomer || this.#welcome(entry);
  }

  /**
   * Its levels were read in the plainest unit, and by them its listing is asked for, as on the slow path: a whole book of
   * a venue is mostly the first that its reader sees of it, and too large to be read slowly.
   *
   * @returns false where the listing has another unit, or there is none: the slow path sees to that
   */
  #welcome({ rawSymbol, state }: BookEntry<S>): boolean {
    if (this.levels.length === 0) return false;
    const { finestPrice, finestSize } = this.cursor;
    const listing = this.context.listing(rawSymbol, finestPrice, finestSize);
    if (listing === undefined || listing.isProvisional === true || listing.unitExponent !== 0) return false;
    this.entry = this.table.add(rawSymbol, listing, state);
    return true;
  }

  #newcomerNamed(rawSymbol: string): BookEntry<S> {
    if (this.#newcomer?.rawSymbol !== rawSymbol) {
      const state = this.#format.createState();
      this.#newcomer = { symbol: bytesOf(rawSymbol), rawSymbol, listing: UNLISTED, state };
    }
    return this.#newcomer as BookEntry<S>;
  }

  /** Slow path: takes one message, or refuses it; the other messages of the frame go on either way. */
  take(read: BookText | BookProblem, frameIndex = 0): void {
    const wrong =
      "problem" in read ? ({ reason: "malformed", detail: read.problem } as const) : malformedLevel(read.levels);
    if (wrong !== undefined || "problem" in read) {
      this.#refused(read, wrong?.reason ?? "malformed", wrong?.detail ?? "", frameIndex);
      return;
    }
    const { rawSymbol } = read;
    const entry = this.#entryOf(rawSymbol, read.levels, frameIndex);
    if (entry === undefined) return;
    this.#fillHead(read, frameIndex);
    const problem = fillLevels(read.levels, entry.listing, this.levels) ?? this.#whatIsWrong();
    if (problem !== undefined) this.#refused(read, problem.reason, problem.detail, frameIndex);
    else this.#hand(entry);
  }

  /** Messages of the socket are missing, of which book is not known. */
  lose(detail: string): void {
    for (const { state } of this.table.entries) this.#format.forget(state);
    this.context.lost(detail);
  }

  /** A listing that is asked for the first time learns its unit from the levels. */
  #entryOf(rawSymbol: string, levels: readonly LevelText[], frameIndex: number): BookEntry<S> | undefined {
    const known = this.table.named(rawSymbol);
    if (known !== undefined) return known;
    const finest = finestOf(levels);
    // Nothing is kept of the book yet, and nothing would tell the unit.
    if (finest === undefined) return undefined;
    const listing = this.context.listing(rawSymbol, finest.price, finest.size);
    if (listing?.isProvisional === true) {
      const { reason, detail } = fillLevels(levels, listing, this.levels) ?? NO_UNIT;
      this.context.refuse(reason, detail, { rawSymbol, frameIndex });
      return undefined;
    }
    if (listing !== undefined) return this.table.add(rawSymbol, listing, this.#format.createState());
    const detail = `${JSON.stringify(rawSymbol)} is not among the configured symbols`;
    this.context.refuse("unknown_symbol", detail, { rawSymbol, frameIndex });
    return undefined;
  }

  #fillHead(read: BookText, frameIndex: number): void {
    const { head } = this;
    head.reset();
    head.channel = read.channel;
    head.isSnapshot = read.isSnapshot;
    head.sequence = read.sequence ?? -1;
    head.first = read.first ?? -1;
    head.previous = read.previous;
    head.checksum = read.checksum;
    head.hasTime = read.time !== undefined;
    head.eventTimeUs[0] = read.time?.us ?? 0;
    head.eventTimeNanos[0] = read.time?.nanos ?? 0;
    head.frameIndex = frameIndex;
    head.priceDecimals = 0;
    head.sizeDecimals = 0;
    for (const { price, size } of read.levels) {
      head.priceDecimals = Math.max(head.priceDecimals, decimalsOf(price));
      head.sizeDecimals = Math.max(head.sizeDecimals, decimalsOf(size));
    }
  }

  /** Of a message that is complete in itself: what no venue shows. */
  #whatIsWrong(): { readonly reason: "malformed"; readonly detail: string } | undefined {
    const { head, levels } = this;
    const isQuote = head.channel.channel === "quote";
    if (!isQuote && !head.isSnapshot) return undefined;
    const detail = isQuote && hasDepth(levels) ? "a quote with several levels a side" : crossing(levels);
    return detail === undefined ? undefined : { reason: "malformed", detail };
  }

  #hand(entry: BookEntry<S>): void {
    const { head } = this;
    const isKept = head.channel.channel === "book";
    const verdict = isKept ? this.#format.take(entry.state, head, this.cursor.bytes) : "replace";
    const goesIn = verdict === "replace" || verdict === "apply";
    this.#send(
      entry,
      verdict,
      isKept && goesIn ? this.#format.checksum?.(entry.state, head, entry.listing) : undefined,
    );
  }

  #send({ listing }: BookEntry<S>, verdict: BookVerdict, checksum?: BookChecksum): void {
    const { head } = this;
    const message: Mutable<BookMessage> = {
      listing,
      channel: head.channel.channel,
      verdict,
      depth: head.channel.depth,
      eventTimeUs: head.hasTime ? head.eventTimeUs[0] : undefined,
      eventTimeNanos: head.hasTime ? (head.eventTimeNanos[0] ?? 0) : 0,
      sequence: head.sequence,
      frameIndex: head.frameIndex + this.#kept,
    };
    if (checksum !== undefined) message.checksum = checksum;
    if (verdict === "gap" && head.detail !== undefined) message.detail = head.detail;
    this.context.message(message);
  }

  /** Refuses a message; a book that it belonged to is not proven without it. */
  #refused(
    { rawSymbol, channel }: { readonly rawSymbol?: string | undefined; readonly channel: BookText["channel"] },
    reason: RefusalReason,
    detail: string,
    frameIndex: number,
  ): void {
    this.context.refuse(reason, detail, rawSymbol === undefined ? { frameIndex } : { rawSymbol, frameIndex });
    if (channel.channel === "quote") return;
    const why = `a message was refused: ${detail}`;
    if (rawSymbol === undefined) {
      this.lose(why);
      return;
    }
    const entry = this.table.named(rawSymbol);
    if (entry === undefined) return;
    this.#format.forget(entry.state);
    this.levels.clear();
    this.head.reset();
    this.head.channel = channel;
    this.head.frameIndex = frameIndex;
    this.head.detail = why;
    this.#send(entry, "gap");
  }
}
