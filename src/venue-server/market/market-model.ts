import { InvalidInputError, type Random, seededRandom } from "../../base/index.ts";
import { MARKET_LISTINGS, type MarketAsset, type MarketListing } from "./listings.ts";

/** One execution of a taker order. */
export interface Fill {
  /** Counts the listing's trades from 1; its trade ids follow from it. */
  readonly ordinal: number;
  /** Number of its taker order. */
  readonly order: number;
  /** Counts the listing's aggregates from 1: fills of one taker order that follow each other at one price. */
  readonly aggregate: number;
  /** Price × 10^priceScale. */
  readonly price: number;
  /** Size × 10^sizeScale. */
  readonly size: number;
  /** The taker bought. */
  readonly isBuy: boolean;
  /** Microseconds since the Unix epoch. */
  readonly timeUs: number;
  /** Against the listing's price before it; the last movement where the price is the same. */
  readonly direction: "up" | "same-up" | "same-down" | "down";
}

/** One taker order: fills of one listing at one time. */
export interface Order {
  /** Counts the market's orders from 0. */
  readonly number: number;
  readonly listing: MarketListing;
  readonly fills: readonly Fill[];
}

export interface MarketModelOptions {
  readonly seed: number;
  /** Over all listings that take part, on average. */
  readonly tradesPerSecond: number;
  /** Event time of the market's beginning, microseconds since the Unix epoch. */
  readonly startTimeUs: number;
  /** The listings that take part; default all. */
  readonly listings?: readonly MarketListing[];
}

/** The market's whole state before order `number`: what it takes to produce every later order again. */
export interface MarketCheckpoint {
  readonly number: number;
  readonly state: Float64Array;
}

/** Randomness starts afresh at each block, so that a checkpoint need not hold a generator's insides. */
export const BLOCK_ORDERS = 4096;

/** How many fills an order has: 1, 2, … with these chances. */
const FILL_CHANCES = [0.72, 0.14, 0.07, 0.04, 0.02, 0.01];
const FILLS_MEAN = FILL_CHANCES.reduce((sum, chance, index) => sum + chance * (index + 1), 0);
/** Each order brings about this many more on average: arrivals excite themselves (Hawkes), yet die out. */
const BRANCHING = 0.6;
const SAME_SIDE_CHANCE = 0.75;
const SAME_LISTING_CHANCE = 0.35;
const SAME_ASSET_CHANCE = 0.2;
const NEXT_LEVEL_CHANCE = 0.35;
const SECONDS_A_YEAR = 31_557_600;
const FACTOR_VOLATILITY = 0.45 / Math.sqrt(SECONDS_A_YEAR);
/** Log prices drift back over weeks, so that no run of years leaves the venues' grids. */
const REVERSION_PER_SECOND = 1 / (30 * 86_400);
const BASIS_REVERSION_PER_SECOND = 1 / 300;
const BASIS_VOLATILITY = 0.000_01;
const SPREAD_SHARE = 0.000_02;
const SIZE_MANTISSA_MAX = 2 ** 51;

const GLOBAL_FIELDS = 5;
const TIME = 0;
const EXCITEMENT = 1;
const FACTOR = 2;
const LAST_LISTING = 3;
const NUMBER = 4;
const ASSET_FIELDS = 3;
const LISTING_FIELDS = 7;

/**
 * A market of many listings that move together. Deterministic: the same options give the same orders, for ever;
 * who listens and how fast it is played change nothing. Not safe to share: `next()` moves on.
 *
 * Log prices are one common factor times each asset's beta, plus the asset's own walk, plus a small basis of each
 * listing. A taker buys at the ask or sells at the bid, keeps its side more often than not, and walks up the book.
 * Orders arrive in bursts; sizes are log-normal in dollars with a Pareto tail.
 *
 * @see https://doi.org/10.1109/TIT.1981.1056305 Ogata's thinning
 */
export class MarketModel {
  readonly #options: MarketModelOptions;
  readonly #listings: readonly MarketListing[];
  readonly #assets: readonly MarketAsset[];
  /** Sums of weights, to draw a listing by. */
  readonly #cumulated: Float64Array;
  readonly #assetOf: Int32Array;
  readonly #ordersPerSecond: number;
  readonly #decayPerSecond: number;
  readonly #state: Float64Array;
  #random: Random;

  constructor(options: MarketModelOptions) {
    const { tradesPerSecond, seed, listings = MARKET_LISTINGS } = options;
    if (!(tradesPerSecond > 0) || listings.length === 0 || !Number.isSafeInteger(seed)) {
      throw new InvalidInputError(
        `Not a market: ${tradesPerSecond} trades a second, ${listings.length} listings, seed ${seed}. ` +
          "Name a rate above zero, at least one listing and a whole seed; nothing was started",
      );
    }
    this.#options = options;
    this.#listings = listings;
    this.#assets = [...new Set(listings.map((listing) => listing.asset))];
    this.#assetOf = Int32Array.from(listings, (listing) => this.#assets.indexOf(listing.asset));
    let sum = 0;
    this.#cumulated = Float64Array.from(listings, (listing) => {
      sum += listing.weight;
      return sum;
    });
    this.#ordersPerSecond = tradesPerSecond / FILLS_MEAN;
    this.#decayPerSecond = Math.min(50, Math.max(0.05, this.#ordersPerSecond / 10));
    this.#state = new Float64Array(
      GLOBAL_FIELDS + this.#assets.length * ASSET_FIELDS + listings.length * LISTING_FIELDS,
    );
    this.#random = seededRandom(seed);
    this.#begin();
  }

  /** The number that the next order has. */
  get number(): number {
    return this.#at(NUMBER);
  }

  /** Where the model stands; taken before the first order of a block. */
  checkpoint(): MarketCheckpoint {
    return { number: this.number, state: this.#state.slice() };
  }

  /** Goes back, or on, to a checkpoint of a model with the same options. */
  restore({ state }: MarketCheckpoint): void {
    this.#state.set(state);
    this.#startBlock();
  }

  /** The ordinal that a checkpoint's next trade of a listing has. */
  static nextOrdinal(checkpoint: MarketCheckpoint, place: number, assets: number): number {
    return checkpoint.state[GLOBAL_FIELDS + assets * ASSET_FIELDS + place * LISTING_FIELDS + 5] ?? 1;
  }

  /** Event time of a checkpoint, microseconds since the market's beginning. */
  static elapsedUs(checkpoint: MarketCheckpoint): number {
    return checkpoint.state[TIME] ?? 0;
  }

  get assetCount(): number {
    return this.#assets.length;
  }

  /** The next taker order. */
  next(): Order {
    if (this.number % BLOCK_ORDERS === 0) this.#startBlock();
    const number = this.number;
    this.#state[NUMBER] = number + 1;
    const elapsed = this.#arrive();
    this.#state[FACTOR] = this.#at(FACTOR) + FACTOR_VOLATILITY * Math.sqrt(elapsed) * this.#normal();
    const place = this.#chooseListing();
    this.#state[LAST_LISTING] = place;
    const listing = this.#listings[place] as MarketListing;
    const fills = this.#trade(place, listing, number);
    return { number, listing, fills };
  }

  #begin(): void {
    this.#state[EXCITEMENT] = BRANCHING * this.#ordersPerSecond;
    for (let place = 0; place < this.#listings.length; place += 1) {
      const at = this.#listingField(place);
      this.#state[at + 2] = 1;
      this.#state[at + 4] = 1;
      this.#state[at + 5] = 1;
    }
  }

  #startBlock(): void {
    this.#random = seededRandom((Math.imul(this.#options.seed, 0x9e3779b1) + this.number / BLOCK_ORDERS) | 0);
  }

  /** Moves the time to the next arrival; returns the seconds that passed. */
  #arrive(): number {
    const base = (1 - BRANCHING) * this.#ordersPerSecond;
    let waited = 0;
    for (;;) {
      const most = base + this.#at(EXCITEMENT);
      const step = -Math.log(1 - this.#random.next()) / most;
      waited += step;
      this.#state[EXCITEMENT] = this.#at(EXCITEMENT) * Math.exp(-this.#decayPerSecond * step);
      if (this.#random.next() * most <= base + this.#at(EXCITEMENT)) break;
    }
    this.#state[EXCITEMENT] = this.#at(EXCITEMENT) + BRANCHING * this.#decayPerSecond;
    this.#state[TIME] = this.#at(TIME) + waited * 1e6;
    return waited;
  }

  #chooseListing(): number {
    const luck = this.#random.next();
    const last = this.#at(LAST_LISTING);
    if (luck < SAME_LISTING_CHANCE && this.number > 1) return last;
    if (luck < SAME_LISTING_CHANCE + SAME_ASSET_CHANCE && this.number > 1) return this.#chooseOfAsset(last);
    const total = this.#cumulated.at(-1) ?? 0;
    const drawn = this.#random.next() * total;
    let place = 0;
    while (place < this.#cumulated.length - 1 && (this.#cumulated[place] ?? 0) <= drawn) place += 1;
    return place;
  }

  #chooseOfAsset(last: number): number {
    const asset = this.#assetOf[last];
    let total = 0;
    for (let place = 0; place < this.#listings.length; place += 1) {
      if (this.#assetOf[place] === asset) total += this.#listings[place]?.weight ?? 0;
    }
    let left = this.#random.next() * total;
    for (let place = 0; place < this.#listings.length; place += 1) {
      if (this.#assetOf[place] !== asset) continue;
      left -= this.#listings[place]?.weight ?? 0;
      if (left < 0) return place;
    }
    return last;
  }

  #trade(place: number, listing: MarketListing, order: number): readonly Fill[] {
    const middle = this.#middle(place);
    const unit = listing.tick * 10 ** -listing.priceScale;
    const ticks = middle / unit;
    const spread = Math.max(1, Math.round(ticks * SPREAD_SHARE));
    const bid = Math.max(1, Math.floor(ticks - spread / 2 + 0.5));
    const at = this.#listingField(place);
    const keepsSide = this.#random.next() < SAME_SIDE_CHANCE;
    const isBuy = this.#at(at + 2) > 0 === keepsSide;
    this.#state[at + 2] = isBuy ? 1 : -1;
    const timeUs = this.#options.startTimeUs + Math.floor(this.#at(TIME));
    const sizes = this.#sizes(listing, middle);
    let level = isBuy ? bid + spread : bid;
    return sizes.map((size, index) => {
      const before = level;
      if (index > 0 && this.#random.next() < NEXT_LEVEL_CHANCE) level = isBuy ? level + 1 : Math.max(1, level - 1);
      const isAggregate = index === 0 || level !== before;
      return this.#fill(
        at,
        { order, price: level * listing.tick, size: size * listing.lot, isBuy, timeUs },
        isAggregate,
      );
    });
  }

  #fill(
    at: number,
    trade: Pick<Fill, "order" | "price" | "size" | "isBuy" | "timeUs">,
    beginsAggregate: boolean,
  ): Fill {
    const before = this.#at(at + 3);
    if (trade.price !== before) this.#state[at + 4] = trade.price > before ? 1 : -1;
    const isUp = this.#at(at + 4) > 0;
    const isSame = trade.price === before;
    this.#state[at + 3] = trade.price;
    const ordinal = this.#at(at + 5);
    this.#state[at + 5] = ordinal + 1;
    const direction = isSame ? (isUp ? "same-up" : "same-down") : isUp ? "up" : "down";
    const aggregate = this.#at(at + 6) + (beginsAggregate ? 1 : 0);
    this.#state[at + 6] = aggregate;
    return { ordinal, aggregate, ...trade, direction };
  }

  /** The listing's price between bid and ask, in dollars, moved on to the present. */
  #middle(place: number): number {
    const asset = this.#assets[this.#assetOf[place] ?? 0] as MarketAsset;
    const now = this.#at(TIME) / 1e6;
    const at = GLOBAL_FIELDS + (this.#assetOf[place] ?? 0) * ASSET_FIELDS;
    const elapsed = now - this.#at(at + 2);
    const own = (asset.volatility / Math.sqrt(SECONDS_A_YEAR)) * Math.sqrt(elapsed) * this.#normal();
    const common = asset.beta * (this.#at(FACTOR) - this.#at(at + 1));
    this.#state[at] = this.#at(at) * Math.exp(-REVERSION_PER_SECOND * elapsed) + own + common;
    this.#state[at + 1] = this.#at(FACTOR);
    this.#state[at + 2] = now;

    const listing = this.#listingField(place);
    const sinceTrade = now - this.#at(listing + 1);
    this.#state[listing] =
      this.#at(listing) * Math.exp(-BASIS_REVERSION_PER_SECOND * sinceTrade) +
      BASIS_VOLATILITY * Math.sqrt(Math.min(sinceTrade, 300)) * this.#normal();
    this.#state[listing + 1] = now;
    return asset.priceUsd * Math.exp(this.#at(at) + this.#at(listing));
  }

  /** What the order takes, split over its fills, in lots. */
  #sizes(listing: MarketListing, priceUsd: number): readonly number[] {
    const tail = this.#random.next() < 0.02;
    const medians = tail
      ? Math.min(12_000, 12 / (1 - this.#random.next()) ** (1 / 1.5))
      : Math.exp(1.5 * this.#normal());
    const unitUsd = listing.contractUsd ?? priceUsd;
    const lotUsd = unitUsd * listing.lot * 10 ** -listing.sizeScale;
    const lotsMax = Math.floor(SIZE_MANTISSA_MAX / listing.lot);
    const wanted = Math.min(lotsMax, Math.max(1, Math.round((medians * listing.asset.medianUsd) / lotUsd)));
    const lots = this.#random.next() < 0.15 ? roundNumber(wanted) : wanted;
    const fills = Math.min(lots, this.#fillCount());
    const sizes: number[] = [];
    let left = lots;
    for (let still = fills; still > 1; still -= 1) {
      const share = 1 + this.#random.int(Math.max(1, Math.floor((2 * left) / still) - 1));
      sizes.push(Math.min(share, left - still + 1));
      left -= sizes.at(-1) ?? 0;
    }
    return [...sizes, left];
  }

  #fillCount(): number {
    let luck = this.#random.next();
    for (let fills = 1; fills < FILL_CHANCES.length; fills += 1) {
      luck -= FILL_CHANCES[fills - 1] ?? 0;
      if (luck < 0) return fills;
    }
    return FILL_CHANCES.length;
  }

  /** Nearly normal: the sum of four uniform draws. Its lack of tails is made up for where tails matter. */
  #normal(): number {
    const { next } = this.#random;
    return (next() + next() + next() + next() - 2) * Math.sqrt(3);
  }

  #listingField(place: number): number {
    return GLOBAL_FIELDS + this.#assets.length * ASSET_FIELDS + place * LISTING_FIELDS;
  }

  #at(field: number): number {
    return this.#state[field] ?? 0;
  }
}

function roundNumber(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.max(1, Math.round(value / unit) * unit);
}
