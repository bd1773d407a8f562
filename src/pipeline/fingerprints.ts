import type { TradeBatch } from "../domain/index.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";

const SLOTS = 1024;

/**
 * What the most recent trades of a listing were, in few bytes: enough to notice that a trade which came again
 * has another price, size or side. Whether it came again is decided elsewhere and exactly; a fingerprint can only
 * miss a conflict (an older trade, or one in 2^32), never make one up for a true copy.
 */
export class Fingerprints {
  readonly #identity: Int32Array = new Int32Array(2 * SLOTS);
  readonly #values: Int32Array = new Int32Array(SLOTS);
  /** The side + 1; 0 marks an empty slot. */
  readonly #sides: Uint8Array = new Uint8Array(SLOTS);

  remember(trades: TradeBatch, row: number, high: number, low: number): void {
    const slot = slotOf(high, low);
    this.#identity[2 * slot] = low;
    this.#identity[2 * slot + 1] = high;
    this.#values[slot] = valuesOf(trades, row);
    this.#sides[slot] = (trades.side[row] ?? 0) + 1;
  }

  /** True when the earlier trade of this identity is remembered and differs. An unknown side agrees with any. */
  conflicts(trades: TradeBatch, row: number, high: number, low: number): boolean {
    const slot = slotOf(high, low);
    const remembered = this.#sides[slot] ?? 0;
    if (remembered === 0 || this.#identity[2 * slot] !== (low | 0) || this.#identity[2 * slot + 1] !== (high | 0)) {
      return false;
    }
    if (this.#values[slot] !== valuesOf(trades, row)) return true;
    const side = trades.side[row] ?? 0;
    return side !== 0 && remembered !== 1 && remembered !== side + 1;
  }

  write(writer: ByteWriter): void {
    let used = 0;
    for (const side of this.#sides) if (side !== 0) used += 1;
    writer.whole(used);
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (this.#sides[slot] === 0) continue;
      writer.whole((this.#identity[2 * slot] ?? 0) >>> 0);
      writer.whole((this.#identity[2 * slot + 1] ?? 0) >>> 0);
      writer.whole((this.#values[slot] ?? 0) >>> 0);
      writer.byte(this.#sides[slot] ?? 0);
    }
  }

  static read(reader: ByteReader): Fingerprints {
    const fingerprints = new Fingerprints();
    const used = reader.whole();
    for (let index = 0; index < used; index += 1) {
      const low = reader.whole();
      const high = reader.whole();
      const slot = slotOf(high, low);
      fingerprints.#identity[2 * slot] = low;
      fingerprints.#identity[2 * slot + 1] = high;
      fingerprints.#values[slot] = reader.whole();
      fingerprints.#sides[slot] = reader.byte();
    }
    return fingerprints;
  }
}

/** Consecutive ids take consecutive slots, so that the last SLOTS of them are always remembered. */
function slotOf(high: number, low: number): number {
  return (low ^ Math.imul(high, 0x9e3779b1)) & (SLOTS - 1);
}

function valuesOf(trades: TradeBatch, row: number): number {
  const { price, size } = trades;
  let hash = Math.imul(price.low(row) ^ 0x2545f491, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + price.high(row), 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + size.low(row), 0x27d4eb2f);
  hash = Math.imul((hash ^ (hash >>> 16)) + size.high(row), 0x165667b1);
  return hash ^ (hash >>> 15);
}
