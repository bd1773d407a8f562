/** What a trade is, for the checksum: its id and its values. Numbers are stored mantissas, as the tables hold them. */
export interface ChecksumRow {
  readonly tradeId: string;
  readonly price: bigint;
  readonly size: bigint;
  /** Index into TAKER_SIDES. */
  readonly side: number;
  readonly eventTimeUs: number;
  readonly eventTimeNanos: number;
}

/**
 * A 64-bit checksum over a set of trades, whatever their order: the sum of the rows' hashes, as two lanes of 32 bits
 * (each modulo 2^32), printed as 16 hexadecimal digits, high lane first. The empty set is all zeros.
 *
 * A row's hash is made of words of 32 bits: each UTF-16 code unit of the trade id; then low and high half of price, size
 * (int64, two's complement) and event time in µs (divided by 2^32: remainder, quotient), the nanoseconds and the side.
 * From (h, l) = (0x9e3779b9, 0x85ebca6b), each word w does, modulo 2^32:
 *
 *     h = (h xor w) × 0x9e3779b1, rotated left by 15
 *     l = (l xor w) × 0x85ebca77, rotated left by 13, plus h
 *
 * and the end mixes them: h ^= l >>> 16, h × 0xc2b2ae3d, l ^= h >>> 13, l × 0x27d4eb2f, h ^= l >>> 15.
 */
export class TradeChecksum {
  #high = 0;
  #low = 0;

  add(row: ChecksumRow): void {
    this.addWords(row.tradeId, {
      priceLow: Number(BigInt.asUintN(32, row.price)),
      priceHigh: Number(BigInt.asIntN(32, row.price >> 32n)),
      sizeLow: Number(BigInt.asUintN(32, row.size)),
      sizeHigh: Number(BigInt.asIntN(32, row.size >> 32n)),
      eventTimeUs: row.eventTimeUs,
      eventTimeNanos: row.eventTimeNanos,
      side: row.side,
    });
  }

  /** The same, for a caller who has the halves and wants no BigInt. */
  addWords(
    tradeId: string,
    words: {
      readonly priceLow: number;
      readonly priceHigh: number;
      readonly sizeLow: number;
      readonly sizeHigh: number;
      readonly eventTimeUs: number;
      readonly eventTimeNanos: number;
      readonly side: number;
    },
  ): void {
    let high = 0x9e3779b9;
    let low = 0x85ebca6b;
    const mix = (word: number): void => {
      high = Math.imul(high ^ word, 0x9e3779b1);
      high = (high << 15) | (high >>> 17);
      low = Math.imul(low ^ word, 0x85ebca77);
      low = (((low << 13) | (low >>> 19)) + high) | 0;
    };
    for (let index = 0; index < tradeId.length; index += 1) mix(tradeId.charCodeAt(index));
    const quotient = Math.floor(words.eventTimeUs / 4_294_967_296);
    mix(words.priceLow);
    mix(words.priceHigh);
    mix(words.sizeLow);
    mix(words.sizeHigh);
    mix(words.eventTimeUs - quotient * 4_294_967_296);
    mix(quotient);
    mix(words.eventTimeNanos);
    mix(words.side);
    high = Math.imul(high ^ (low >>> 16), 0xc2b2ae3d);
    low = Math.imul(low ^ (high >>> 13), 0x27d4eb2f);
    high ^= low >>> 15;
    this.#high = (this.#high + high) >>> 0;
    this.#low = (this.#low + low) >>> 0;
  }

  get hex(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }
}
