import {
  BOOK_FLAGS,
  BookLevels,
  type BookMessage,
  type BookRecord,
  type GapCause,
  type LiveBook,
  NO_SIDE,
  OrderBook,
  QUOTE_FLAGS,
} from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { readSide, writeSide } from "./book-bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";
import { BookProof } from "./book-proof.ts";
import { CHANGES_A_LEVEL, CHANGES_MIN, type SnapshotRules } from "./book-rules.ts";
import { BookStanding } from "./book-standing.ts";
import { spreadFlags, ToldQuote } from "./told-quote.ts";

/** Why a message leaves its book unproven. */
interface Failure {
  readonly cause: GapCause;
  readonly detail: string;
}

const CHECKSUMS = BOOK_FLAGS.checksumOk | BOOK_FLAGS.checksumFailed;

/** Shared: filled and used within one call. */
const best = new Int32Array(8);
const kept = new BookLevels(2_048);

/** The book of one listing as one connection tells it: its levels, its proof, and what was written of it last. */
export class KeptBook {
  readonly listing: number;
  readonly connection: string;
  readonly proof: BookProof;
  /** The socket whose messages it takes; -1 before the first. */
  epoch = -1;
  #book = new OrderBook();
  #depth = 0;
  #hasSnapshot = false;
  #checksum = 0;
  readonly #standing = new BookStanding();
  /** Its last messages were known and are not written: the next that is tells the whole book. */
  #follows = false;
  readonly #quote = new ToldQuote();

  constructor(listing: number, { connection, rawSymbol }: { readonly connection: string; readonly rawSymbol: string }) {
    this.listing = listing;
    this.connection = connection;
    this.proof = new BookProof(rawSymbol);
  }

  get levelCount(): number {
    return this.#book.bids.length + this.#book.asks.length;
  }

  /** As it stands; undefined where it is not known what the tables say of it. */
  live(of: Pick<LiveBook, "feed" | "rawPartition" | "throughOffset">): LiveBook | undefined {
    const standing = this.#standing;
    if (!standing.isKnown) return undefined;
    const { isProven, gap } = this.proof;
    const { snapshotEpoch, snapshotUs, isPeriodic, isChecked, messages, timeUs, sequence } = standing;
    return {
      ...of,
      connection: this.connection,
      isProven,
      gap,
      snapshot: { epoch: snapshotEpoch, timeUs: snapshotUs, isPeriodic, isChecked },
      ...{ messages, timeUs, sequence, rawOffset: standing.rawOffset, frameIndex: standing.frameIndex },
      depth: this.#depth,
      bids: this.#book.bids,
      asks: this.#book.asks,
    };
  }

  /** Takes a message whose levels are written already: the book is as it says, and nothing is told. */
  follow(message: BookMessage, levels: BookLevels): void {
    if (message.verdict === "replace") this.#replace(message, levels);
    else this.#book.apply(levels);
    this.#follows = message.verdict === "replace" || (this.#follows && message.verdict === "apply");
  }

  /** Takes a message of verdict "replace", "apply" or "gap", and writes what follows of it. */
  take(message: BookMessage, levels: BookLevels, place: BookPlace, rules: SnapshotRules, output: BookOutput): void {
    const isReplaced = message.verdict === "replace";
    // A channel of the best levels alone replaces its book with every message: those are in the changes.
    const isAnew =
      this.#follows || (isReplaced && !(this.proof.isProven && this.#standing.snapshotEpoch === place.epoch));
    if (this.#follows && message.verdict === "apply") this.proof.holds(place, "resynchronised", output);
    this.#follows = false;
    // A book that has become empty: in the tables its levels go one by one, for no row would say it.
    const isEmptied = isReplaced && levels.length === 0;
    const told = isEmptied ? this.#removals() : levels;
    if (isReplaced) this.#replace(message, levels);
    else this.#book.apply(levels);
    const failure = this.#check(message);
    this.#judge(message, failure, place, output);
    const spread = this.#spread();
    const flags = (isReplaced && !isEmptied ? BOOK_FLAGS.snapshot : 0) | this.#facts(message);
    output.changes({ ...this.#record(message, place), flags }, told);
    this.#standing.told(message, place, told.length);
    this.#tellQuote(message, place, output);
    if (isAnew || this.#isDue(place, rules)) this.#write(message, place, { spread, depth: rules.depth }, output);
  }

  write(writer: ByteWriter): void {
    writer.whole(this.epoch + 1);
    writer.whole(this.#depth);
    writer.byte((this.#hasSnapshot ? 1 : 0) | (this.#follows ? 2 : 0) | (this.#standing.isKnown ? 4 : 0));
    writer.whole(this.#checksum);
    this.#standing.writeSnapshot(writer);
    this.#quote.write(writer);
    this.proof.write(writer);
    writeSide(this.#book.bids, writer);
    writeSide(this.#book.asks, writer);
    if (this.#standing.isKnown) this.#standing.writeRest(writer);
  }

  read(reader: ByteReader): void {
    this.epoch = reader.whole() - 1;
    this.#setDepth(reader.whole());
    const facts = reader.byte();
    this.#hasSnapshot = (facts & 1) !== 0;
    this.#follows = (facts & 2) !== 0;
    this.#checksum = reader.whole();
    this.#standing.readSnapshot(reader);
    this.#quote.read(reader);
    this.proof.read(reader);
    readSide(this.#book.bids, reader);
    readSide(this.#book.asks, reader);
    if ((facts & 4) !== 0) this.#standing.readRest(reader);
  }

  #replace({ depth = 0 }: BookMessage, levels: BookLevels): void {
    this.#setDepth(depth);
    this.#book.replace(levels);
    this.#hasSnapshot = true;
  }

  #setDepth(depth: number): void {
    if (depth === this.#depth) return;
    this.#depth = depth;
    this.#book = new OrderBook(depth === 0 ? {} : { depthMax: depth });
  }

  /** What is wrong with the book as it is after the message. */
  #check({ verdict, checksum, detail }: BookMessage): Failure | undefined {
    this.#checksum = 0;
    if (verdict === "gap") return { cause: "missed", detail: detail ?? "messages are missing before this one" };
    if (checksum !== undefined) {
      const found = checksum.of(this.#book);
      this.#checksum = found === checksum.expected ? BOOK_FLAGS.checksumOk : BOOK_FLAGS.checksumFailed;
      if (found !== checksum.expected)
        return { cause: "checksum", detail: `the venue's checksum is ${checksum.expected}, the book's ${found}` };
    }
    if (!this.#book.isCrossed) return undefined;
    return { cause: "crossed", detail: "a bid stands at or above an ask" };
  }

  #judge(message: BookMessage, failure: Failure | undefined, place: BookPlace, output: BookOutput): void {
    const { proof } = this;
    if (failure !== undefined) {
      proof.fails(failure.cause, failure.detail, place, { frameIndex: message.frameIndex }, output);
    } else if (message.verdict === "replace") proof.holds(place, "resynchronised", output);
    else if (proof.isProven) proof.holds(place, "resynchronised", output);
    // The best levels are what a checksum covers: where it holds, the crossing was the venue's own and is over.
    else if (proof.cause === "crossed" && this.#checksum === BOOK_FLAGS.checksumOk)
      proof.holds(place, "uncrossed", output);
  }

  /** Of the best levels, where they are right. */
  #tellQuote(message: BookMessage, place: BookPlace, output: BookOutput): void {
    if (!this.proof.isProven) {
      this.#quote.forget();
      return;
    }
    const noBid = this.#book.bids.length === 0 ? QUOTE_FLAGS.noBid : 0;
    const noAsk = this.#book.asks.length === 0 ? QUOTE_FLAGS.noAsk : 0;
    this.#quote.tell(best, QUOTE_FLAGS.derived | noBid | noAsk, message, place, output);
  }

  /** Bits of BOOK_FLAGS that a message's changes and a snapshot at it have in common. */
  #facts({ eventTimeUs }: BookMessage): number {
    return (this.proof.isProven ? 0 : BOOK_FLAGS.maybeBad) | (eventTimeUs === undefined ? BOOK_FLAGS.noEventTime : 0);
  }

  /** Fills `best`. @returns the bits of BOOK_FLAGS */
  #spread(): number {
    const { bids, asks } = this.#book;
    best.fill(0);
    if (bids.length > 0) bids.copyLevel(0, best, 0);
    if (asks.length > 0) asks.copyLevel(0, best, 4);
    if (bids.length === 0 || asks.length === 0) return BOOK_FLAGS.oneSided;
    const flags = spreadFlags(best, 0);
    if (flags === QUOTE_FLAGS.locked) return BOOK_FLAGS.locked;
    return flags === QUOTE_FLAGS.crossed ? BOOK_FLAGS.crossed : 0;
  }

  /**
   * True for the first message of each period of receive time, and where so much was told since the last that rebuilding a
   * book would take long. When that is depends on the frames alone.
   */
  #isDue({ receiveTimeUs }: BookPlace, { everyMs, depth, changesMin = CHANGES_MIN }: SnapshotRules): boolean {
    if (!this.#hasSnapshot) return false;
    const everyUs = everyMs * 1_000;
    const { snapshotUs, levels } = this.#standing;
    if (Math.floor(receiveTimeUs / everyUs) > Math.floor(snapshotUs / everyUs)) return true;
    if (levels < changesMin) return false;
    const { bids, asks } = this.#book;
    return levels >= CHANGES_A_LEVEL * (Math.min(bids.length, depth) + Math.min(asks.length, depth));
  }

  /** All levels that it has, as gone. */
  #removals(): BookLevels {
    kept.clear();
    for (const [side, levels] of [this.#book.bids, this.#book.asks].entries()) {
      for (let rank = 0; rank < levels.length; rank += 1) kept.push(side, { price: levels.price(rank), size: 0n });
    }
    return kept;
  }

  #write(
    message: BookMessage,
    place: BookPlace,
    { spread, depth }: { readonly spread: number; readonly depth: number },
    output: BookOutput,
  ): void {
    const { bids, asks } = this.#book;
    this.#standing.written(message, place, this.#checksum === BOOK_FLAGS.checksumOk);
    kept.clear();
    for (const [side, levels] of [bids, asks].entries()) {
      const count = Math.min(levels.length, depth);
      for (let rank = 0; rank < count; rank += 1) {
        const row = kept.nextRow();
        levels.copyLevel(rank, words, 0);
        kept.side[row] = side;
        kept.price.setHalves(row, words[1] ?? 0, words[0] ?? 0);
        kept.size.setHalves(row, words[3] ?? 0, words[2] ?? 0);
        kept.length += 1;
      }
    }
    if (kept.length === 0) kept.push(NO_SIDE, { price: 0n, size: 0n });
    output.snapshot(
      {
        ...this.#record(message, place),
        flags:
          (message.verdict === "replace" ? BOOK_FLAGS.snapshot : BOOK_FLAGS.periodic) |
          this.#facts(message) |
          (this.#checksum & CHECKSUMS) |
          spread,
        bidLevels: bids.length,
        askLevels: asks.length,
        bidsKept: Math.min(bids.length, depth),
      },
      kept,
    );
  }

  #record(message: BookMessage, place: BookPlace): BookRecord {
    return {
      listing: this.listing,
      flags: 0,
      source: place.source,
      eventTimeUs: message.eventTimeUs ?? 0,
      eventTimeNanos: message.eventTimeNanos,
      receiveTimeUs: place.receiveTimeUs,
      receiveTimeNanos: place.receiveTimeNanos,
      connection: place.connection,
      epoch: place.epoch,
      sequence: message.sequence,
      frameIndex: message.frameIndex,
      rawPartition: place.rawPartition,
      rawOffset: place.rawOffset,
      depth: this.#depth,
      bidLevels: 0,
      askLevels: 0,
      bidsKept: 0,
    };
  }
}

const words = new Int32Array(4);
