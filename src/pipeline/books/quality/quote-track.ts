import type { ByteReader, ByteWriter } from "../../state/bytes.ts";
import { minuteOf } from "./minute-time.ts";

/** What is known of the best bid and ask from a moment on. */
export const UNKNOWN = 0;
export const QUOTED = 1;
/** The venue's own bid stands at or above its own ask. */
export const OWN_CROSSED = 2;
/** Too many changes in the minute: nothing is known up to its end. */
export const CUT = 3;

/** Changes of the best prices that are kept of one minute: over a hundred each second. */
const CHANGES_MAX = 8_192;
const NO_PRICES = new Int32Array(4);

/** The best bid and ask of one listing as one source tells them, over the minutes that are not told yet. */
export class QuoteTrack {
  readonly listing: number;
  /** From the proven book, not from the venue's quote channel. */
  readonly isDerived: boolean;
  readonly connection: string;
  /** Of its first quote. */
  readonly sinceUs: number;
  /** Index into SOURCES, of its last quote. */
  source = 0;
  /** Socket of its last quote. */
  epoch = 0;
  /** How many entries there are: each holds until the next. The first may lie before the minutes that are not told. */
  length = 0;
  timeUs: Float64Array = new Float64Array(8);
  state: Uint8Array = new Uint8Array(8);
  /** Four words an entry: of the bid's and the ask's mantissa the low and the high half. */
  prices: Int32Array = new Int32Array(32);
  /** Entries of the minute of the last one. */
  #minute = 0;
  #count = 0;

  constructor(listing: number, of: Pick<QuoteTrack, "isDerived" | "connection" | "sinceUs">) {
    this.listing = listing;
    this.isDerived = of.isDerived;
    this.connection = of.connection;
    this.sinceUs = of.sinceUs;
  }

  /**
   * @param atUs not before the last entry
   * @param floorUs minutes before it have been told: what held in them is forgotten
   */
  push(atUs: number, state: number, prices: Int32Array = NO_PRICES, floorUs = 0): void {
    const last = this.length - 1;
    const timeUs = Math.max(atUs, last < 0 ? atUs : (this.timeUs[last] ?? atUs));
    const minute = minuteOf(timeUs);
    const isNew = minute !== this.#minute;
    if (isNew) this.#count = 0;
    this.#minute = minute;
    if (last >= 0 && this.state[last] === CUT && !isNew) return;
    if (last >= 0 && this.#isSame(last, state, prices)) return;
    this.#count += 1;
    if (timeUs < floorUs) this.length = 0;
    this.#append(timeUs, this.#count < CHANGES_MAX ? state : CUT, prices);
  }

  /** Says anew from then on what it said last: after a silence in which it may not have held. */
  pause(fromUs: number, untilUs: number, floorUs: number): void {
    const last = this.length - 1;
    const state = this.state[last] ?? UNKNOWN;
    if (state !== QUOTED && state !== OWN_CROSSED) return;
    const prices = this.prices.slice(last * 4, last * 4 + 4);
    this.push(fromUs, UNKNOWN, NO_PRICES, floorUs);
    this.push(untilUs, state, prices, floorUs);
  }

  /** Forgets what held before then, but for the last. */
  dropBefore(timeUs: number): void {
    let first = 0;
    while (first + 1 < this.length && (this.timeUs[first + 1] ?? 0) < timeUs) first += 1;
    if (first === 0) return;
    this.timeUs.copyWithin(0, first, this.length);
    this.state.copyWithin(0, first, this.length);
    this.prices.copyWithin(0, first * 4, this.length * 4);
    this.length -= first;
  }

  write(writer: ByteWriter): void {
    writer.whole(this.listing);
    writer.byte(this.isDerived ? 1 : 0);
    writer.text(this.connection);
    writer.float(this.sinceUs);
    writer.byte(this.source);
    writer.whole(this.epoch);
    writer.whole(this.#minute);
    writer.whole(this.#count);
    writer.whole(this.length);
    for (let index = 0; index < this.length; index += 1) {
      writer.float(this.timeUs[index] ?? 0);
      writer.byte(this.state[index] ?? 0);
      for (let word = 0; word < 4; word += 1) writer.whole((this.prices[index * 4 + word] ?? 0) >>> 0);
    }
  }

  static read(reader: ByteReader): QuoteTrack {
    const listing = reader.whole();
    const of = { isDerived: reader.byte() === 1, connection: reader.text(), sinceUs: reader.float() };
    const track = new QuoteTrack(listing, of);
    track.source = reader.byte();
    track.epoch = reader.whole();
    track.#minute = reader.whole();
    track.#count = reader.whole();
    for (let left = reader.whole(); left > 0; left -= 1) {
      const [timeUs, state] = [reader.float(), reader.byte()];
      track.#append(
        timeUs,
        state,
        Int32Array.from({ length: 4 }, () => reader.whole()),
      );
    }
    return track;
  }

  #isSame(index: number, state: number, prices: Int32Array): boolean {
    if (this.state[index] !== state) return false;
    for (let word = 0; word < 4; word += 1) if (this.prices[index * 4 + word] !== prices[word]) return false;
    return true;
  }

  #append(timeUs: number, state: number, prices: Int32Array): void {
    if (this.length === this.timeUs.length) this.#grow();
    this.timeUs[this.length] = timeUs;
    this.state[this.length] = state;
    this.prices.set(prices, this.length * 4);
    this.length += 1;
  }

  #grow(): void {
    const { timeUs, state, prices } = this;
    this.timeUs = new Float64Array(timeUs.length * 2);
    this.timeUs.set(timeUs);
    this.state = new Uint8Array(state.length * 2);
    this.state.set(state);
    this.prices = new Int32Array(prices.length * 2);
    this.prices.set(prices);
  }
}
