import type { Decimal } from "./decimal.ts";

/** Who crossed the spread, never who rested. */
export type TakerSide = "buy" | "sell" | "unknown";
/** Indexed by the byte that stands for it in a batch and in a record. */
export const TAKER_SIDES: readonly TakerSide[] = ["unknown", "buy", "sell"];
export const SIDE_UNKNOWN = 0;
export const SIDE_BUY = 1;
export const SIDE_SELL = 2;

/** Where a row came from. Simulated rows say so for ever. */
export type Source = "live" | "simulated" | "replay" | "backfill" | "import";
export const SOURCES: readonly Source[] = ["live", "simulated", "replay", "backfill", "import"];

/** Facts about a trade that change how it may be used; bits of a set. */
export const TRADE_FLAGS = {
  /** One row for several executions of one taker order at one price (Binance aggTrade, OKX trades). */
  aggregated: 1,
  /** Came in a snapshot of earlier trades rather than as it happened. */
  snapshot: 2,
  /** Not a match of two orders: an insurance fund or ADL print. In the table, never in a bar. */
  nonMarket: 4,
  /** The venue gave no trade id; K2 made one by the rule in the feed's folder. */
  syntheticId: 8,
  /** A block trade, negotiated off the book. */
  block: 16,
  /** Retail price improvement (Bybit RPI, OKX ELP). */
  retailImprovement: 32,
  /** Size counts contracts, not base currency. */
  contracts: 64,
  /** Price or size went through a double, or was computed, before K2 saw it: the venue's own text is not known. */
  inexact: 128,
} as const;
export type TradeFlag = keyof typeof TRADE_FLAGS;

/** The names of the bits set, in the order of TRADE_FLAGS. */
export function tradeFlagNames(bits: number): readonly TradeFlag[] {
  return (Object.keys(TRADE_FLAGS) as TradeFlag[]).filter((flag) => (bits & TRADE_FLAGS[flag]) !== 0);
}

/** One execution, as one venue reported it. The readable form of a row of a TradeBatch. */
export interface Trade {
  readonly venue: string;
  readonly rawSymbol: string;
  readonly symbol: string;
  readonly tradeId: string;
  /** Quote currency per unit of base. */
  readonly price: Decimal;
  /** Base currency, above zero (contracts where flagged). */
  readonly size: Decimal;
  readonly takerSide: TakerSide;
  /** Venue clock, nanoseconds since the Unix epoch. */
  readonly eventTimeNs: bigint;
  /** Our clock when the frame arrived, nanoseconds since the Unix epoch. May be before the venue's: data, not an error. */
  readonly receiveTimeNs: bigint;
  /** The venue's own order within a listing; the numeric trade id where ids are numbers, 0 where there is none. */
  readonly sequence: bigint;
  /** Place within its frame, from 0. */
  readonly frameIndex: number;
  /** How many executions the row stands for; 1 unless aggregated. */
  readonly executions: number;
  readonly flags: readonly TradeFlag[];
  readonly source: Source;
}
