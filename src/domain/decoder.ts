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
   * `price` and `size` are the record's number texts: they choose the unit if this is the listing's first trade,
   * provided that its time (`timeUs`, event time in microseconds since the Unix epoch) may be that of a trade.
   * A frame of an import says itself which market and instrument the symbol is: then `named` counts, not the configuration.
   */
  listing(
    rawSymbol: string,
    price: string,
    size: string,
    timeUs?: number,
    named?: NamedListing,
  ): DecodedListing | undefined;
  /**
   * Refuses one record of the frame; the other records go on. Without `frameIndex`: the whole frame. `record` are the
   * record's own bytes, for frames of thousands: they go into quarantine instead of the frame's.
   */
  refuse(
    reason: RefusalReason,
    detail: string,
    at?: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array },
  ): void;
  /** The id of a record that is refused for its numbers: it came, so it is not missing. */
  refusedId?(listing: number, id: string): void;
}

/** What a frame says of a symbol, where it carries that itself. */
export interface NamedListing {
  readonly venue: string;
  /** Canonical id. */
  readonly symbol: string;
}

export interface DecodedListing {
  readonly index: number;
  readonly unitExponent: number;
  /** True where the record cannot be a trade, so that it fixes no unit: do not remember this answer for the next one. */
  readonly isProvisional?: boolean;
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
