import {
  BOOK_FLAGS,
  BookLevels,
  type BookMessage,
  type BookRecord,
  type GapCause,
  NO_SIDE,
  OrderBook,
  QUOTE_FLAGS,
} from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { readSide, writeSide } from "./book-bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";
import { BookProof } from "./book-proof.ts";
import type { SnapshotRules } from "./book-rules.ts";
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
  readonly proof: BookProof;
  /** The socket whose messages it takes; -1 before the first. */
  epoch = -1;
  #book = new OrderBook();
  #depth = 0;
  #hasSnapshot = false;
  #checksum = 0;
  #writtenUs = 0;
  #writtenEpoch = -1;
  /** Its last messages were known and are not written: the next that is tells the whole book. */
  #follows = false;
  readonly #quote = new ToldQuote();

  constructor(listing: number, rawSymbol: string) {
    this.listing = listing;
    this.proof = new BookProof(rawSymbol);
  }

  get levelCount(): number {
    return this.#book.bids.length + this.#book.asks.length;
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
    const isAnew = this.#follows || (isReplaced && !(this.proof.isProven && this.#writtenEpoch === place.epoch));
    if (this.#follows && message.verdict === "apply") this.proof.holds(place, "resynchronised", output);
    this.#follows = false;
    if (isReplaced) this.#replace(message, levels);
    else this.#book.apply(levels);
    const failure = this.#check(message);
    this.#judge(message, failure, place, output);
    const spread = this.#spread();
    output.changes(
      {
        ...this.#record(message, place),
        flags:
          (isReplaced ? BOOK_FLAGS.snapshot : 0) |
          (this.proof.isProven ? 0 : BOOK_FLAGS.maybeBad) |
          (message.eventTimeUs === undefined ? BOOK_FLAGS.noEventTime : 0),
      },
      levels,
    );
    if (this.proof.isProven) {
      const sides = this.#book.bids.length === 0 ? QUOTE_FLAGS.noBid : 0;
      const noAsk = this.#book.asks.length === 0 ? QUOTE_FLAGS.noAsk : 0;
      this.#quote.tell(best, QUOTE_FLAGS.derived | sides | noAsk, message, place, output);
    } else this.#quote.forget();
    if (isAnew || this.#isDue(place, rules)) this.#write(message, place, { spread, depth: rules.depth }, output);
  }

  write(writer: ByteWriter): void {
    writer.whole(this.epoch + 1);
    writer.whole(this.#depth);
    writer.byte((this.#hasSnapshot ? 1 : 0) | (this.#follows ? 2 : 0));
    writer.whole(this.#checksum);
    writer.float(this.#writtenUs);
    writer.whole(this.#writtenEpoch + 1);
    this.#quote.write(writer);
    this.proof.write(writer);
    writeSide(this.#book.bids, writer);
    writeSide(this.#book.asks, writer);
  }

  read(reader: ByteReader): void {
    this.epoch = reader.whole() - 1;
    this.#setDepth(reader.whole());
    const facts = reader.byte();
    this.#hasSnapshot = (facts & 1) !== 0;
    this.#follows = (facts & 2) !== 0;
    this.#checksum = reader.whole();
    this.#writtenUs = reader.float();
    this.#writtenEpoch = reader.whole() - 1;
    this.#quote.read(reader);
    this.proof.read(reader);
    readSide(this.#book.bids, reader);
    readSide(this.#book.asks, reader);
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

  /** True for the first message of each period of receive time: when that is depends on the frames alone. */
  #isDue({ receiveTimeUs }: BookPlace, { everyMs }: SnapshotRules): boolean {
    const everyUs = everyMs * 1_000;
    return this.#hasSnapshot && Math.floor(receiveTimeUs / everyUs) > Math.floor(this.#writtenUs / everyUs);
  }

  #write(
    message: BookMessage,
    place: BookPlace,
    { spread, depth }: { readonly spread: number; readonly depth: number },
    output: BookOutput,
  ): void {
    const { bids, asks } = this.#book;
    this.#writtenUs = place.receiveTimeUs;
    this.#writtenEpoch = place.epoch;
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
          (this.proof.isProven ? 0 : BOOK_FLAGS.maybeBad) |
          (message.eventTimeUs === undefined ? BOOK_FLAGS.noEventTime : 0) |
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
