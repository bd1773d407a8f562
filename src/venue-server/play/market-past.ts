import { type Checkpoints, type Fill, fixed, MarketModel, type Order } from "../market/index.ts";
import type { FeedListing } from "../protocols/index.ts";
import type { PastTrade, PastTrades } from "./source.ts";

const SLICE_ORDERS = 512;

export interface MarketPastOptions {
  /** The listing's place in the model. */
  readonly place: number;
  readonly listing: FeedListing;
  /** The number of the trade with ordinal 1. */
  readonly firstTradeId: number;
  readonly startTimeUs: number;
  /** The newest fills, ascending. */
  readonly recent: () => readonly Fill[];
  readonly checkpoints: Checkpoints;
  /** Number of the order that is not published yet. */
  readonly end: () => number;
  readonly model: () => MarketModel;
}

/** The past of one listing of the simulated market: the newest from memory, what is older produced again. */
export class MarketPast implements PastTrades {
  readonly #options: MarketPastOptions;

  constructor(options: MarketPastOptions) {
    this.#options = options;
  }

  async from(number: number, countMax: number): Promise<readonly PastTrade[]> {
    const first = Math.max(1, number - this.#options.firstTradeId + 1);
    return this.#named(await this.#fills(first, first + countMax));
  }

  async before(number: number | undefined, countMax: number): Promise<readonly PastTrade[]> {
    const newest = this.#options.recent().at(-1)?.ordinal ?? 0;
    const end = number === undefined ? newest + 1 : Math.min(newest + 1, number - this.#options.firstTradeId + 1);
    return this.#named(await this.#fills(Math.max(1, end - countMax), end));
  }

  async since(timeUs: number, countMax: number): Promise<readonly PastTrade[]> {
    const recent = this.#options.recent();
    if ((recent[0]?.timeUs ?? Number.POSITIVE_INFINITY) < timeUs) {
      return this.#named(recent.filter((fill) => fill.timeUs >= timeUs).slice(0, countMax));
    }
    const { checkpoints, startTimeUs } = this.#options;
    const start = checkpoints.latest((checkpoint) => startTimeUs + MarketModel.elapsedUs(checkpoint) < timeUs);
    const fills: Fill[] = [];
    await this.#produce(start, (fill) => {
      if (fill.timeUs >= timeUs) fills.push(fill);
      return fills.length < countMax;
    });
    return this.#named(fills.slice(0, countMax));
  }

  /** Those with ordinals from `first` up to, not including, `end`. */
  async #fills(first: number, end: number): Promise<readonly Fill[]> {
    const recent = this.#options.recent();
    const oldest = recent[0]?.ordinal;
    if (oldest === undefined || end <= first) return [];
    if (oldest <= first) return recent.slice(first - oldest, end - oldest);
    const { checkpoints, place, model } = this.#options;
    const assets = model().assetCount;
    const start = checkpoints.latest((checkpoint) => MarketModel.nextOrdinal(checkpoint, place, assets) <= first);
    const fills: Fill[] = [];
    await this.#produce(start, (fill) => {
      if (fill.ordinal >= first && fill.ordinal < end) fills.push(fill);
      return fill.ordinal < end - 1;
    });
    return fills;
  }

  /** @param take gets the listing's fills one after the other; false: enough */
  async #produce(start: ReturnType<Checkpoints["latest"]>, take: (fill: Fill) => boolean): Promise<void> {
    const { end } = this.#options;
    const model = this.#options.model();
    if (start !== undefined) model.restore(start);
    for (let orders = 1; model.number < end(); orders += 1) {
      const order: Order = model.next();
      if (order.listing.index === this.#options.listing.market.index && !order.fills.every(take)) return;
      if (orders % SLICE_ORDERS === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #named(fills: readonly Fill[]): readonly PastTrade[] {
    const { listing, firstTradeId } = this.#options;
    const { priceScale, sizeScale } = listing.market;
    return fills.map((fill) => ({
      id: listing.tradeId(fill.ordinal),
      number: firstTradeId - 1 + fill.ordinal,
      price: fixed(fill.price, priceScale),
      size: fixed(fill.size, sizeScale),
      isBuy: fill.isBuy,
      timeUs: fill.timeUs,
      sequence: listing.sequence(fill.order),
      aggregate: firstTradeId - 1 + fill.aggregate,
    }));
  }
}
