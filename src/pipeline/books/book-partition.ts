import { describeError, InternalError } from "../../base/index.ts";
import {
  type BookContext,
  BookLevels,
  type BookMessage,
  type BookOutcome,
  type ConnectionClosed,
  type ConnectionOpened,
  type DecodedListing,
  type FrameRecord,
  type GapCause,
  type LiveBook,
  type NamedListing,
  type OrderMessage,
  type RecordedTime,
  type RefusalReason,
  readFetched,
} from "../../domain/index.ts";
import type { ListingDesk } from "../listing-book.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";
import type { BookRules, SnapshotRules } from "./book-rules.ts";
import { type BookSocket, silentContext } from "./book-socket.ts";
import type { KeptBook } from "./kept-book.ts";
import { KeptBooks } from "./kept-books.ts";
import { KeptQuote } from "./kept-quote.ts";
import { CLOSING_CAUSES, parseLifecycle } from "./lifecycle.ts";
import { takeListing } from "./take-listing.ts";
import type { WantedSnapshot } from "./wanted-snapshot.ts";

export interface BookPartitionOptions {
  readonly feed: string;
  /** Of the feed's raw topic. */
  readonly partition: number;
  readonly rules: BookRules;
  readonly snapshots: SnapshotRules;
  readonly desk: ListingDesk;
  /** Called for each message of a book that is not proven before its next snapshot. */
  readonly onSnapshotWanted?: ((wanted: WantedSnapshot) => void) | undefined;
}

const DETAIL_LENGTH_MAX = 500;
const NOTHING = new Uint8Array(0);
/**
 * The books of one partition of a raw topic: of the sockets of one connection, one after the other or two at a time
 * during a planned change-over. Pure: the same frames give the same events, and nothing of another partition matters.
 */
export class BookPartition implements BookContext {
  readonly levels: BookLevels = new BookLevels();
  readonly feed: string;
  readonly venue: string;
  readonly #options: BookPartitionOptions;
  readonly #isArchive: boolean;
  #sockets: BookSocket[] = [];
  readonly #books: KeptBooks;
  /** By connection and listing. */
  readonly #quotes: Map<string, KeptQuote> = new Map();
  readonly #listings: Map<string, DecodedListing> = new Map();
  /** Whether it stands where its events do: not while frames whose events are in the log are read again. */
  isCurrent = false;
  /** Of the frame that is being read. */
  #place: BookPlace;
  #socket: BookSocket | undefined;
  #output: BookOutput | undefined;
  #payload: Uint8Array = NOTHING;
  readonly #silent: BookContext = silentContext((...level) => this.listing(...level));

  constructor(options: BookPartitionOptions) {
    this.#options = options;
    this.feed = options.feed;
    this.venue = options.rules.venueOf(options.feed);
    this.#isArchive = options.rules.isArchive?.(options.feed) === true;
    this.#books = new KeptBooks((listing) => options.desk.listings.at(listing).rawSymbol);
    this.#place = {
      feed: this.feed,
      venue: this.venue,
      connection: "",
      epoch: 0,
      receiveTimeUs: 0,
      receiveTimeNanos: 0,
      source: 0,
      rawPartition: options.partition,
      rawOffset: 0,
    };
  }

  /** Books that are kept, proven ones among them, and their levels. */
  counts(): ReturnType<KeptBooks["counts"]> {
    return this.#books.counts();
  }

  /** The books of a listing as they stand; of an archive, whose time has passed, none. */
  live(listing: number): readonly LiveBook[] {
    if (!this.isCurrent || this.#isArchive) return [];
    const { rawPartition, rawOffset: throughOffset } = this.#place;
    return [...this.#books.ofListing(listing)]
      .map((book) => book.live({ feed: this.feed, rawPartition, throughOffset }))
      .filter((book) => book !== undefined);
  }

  /** @param offset of the record in its partition */
  take(frame: FrameRecord, offset: number, output: BookOutput): void {
    const { kind } = frame;
    if (kind === "sent" || kind === "concluded") return;
    this.#output = output;
    this.#place = {
      feed: this.feed,
      venue: this.venue,
      connection: frame.connection,
      epoch: frame.epoch,
      receiveTimeUs: frame.timeUs,
      receiveTimeNanos: frame.timeNanos,
      source: frame.sourceIndex,
      rawPartition: this.#options.partition,
      rawOffset: offset,
    };
    if (kind === "opened") this.#opened(parseLifecycle<ConnectionOpened>(frame));
    else if (kind === "closed") this.#closed(parseLifecycle<ConnectionClosed>(frame));
    else if (kind === "fetched") this.#fetched(frame.payload);
    else this.#received(frame.payload);
  }

  listing(rawSymbol: string, price: string, size: string, named?: NamedListing): DecodedListing | undefined {
    if (named !== undefined) {
      const { desk } = this.#options;
      const { venue, symbol } = named;
      return desk.listings.find(venue, rawSymbol) ?? takeListing(desk, { venue, symbol, rawSymbol }, { price, size });
    }
    return this.#listings.get(rawSymbol) ?? this.#findListing(rawSymbol, price, size);
  }

  message(message: BookMessage): void {
    const { tally } = this.#outputNow;
    tally.messages += 1;
    if (message.recorded !== undefined) this.#placeInArchive(message.listing, message.recorded);
    const isTaken = message.channel === "quote" ? this.#takeQuote(message) : this.#takeBook(message);
    if (!isTaken) tally.passed += 1;
  }

  order({ listing, events, row, frameIndex }: OrderMessage): void {
    const { connection, epoch, source, rawPartition, rawOffset } = this.#place;
    const origin = { listing: listing.index, source, connection, epoch, frameIndex, rawPartition, rawOffset };
    this.#outputNow.tally.messages += 1;
    this.#outputNow.order(events, row, origin);
  }

  /** Of an archive: the market that the file names, and the clock of who recorded it. */
  #placeInArchive({ index }: DecodedListing, { us, nanos }: RecordedTime): void {
    const { venue } = this.#options.desk.listings.at(index);
    this.#place = { ...this.#place, venue, receiveTimeUs: us, receiveTimeNanos: nanos };
  }

  lost(detail: string): void {
    const fromUs = this.#socket?.lastUs;
    for (const book of this.#books.ofSocket(this.#place)) this.#fail(book, "missed", detail, fromUs);
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array } = {},
  ): void {
    const { rawPartition, rawOffset, receiveTimeUs, source, connection, epoch } = this.#place;
    this.#outputNow.refuse({
      stage: "book",
      reason,
      detail: detail.length > DETAIL_LENGTH_MAX ? `${detail.slice(0, DETAIL_LENGTH_MAX)}…` : detail,
      feed: this.feed,
      rawSymbol: at.rawSymbol,
      frameIndex: at.frameIndex,
      rawPartition,
      rawOffset,
      receiveTimeUs,
      payload: (at.record ?? this.#payload).slice(),
      source,
    });
    if (at.record === undefined) this.#payload = NOTHING; // A frame's bytes are kept once.
    const listing = at.rawSymbol === undefined ? undefined : this.#options.desk.listings.find(this.venue, at.rawSymbol);
    const book = listing === undefined ? undefined : this.#books.find(connection, listing.index);
    // What could not be read of a book is missing in it.
    if (book?.epoch === epoch) this.#fail(book, "missed", `a message was refused: ${detail}`, undefined);
  }

  /**
   * The first frame that a start from this state needs: where a reader cannot be saved, its socket's frames are read
   * again from the opening.
   */
  neededFrom(offset: number): number {
    return this.#sockets.reduce(
      (from, { reader, openedOffset }) => (reader.save === undefined ? Math.min(from, openedOffset) : from),
      offset,
    );
  }

  /** Brings the readers that were not saved to where they were: of frames before the state's own place. */
  rebuild(frame: FrameRecord, offset: number): void {
    const { kind, connection, epoch, payload } = frame;
    if (kind !== "received" && kind !== "fetched") return;
    const answer = kind === "fetched" ? readFetched(payload) : undefined;
    for (const socket of this.#receivers(kind, connection, epoch)) {
      if (socket.isReady || offset < socket.openedOffset) continue;
      if (kind === "received") socket.reader.read(payload, this.#silent);
      else if (answer?.status === 200) socket.reader.fetched?.(answer.url, answer.body, this.#silent);
    }
  }

  rebuilt(): void {
    for (const socket of this.#sockets) socket.isReady = true;
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#sockets.length);
    for (const { connection, epoch, openedOffset, lastUs, reader } of this.#sockets) {
      writer.text(connection);
      writer.whole(epoch);
      writer.whole(openedOffset);
      writer.float(lastUs);
      const saved = reader.save?.();
      writer.byte(saved === undefined ? 0 : 1);
      writer.text(saved ?? "");
    }
    this.#books.write(writer);
    writer.whole(this.#quotes.size);
    for (const [key, quote] of this.#quotes) {
      writer.text(key);
      quote.write(writer);
    }
  }

  read(reader: ByteReader): void {
    for (let left = reader.whole(); left > 0; left -= 1) {
      const socket = this.#open(reader.text(), reader.whole(), reader.whole(), reader.float());
      const isSaved = reader.byte() === 1;
      const saved = reader.text();
      socket.isReady = isSaved;
      if (isSaved) socket.reader.restore?.(saved);
    }
    this.#books.read(reader);
    for (let left = reader.whole(); left > 0; left -= 1) this.#quote(reader.text()).read(reader);
  }

  #findListing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    const { desk, rules } = this.#options;
    // A feed's symbols are those of its configuration, also where another feed of the venue has more.
    const instrument = rules.instrument(this.feed, rawSymbol);
    if (instrument === undefined) return undefined;
    const found =
      desk.listings.find(this.venue, rawSymbol) ??
      takeListing(desk, { ...instrument, venue: this.venue, rawSymbol }, { price, size });
    if (found !== undefined) this.#listings.set(rawSymbol, found);
    return found;
  }

  get #outputNow(): BookOutput {
    if (this.#output === undefined) throw new InternalError("A reader of books told something outside a frame");
    return this.#output;
  }

  #received(payload: Uint8Array): void {
    const { connection, epoch, receiveTimeUs, rawOffset } = this.#place;
    const socket =
      this.#sockets.find((one) => one.epoch === epoch && one.connection === connection) ??
      this.#open(connection, epoch, rawOffset, receiveTimeUs); // The log begins in the midst of it.
    const outcome = this.#read(payload, socket, () => socket.reader.read(payload, this));
    this.#outputNow.tally.frames[outcome] += 1;
    socket.lastUs = receiveTimeUs;
  }

  /** The answer to a request over HTTP is for the socket that waits for it. */
  #fetched(payload: Uint8Array): void {
    const answer = readFetched(payload);
    if (answer === undefined || answer.status !== 200) return;
    const { connection, epoch } = this.#place;
    for (const socket of this.#receivers("fetched", connection, epoch)) {
      const { reader } = socket;
      if (reader.fetched === undefined) continue;
      this.#place = { ...this.#place, connection: socket.connection, epoch: socket.epoch };
      this.#read(payload, socket, () => reader.fetched?.(answer.url, answer.body, this) ?? "other");
    }
  }

  /** Whose reader a frame is for; an answer over HTTP that no socket asked for is for all. */
  #receivers(kind: "received" | "fetched", connection: string, epoch: number): readonly BookSocket[] {
    const own = this.#sockets.filter((one) => one.connection === connection && one.epoch === epoch);
    return kind === "fetched" && own.length === 0 ? this.#sockets : own;
  }

  #read(payload: Uint8Array, socket: BookSocket, read: () => BookOutcome): BookOutcome {
    this.#socket = socket;
    this.#payload = payload;
    try {
      return read();
    } catch (error) {
      const detail = `The reader of books failed on the frame: ${describeError(error)}`;
      this.refuse("malformed", detail);
      this.lost(detail);
      return "refused";
    }
  }

  #opened({ planned }: ConnectionOpened): void {
    const { connection, epoch, receiveTimeUs, rawOffset } = this.#place;
    for (const socket of this.#sockets.filter((one) => one.connection === connection)) {
      if (this.#isArchive) return; // An import that was stopped goes on, in the same file.
      if (planned && socket.epoch !== epoch) continue;
      this.#end(socket, "crash", `socket ${epoch} opened; socket ${socket.epoch} had not been closed`);
    }
    this.#open(connection, epoch, rawOffset, receiveTimeUs);
  }

  #closed({ cause, detail }: ConnectionClosed): void {
    const { connection, epoch } = this.#place;
    const socket = this.#sockets.find((one) => one.epoch === epoch && one.connection === connection);
    if (socket === undefined) return;
    if (this.#isArchive) socket.lastUs = 0; // What was known last was so by the archive's clock.
    this.#end(socket, CLOSING_CAUSES[cause] ?? "error", detail);
    if (this.#isArchive) this.#forget(connection);
  }

  /** Each file is a connection of its own: they would become ever more. */
  #forget(connection: string): void {
    this.#books.forget(connection);
    for (const key of this.#quotes.keys()) if (key.startsWith(`${connection} `)) this.#quotes.delete(key);
  }

  #open(connection: string, epoch: number, openedOffset: number, lastUs: number): BookSocket {
    const reader = this.#options.rules.readerFor(this.feed);
    const socket: BookSocket = { connection, epoch, openedOffset, reader, lastUs, isReady: true };
    this.#sockets = [...this.#sockets, socket];
    return socket;
  }

  /** The books of a socket that is gone are not proven any more, unless another has taken them over. */
  #end(socket: BookSocket, cause: GapCause, detail: string): void {
    this.#sockets = this.#sockets.filter((one) => one !== socket);
    for (const book of this.#books.ofSocket(socket)) this.#fail(book, cause, detail, socket.lastUs);
  }

  #fail(book: KeptBook, cause: GapCause, detail: string, fromUs: number | undefined): void {
    const venue = this.#isArchive ? this.#options.desk.listings.at(book.listing).venue : this.#place.venue;
    book.proof.fails(cause, detail, { ...this.#place, venue, epoch: book.epoch }, { fromUs }, this.#outputNow);
  }

  #takeBook(message: BookMessage): boolean {
    const { verdict, listing } = message;
    const { connection, epoch } = this.#place;
    if (verdict === "early") this.#wantSnapshot(listing.index);
    if (verdict === "old" || verdict === "early") return false;
    const book = this.#books.take(connection, listing.index);
    if (!this.#mayTake(book, epoch, verdict === "replace")) return false;
    if (message.isKnown === true) {
      book.follow(message, this.levels);
      return false;
    }
    book.take(message, this.levels, this.#place, this.#options.snapshots, this.#outputNow);
    if (!book.proof.isProven) this.#wantSnapshot(listing.index);
    return true;
  }

  #wantSnapshot(listing: number): void {
    const { connection, epoch, receiveTimeUs: timeUs } = this.#place;
    const { rawSymbol } = this.#options.desk.listings.at(listing);
    this.#options.onSnapshotWanted?.({ feed: this.feed, connection, epoch, rawSymbol, timeUs });
  }

  #takeQuote(message: BookMessage): boolean {
    const { connection, epoch } = this.#place;
    if (message.verdict === "old" || message.verdict === "early") return false;
    const quote = this.#quote(`${connection} ${message.listing.index}`);
    if (!this.#mayTake(quote, epoch, true)) return false;
    quote.take(message, this.levels, this.#place, this.#outputNow);
    return true;
  }

  /**
   * During a planned change-over two sockets tell of the same market. The newer takes over with its first snapshot; before
   * that the older is taken, and nothing of it after.
   */
  #mayTake(one: { epoch: number }, epoch: number, isWhole: boolean): boolean {
    if (epoch === one.epoch) return true;
    const isRunning = this.#sockets.some((socket) => socket.epoch === one.epoch);
    if (isRunning && (epoch < one.epoch || !isWhole)) return false;
    one.epoch = epoch;
    return true;
  }

  #quote(key: string): KeptQuote {
    const known = this.#quotes.get(key) ?? new KeptQuote();
    this.#quotes.set(key, known);
    return known;
  }
}
