import { TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { MinuteTally } from "./minute-tally.ts";
import { TradeJudge } from "./trade-judge.ts";

export const MINUTE_US = 60_000_000;
/** How much a minute changes what is expected of the next: about the last quarter of an hour counts. */
const RATE_WEIGHT = 1 / 16;
/** Whole minutes before anything is expected. */
const RATE_MINUTES_MIN = 5;
/** SOURCES up to this one are of trades as they happen: live, simulated and replay. */
const STREAM_SOURCE_MAX = 2;

export function minuteOf(timeUs: number): number {
  return Math.floor(timeUs / MINUTE_US);
}

/** True of trades that were received as they happened. */
export function isOfStream(trades: TradeBatch, row: number): boolean {
  return (trades.source[row] ?? 0) <= STREAM_SOURCE_MAX && ((trades.flags[row] ?? 0) & TRADE_FLAGS.snapshot) === 0;
}

/** One listing's minutes that are not told yet, and what is known from those before. */
export class ListingQuality {
  /** Receive time of its first trade. */
  readonly sinceUs: number;
  source = 0;
  readonly #tallies: Map<number, MinuteTally> = new Map();
  #judge: TradeJudge = new TradeJudge();
  #rate = 0;
  #rateMinutes = 0;

  constructor(sinceUs: number) {
    this.sinceUs = sinceUs;
  }

  get expectedTrades(): number | undefined {
    return this.#rateMinutes < RATE_MINUTES_MIN ? undefined : Math.round(this.#rate);
  }

  /** @param isLate its minute was told already: the trade is compared, but not counted */
  add(trades: TradeBatch, row: number, isLate: boolean): void {
    const judgement = this.#judge.judge(trades, row);
    this.source = trades.source[row] ?? 0;
    if (isLate) return;
    this.tally(minuteOf(trades.receiveTimeUs[row] ?? 0)).add(trades, row, judgement);
  }

  /** Of minutes before this one only the number of trades is kept. */
  stripBefore(minute: number): void {
    for (const [each, tally] of this.#tallies) if (each < minute) tally.strip();
  }

  tally(minute: number): MinuteTally {
    const known = this.#tallies.get(minute);
    if (known !== undefined) return known;
    const tally = new MinuteTally();
    this.#tallies.set(minute, tally);
    return tally;
  }

  /** Takes a minute out, with all before it. */
  take(minute: number): MinuteTally {
    const tally = this.tally(minute);
    for (const each of this.#tallies.keys()) if (each <= minute) this.#tallies.delete(each);
    return tally;
  }

  /** A whole minute without a gap says what to expect of the next. */
  learn(trades: number): void {
    this.#rate = this.#rateMinutes === 0 ? trades : this.#rate + (trades - this.#rate) * RATE_WEIGHT;
    this.#rateMinutes += 1;
  }

  write(writer: ByteWriter): void {
    writer.float(this.sinceUs);
    writer.byte(this.source);
    this.#judge.write(writer);
    writer.float(this.#rate);
    writer.whole(this.#rateMinutes);
    writer.whole(this.#tallies.size);
    for (const [minute, tally] of this.#tallies) {
      writer.whole(minute);
      tally.write(writer);
    }
  }

  static read(reader: ByteReader): ListingQuality {
    const listing = new ListingQuality(reader.float());
    listing.source = reader.byte();
    listing.#judge = TradeJudge.read(reader);
    listing.#rate = reader.float();
    listing.#rateMinutes = reader.whole();
    for (let left = reader.whole(); left > 0; left -= 1) listing.#tallies.set(reader.whole(), MinuteTally.read(reader));
    return listing;
  }
}
