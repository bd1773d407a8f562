import { TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";

/** Less is within what is asked for anyway. */
const NOTED_US = 1_000_000;
/** A listing is as late as it was at its latest in this time. */
const KEPT_US = 10 * 60_000_000;
/** Trades that came later were history: what a venue repeats, or what it was asked for. */
const LATE_US_MAX = 10 * 60_000_000;

/**
 * How late trades come: what was traded before a connection was lost, by the venue's clock, may lie that much before the
 * loss by ours. Costs nothing while they come within a second.
 */
export class Lateness {
  readonly #byListing = new Map<number, { readonly lateUs: number; readonly atUs: number }>();

  saw(trades: TradeBatch): void {
    const { length, receiveTimeUs, eventTimeUs, flags, listing } = trades;
    for (let row = 0; row < length; row += 1) {
      const atUs = receiveTimeUs[row] ?? 0;
      const lateUs = atUs - (eventTimeUs[row] ?? 0);
      if (lateUs < NOTED_US || lateUs > LATE_US_MAX || ((flags[row] ?? 0) & TRADE_FLAGS.snapshot) !== 0) continue;
      const known = this.#byListing.get(listing[row] ?? 0);
      if (known === undefined || lateUs >= known.lateUs || atUs - known.atUs > KEPT_US)
        this.#byListing.set(listing[row] ?? 0, { lateUs, atUs });
    }
  }

  /** Microseconds; 0 where its trades come at once. */
  of(listing: number): number {
    return this.#byListing.get(listing)?.lateUs ?? 0;
  }
}
