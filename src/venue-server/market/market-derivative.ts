import type { MarketBook } from "./market-book.ts";
import type { Order } from "./market-model.ts";

const FUNDING_US = 8 * 3_600_000_000;
/** One order of so many is a liquidation. */
const LIQUIDATION_ONE_OF = 61;

/** What a derivative of the simulated market has besides its price: prices are mantissas at the listing's scale plus two. */
export interface MarketDerivative {
  readonly markPrice: number;
  readonly indexPrice: number;
  /** Funding rate × 10^8, of the running eight hours. */
  readonly fundingRate: number;
  /** When it is paid, microseconds since the Unix epoch. */
  readonly nextFundingUs: number;
  /** In lots. */
  readonly openInterest: number;
}

/** Follows from the last trade alone, as the book does: the same trade gives the same. */
export function marketDerivative({ last, bids, asks }: MarketBook): MarketDerivative {
  const middle = (bids[0]?.price ?? last.price) + (asks[0]?.price ?? last.price);
  const period = Math.floor(last.timeUs / FUNDING_US);
  return {
    markPrice: middle * 50,
    indexPrice: middle * 50 + ((last.ordinal * 7) % 41) - 20,
    fundingRate: ((period * 7919) % 20_001) - 5000,
    nextFundingUs: (period + 1) * FUNDING_US,
    openInterest: 1_000_000 + ((last.ordinal * 131) % 50_000),
  };
}

/** Whether an order ends somebody's position: then its fills are what the venue liquidated. */
export function isLiquidation({ number }: Order): boolean {
  return number % LIQUIDATION_ONE_OF === 0;
}
