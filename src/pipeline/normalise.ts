import { describeError } from "../base/index.ts";
import {
  chooseUnitExponent,
  type DecodeContext,
  type DecodedListing,
  type FrameDecoder,
  type FrameOutcome,
  type FrameRecord,
  type NamedListing,
  parseDecimal,
  type Refusal,
  type RefusalReason,
  type RefusalStage,
  TradeBatch,
} from "../domain/index.ts";
import type { ListingBook } from "./listing-book.ts";
import type { FeedRules } from "./ports.ts";
import { isEventTime } from "./validate.ts";

/** The listing of a first trade whose own numbers cannot fix a unit: the row is refused, whatever it says. */
export const NO_LISTING = 0xffff_ffff;
/** What is answered instead of it: a record that will be refused must not fix what all later trades are held by. */
const PROVISIONAL: DecodedListing = { index: NO_LISTING, unitExponent: 0, isProvisional: true };
const DETAIL_LENGTH_MAX = 500;
const RAW_SYMBOL_LENGTH_MAX = 256;
/** Refusals of one frame that are told one by one. */
export const REFUSALS_PER_FRAME_MAX = 1000;
const NOTHING = new Uint8Array(0);

/**
 * Runs one feed's decoder over one frame after another: rows into `trades`, refusals into `refusals`.
 *
 * A frame's bytes go into quarantine once: with its first refusal. The others of the same frame have an empty payload and
 * are found by (feed, _raw_partition, _raw_offset), so that a large frame of a thousand bad records is not kept a thousand times.
 */
export class Normaliser implements DecodeContext {
  readonly feed: string;
  readonly venue: string;
  readonly ids: "single" | "spans" | undefined;
  /** Listings and ids of records of the last frame that were refused though their ids could be read. */
  readonly refusedIds: (readonly [listing: number, id: string])[] = [];
  trades: TradeBatch = new TradeBatch(1);
  refusals: Refusal[] = [];
  readonly #decoder: FrameDecoder;
  readonly #fetchedDecoder: FrameDecoder | undefined;
  readonly #rules: FeedRules;
  readonly #book: ListingBook;
  readonly #listings: Map<string, DecodedListing> = new Map();
  #partition = 0;
  #offset = 0;
  #receiveTimeUs = 0;
  #source = 0;
  #payload: Uint8Array = NOTHING;
  #payloadKept = false;
  #wholeRefused = false;
  /** Of the frame. */
  #refused = 0;
  /** The first that is not told by itself. */
  #unlisted: Pick<Refusal, "stage" | "reason" | "frameIndex"> | undefined;

  constructor(feed: string, rules: FeedRules, book: ListingBook) {
    this.feed = feed;
    this.venue = rules.venueOf(feed);
    this.ids = rules.idsOf?.(feed);
    this.#decoder = rules.decoderFor(feed);
    this.#fetchedDecoder = rules.fetchedDecoderFor?.(feed);
    this.#rules = rules;
    this.#book = book;
  }

  /**
   * Decodes a received or fetched frame that stands at this place of the feed's raw topic; the rows it appended have
   * all columns set.
   */
  normalise(frame: FrameRecord, payload: Uint8Array, partition: number, offset: number): FrameOutcome | "refused" {
    this.#partition = partition;
    this.#offset = offset;
    this.#receiveTimeUs = frame.timeUs;
    this.#source = frame.sourceIndex;
    this.#payload = payload;
    this.#payloadKept = false;
    this.#wholeRefused = false;
    this.refusedIds.length = 0;
    this.#refused = 0;
    this.#unlisted = undefined;
    const start = this.trades.length;
    const outcome = this.#decode(start, frame.kind === "fetched" ? this.#fetchedDecoder : this.#decoder);
    this.#fillRows(start, frame.timeNanos);
    return outcome;
  }

  listing(
    rawSymbol: string,
    price: string,
    size: string,
    timeUs?: number,
    named?: NamedListing,
  ): DecodedListing | undefined {
    if (named !== undefined) return this.#namedListing(rawSymbol, { price, size, timeUs }, named);
    return this.#listings.get(rawSymbol) ?? this.#findListing(rawSymbol, { price, size, timeUs });
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array } = {},
  ): void {
    if (at.frameIndex === undefined) this.#wholeRefused = true;
    this.refuseRecord("decode", reason, detail, at);
  }

  refusedId(listing: number, id: string): void {
    if (this.ids !== undefined && listing !== NO_LISTING) this.refusedIds.push([listing, id]);
  }

  refuseRecord(
    stage: RefusalStage,
    reason: RefusalReason,
    detail: string,
    at: {
      readonly rawSymbol?: string | undefined;
      readonly frameIndex?: number | undefined;
      readonly record?: Uint8Array | undefined;
    },
  ): void {
    this.#refused += 1;
    if (this.#refused > REFUSALS_PER_FRAME_MAX) {
      this.#unlisted ??= { stage, reason, frameIndex: at.frameIndex };
      return;
    }
    this.#push(stage, reason, detail, at);
  }

  /**
   * After the last row of a frame: where it had more refusals than are told one by one, the last of them stands for
   * the others, so that a frame of a million bad records is not a million events. Its bytes are kept all the same.
   */
  endFrame(): void {
    if (this.#unlisted === undefined) return;
    const { stage, reason, frameIndex } = this.#unlisted;
    const further = this.#refused - REFUSALS_PER_FRAME_MAX;
    this.#push(stage, reason, `${further} further records of the frame are refused, this one the first of them`, {
      frameIndex,
    });
  }

  #push(
    stage: RefusalStage,
    reason: RefusalReason,
    detail: string,
    at: {
      readonly rawSymbol?: string | undefined;
      readonly frameIndex?: number | undefined;
      readonly record?: Uint8Array | undefined;
    },
  ): void {
    this.refusals.push({
      stage,
      reason,
      detail: detail.length > DETAIL_LENGTH_MAX ? `${detail.slice(0, DETAIL_LENGTH_MAX)}…` : detail,
      feed: this.feed,
      rawSymbol: at.rawSymbol?.slice(0, RAW_SYMBOL_LENGTH_MAX),
      frameIndex: at.frameIndex,
      rawPartition: this.#partition,
      rawOffset: this.#offset,
      receiveTimeUs: this.#receiveTimeUs,
      payload: at.record?.slice() ?? (this.#payloadKept ? NOTHING : this.#payload.slice()),
      source: this.#source,
    });
    this.#payloadKept ||= at.record === undefined;
  }

  #decode(start: number, decoder: FrameDecoder | undefined): FrameOutcome | "refused" {
    if (decoder === undefined) return "other";
    try {
      const outcome = decoder.decode(this.#payload, this);
      if (outcome !== "refused") return outcome;
      this.trades.length = start;
      if (!this.#wholeRefused) this.refuse("malformed", "The decoder refused the frame and gave no reason");
    } catch (error) {
      this.trades.length = start;
      this.refuse("malformed", `The decoder failed on the frame: ${describeError(error)}`);
    }
    return "refused";
  }

  #fillRows(start: number, receiveTimeNanos: number): void {
    const { trades } = this;
    for (let row = start; row < trades.length; row += 1) {
      trades.receiveTimeUs[row] = this.#receiveTimeUs;
      trades.receiveTimeNanos[row] = receiveTimeNanos;
      trades.source[row] = this.#source;
      trades.rawPartition[row] = this.#partition;
      trades.rawOffset[row] = this.#offset;
    }
  }

  #findListing(rawSymbol: string, { price, size, timeUs }: FirstTrade): DecodedListing | undefined {
    const known = this.#book.listings.find(this.venue, rawSymbol);
    if (known !== undefined) {
      this.#listings.set(rawSymbol, known);
      return known;
    }
    const instrument = this.#rules.instrument(this.feed, rawSymbol);
    if (instrument === undefined) return undefined;
    const isTimely = timeUs === undefined || isEventTime(timeUs, this.#receiveTimeUs);
    const unitExponent = isTimely ? (instrument.unitExponent ?? unitOf(price, size)) : undefined;
    if (unitExponent === undefined) return PROVISIONAL;
    const created = this.#book.create({ venue: this.venue, rawSymbol, symbol: instrument.symbol, unitExponent });
    this.#listings.set(rawSymbol, created);
    return created;
  }

  /** Decoders ask once a piece of a file, so there is nothing to remember here. */
  #namedListing(rawSymbol: string, first: FirstTrade, { venue, symbol }: NamedListing): DecodedListing {
    const known = this.#book.listings.find(venue, rawSymbol);
    if (known !== undefined) return known;
    const isTimely = first.timeUs === undefined || isEventTime(first.timeUs, this.#receiveTimeUs);
    const unitExponent = isTimely ? unitOf(first.price, first.size) : undefined;
    return unitExponent === undefined ? PROVISIONAL : this.#book.create({ venue, rawSymbol, symbol, unitExponent });
  }
}

interface FirstTrade {
  readonly price: string;
  readonly size: string;
  readonly timeUs: number | undefined;
}

/** undefined when these are not the numbers of a trade, or no unit holds both: then a later trade chooses. */
function unitOf(price: string, size: string): number | undefined {
  try {
    const [naturalPrice, naturalSize] = [parseDecimal(price), parseDecimal(size)];
    if (naturalPrice.mantissa <= 0n || naturalSize.mantissa <= 0n) return undefined;
    return chooseUnitExponent(naturalPrice, naturalSize);
  } catch {
    return undefined;
  }
}
