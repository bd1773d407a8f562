import { type BookMessage, QUOTE_FLAGS } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";

/** Words of a quote: bid price, bid size, ask price, ask size, of each the low and the high half. */
const WORDS = 8;
const NO_SIDES = QUOTE_FLAGS.noBid | QUOTE_FLAGS.noAsk;

/** The quote that was told last of one listing on one connection: the next is told only where it differs. */
export class ToldQuote {
  readonly #halves = new Int32Array(WORDS);
  #flags = -1;

  /** Forgets it: the next is told whatever it is. */
  forget(): void {
    this.#flags = -1;
  }

  /** As if it had been told: it was, out of another file. */
  follow(halves: Int32Array, flags: number): void {
    this.#halves.set(halves);
    this.#flags = flags & NO_SIDES;
  }

  /** @param flags noBid and noAsk; and `derived` */
  tell(halves: Int32Array, flags: number, message: BookMessage, place: BookPlace, output: BookOutput): void {
    const all = flags | spreadFlags(halves, flags) | (message.eventTimeUs === undefined ? QUOTE_FLAGS.noEventTime : 0);
    const told = flags & NO_SIDES;
    if (told === this.#flags && isSame(halves, this.#halves)) return;
    this.#halves.set(halves);
    this.#flags = told;
    output.quote({
      listing: message.listing.index,
      flags: all,
      source: place.source,
      halves,
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
    });
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#flags + 1);
    for (const half of this.#halves) writer.whole(half >>> 0);
  }

  read(reader: ByteReader): void {
    this.#flags = reader.whole() - 1;
    for (let word = 0; word < WORDS; word += 1) this.#halves[word] = reader.whole();
  }
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  for (let word = 0; word < WORDS; word += 1) if (one[word] !== other[word]) return false;
  return true;
}

/** locked or crossed, where both sides are there. */
export function spreadFlags(halves: Int32Array, flags: number): number {
  if ((flags & NO_SIDES) !== 0) return 0;
  const high = (halves[1] ?? 0) - (halves[5] ?? 0);
  const order = high === 0 ? ((halves[0] ?? 0) >>> 0) - ((halves[4] ?? 0) >>> 0) : high;
  if (order < 0) return 0;
  return order === 0 ? QUOTE_FLAGS.locked : QUOTE_FLAGS.crossed;
}
