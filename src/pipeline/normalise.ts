import { describeError } from "../base/index.ts";
import {
  chooseUnitExponent,
  type DecodeContext,
  type DecodedListing,
  type FrameDecoder,
  type FrameOutcome,
  type FrameRecord,
  parseDecimal,
  type Refusal,
  type RefusalReason,
  type RefusalStage,
  TradeBatch,
} from "../domain/index.ts";
import type { ListingBook } from "./listing-book.ts";
import type { FeedRules } from "./ports.ts";

/** The listing of a first trade whose own numbers cannot fix a unit: the row is refused, whatever it says. */
export const NO_LISTING = 0xffff_ffff;
const DETAIL_LENGTH_MAX = 500;
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
  trades: TradeBatch = new TradeBatch(1);
  refusals: Refusal[] = [];
  readonly #decoder: FrameDecoder;
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

  constructor(feed: string, rules: FeedRules, book: ListingBook) {
    this.feed = feed;
    this.venue = rules.venueOf(feed);
    this.#decoder = rules.decoderFor(feed);
    this.#rules = rules;
    this.#book = book;
  }

  /** Decodes a received frame that stands at this place of the feed's raw topic; the rows it appended have all columns set. */
  normalise(frame: FrameRecord, payload: Uint8Array, partition: number, offset: number): FrameOutcome | "refused" {
    this.#partition = partition;
    this.#offset = offset;
    this.#receiveTimeUs = frame.timeUs;
    this.#source = frame.sourceIndex;
    this.#payload = payload;
    this.#payloadKept = false;
    this.#wholeRefused = false;
    const start = this.trades.length;
    const outcome = this.#decode(start);
    this.#fillRows(start, frame.timeNanos);
    return outcome;
  }

  listing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    return this.#listings.get(rawSymbol) ?? this.#findListing(rawSymbol, price, size);
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number } = {},
  ): void {
    if (at.frameIndex === undefined) this.#wholeRefused = true;
    this.refuseRecord("decode", reason, detail, at);
  }

  refuseRecord(
    stage: RefusalStage,
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string | undefined; readonly frameIndex?: number | undefined },
  ): void {
    this.refusals.push({
      stage,
      reason,
      detail: detail.length > DETAIL_LENGTH_MAX ? `${detail.slice(0, DETAIL_LENGTH_MAX)}…` : detail,
      feed: this.feed,
      rawSymbol: at.rawSymbol,
      frameIndex: at.frameIndex,
      rawPartition: this.#partition,
      rawOffset: this.#offset,
      receiveTimeUs: this.#receiveTimeUs,
      payload: this.#payloadKept ? NOTHING : this.#payload.slice(),
      source: this.#source,
    });
    this.#payloadKept = true;
  }

  #decode(start: number): FrameOutcome | "refused" {
    try {
      const outcome = this.#decoder.decode(this.#payload, this);
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

  #findListing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    const known = this.#book.listings.find(this.venue, rawSymbol);
    if (known !== undefined) {
      this.#listings.set(rawSymbol, known);
      return known;
    }
    const instrument = this.#rules.instrument(this.feed, rawSymbol);
    if (instrument === undefined) return undefined;
    const unitExponent = instrument.unitExponent ?? unitOf(price, size);
    if (unitExponent === undefined) return { index: NO_LISTING, unitExponent: 0 };
    const created = this.#book.create({ venue: this.venue, rawSymbol, symbol: instrument.symbol, unitExponent });
    this.#listings.set(rawSymbol, created);
    return created;
  }
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
