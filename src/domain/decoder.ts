import type { RefusalReason } from "./refusal.ts";
import type { TradeBatch } from "./trade-batch.ts";

/**
 * What became of a frame that is not refused. Each frame is counted under exactly one:
 * trades (it held at least one trade record), control (acks, heartbeats, status), other
 * (market data of a channel that K2 keeps raw but does not decode yet).
 */
export type FrameOutcome = "trades" | "control" | "other";

/** What a decoder needs from the stage that runs it; reused from frame to frame. */
export interface DecodeContext {
  readonly trades: TradeBatch;
  /**
   * The listing that the venue's symbol names, with the unit fixed; undefined when it is not configured.
   * `price` and `size` are the record's number texts: they choose the unit if this is the listing's first trade.
   */
  listing(rawSymbol: string, price: string, size: string): DecodedListing | undefined;
  /** Refuses one record of the frame; the other records go on. Without `frameIndex`: the whole frame. */
  refuse(
    reason: RefusalReason,
    detail: string,
    at?: { readonly rawSymbol?: string; readonly frameIndex?: number },
  ): void;
}

export interface DecodedListing {
  readonly index: number;
  readonly unitExponent: number;
}

/**
 * One feed's wire format: pure, synchronous, the same bytes give the same rows.
 *
 * Appends a row to `context.trades` for every trade record in the frame, with listing, price, size, side,
 * event time, id, sequence, frame index, executions and flags set; the caller sets what it knows better
 * (receive time, source, raw position). Never throws on any input: what it cannot read it refuses.
 */
export interface FrameDecoder {
  decode(payload: Uint8Array, context: DecodeContext): FrameOutcome | "refused";
}
