import type { Bar, Gap, Listing, QualityMinute, Refusal, TradeBatch } from "../domain/index.ts";
import type { FeedCounts } from "./counters.ts";
import type { TradePositions } from "./event-entries.ts";
import type { TopicPosition } from "./ports.ts";

/** The events of one transaction, durable. The trade columns are reused: copy what must outlive the call. */
export interface DurableEvents {
  readonly listings: readonly Listing[];
  readonly trades: TradeBatch;
  readonly tradePositions: TradePositions;
  readonly bars: readonly Bar[];
  readonly minutes: readonly QualityMinute[];
  readonly gaps: readonly Gap[];
  readonly refusals: readonly Refusal[];
}

export interface PipelineStatus {
  /** By feed, over the raw log up to `positions`: of all time, not since the start. */
  readonly feeds: Readonly<Record<string, FeedCounts>>;
  /** Up to where (exclusive) each raw partition's events are durable. */
  readonly positions: readonly TopicPosition[];
  /** Receive time of the last durable frame that held a trade or moved the bars' clock, microseconds; 0 before the first. */
  readonly receiveTimeUs: number;
  /** Transactions since start. */
  readonly transactions: number;
  /** Why the last append must be tried again; undefined while all is well. */
  readonly stalled: string | undefined;
}
