import { TradeBatch } from "../../domain/index.ts";

/** The last trades of each listing, so that a new subscriber's snapshot and its updates meet without a hole. */
export class RecentTrades {
  readonly #perListingMax: number;
  readonly #batches: (TradeBatch | undefined)[] = [];

  constructor(perListingMax: number) {
    this.#perListingMax = perListingMax;
  }

  push(trades: TradeBatch): void {
    for (let row = 0; row < trades.length; row += 1) {
      const listing = trades.listing[row] ?? 0;
      const batch = this.#batches[listing] ?? new TradeBatch(32);
      this.#batches[listing] = batch;
      batch.pushRow(trades, row);
      // Twice the bound, then the newer half moves to a fresh batch: constant cost a trade, no ring arithmetic at readers.
      if (batch.length >= this.#perListingMax * 2) this.#batches[listing] = this.#newerHalf(batch);
    }
  }

  /** The last `rowsMax` trades of the listings that `wanted` admits, oldest first. */
  last(
    rowsMax: number,
    wanted: (listing: number) => boolean,
  ): readonly { readonly batch: TradeBatch; readonly row: number }[] {
    const found: { readonly batch: TradeBatch; readonly row: number }[] = [];
    this.#batches.forEach((batch, listing) => {
      if (batch === undefined || !wanted(listing)) return;
      for (let row = Math.max(0, batch.length - rowsMax); row < batch.length; row += 1) found.push({ batch, row });
    });
    const time = ({ batch, row }: { readonly batch: TradeBatch; readonly row: number }): number =>
      batch.eventTimeUs[row] ?? 0;
    return found.sort((a, b) => time(a) - time(b)).slice(-rowsMax);
  }

  #newerHalf(batch: TradeBatch): TradeBatch {
    const kept = new TradeBatch(batch.capacity);
    for (let row = batch.length - this.#perListingMax; row < batch.length; row += 1) kept.pushRow(batch, row);
    return kept;
  }
}
