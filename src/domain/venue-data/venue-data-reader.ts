import type { RefusalReason } from "../refusal.ts";
import type {
  CandleRecord,
  FundingRecord,
  LiquidationRecord,
  StatusRecord,
  TickerRecord,
  VenueDataKind,
} from "./venue-data-records.ts";

/** A channel that a `VenueDataReader` reads. */
export interface VenueDataChannel {
  /** As configuration names it, and `subscribe` asks for it. */
  readonly name: string;
  /** What its messages hold: Bybit's tickers of derivatives hold a ticker and funding. */
  readonly kinds: readonly VenueDataKind[];
  /** Of channels of candles: the interval, as in silver.candles. */
  readonly interval?: string | undefined;
}

/**
 * What a reader of such channels needs from the stage that runs it. It takes each record as it stands in the frame and
 * does the rest: exact numbers in the listing's unit, checks, changed fields onto those of before, repeats left out.
 * A record that cannot be held exactly is refused there, with the reason; the reader goes on with the next.
 */
export interface VenueDataContext {
  /** Channels of a whole market tell of instruments that nobody asked for: the reader leaves those out. */
  isConfigured(rawSymbol: string): boolean;
  ticker(record: TickerRecord): void;
  candle(record: CandleRecord): void;
  funding(record: FundingRecord): void;
  liquidation(record: LiquidationRecord): void;
  status(record: StatusRecord): void;
  /**
   * Refuses one record of the frame; the other records go on. Without `frameIndex`: the whole frame. `record` are the
   * bytes of one record out of many in a frame: they go into quarantine instead of the frame's.
   */
  refuse(
    reason: RefusalReason,
    detail: string,
    at?: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array },
  ): void;
}

/** What a frame was to a reader of these channels. */
export type VenueDataOutcome =
  /** It held records of these channels (of none that is configured, perhaps). */
  | "venue-data"
  /** Of other channels, or nothing of the market. */
  | "other"
  /** It cannot be read: `refuse` was told why. */
  | "refused";

/**
 * ASCII texts of which a frame of the chosen channels has at least one: `"e":"kline"`, `"topic":"tickers.`. A frame with
 * none of them is never parsed, so the trades that share the socket cost next to nothing here.
 */
export interface FrameMarks {
  readonly texts: readonly string[];
  /**
   * Where they stand. start: begin within the first 128 bytes. ends: so, or within the last 96 (Kraken v1 names the channel
   * last). anywhere: the venue's keys have no order; the slowest. Default start.
   */
  readonly within?: "start" | "ends" | "anywhere" | undefined;
}

/**
 * Reads the channels of tickers, candles, funding, liquidations and status of a feed: pure, synchronous and without any
 * state, so that the same frames give the same records. Never throws: what it cannot read it refuses. One reader serves
 * all sockets of a feed.
 */
export interface VenueDataReader {
  readonly marks: FrameMarks;
  /** Called for frames that have a mark; one that has it by chance is "other". */
  read(payload: Uint8Array, context: VenueDataContext): VenueDataOutcome;
  /**
   * Takes an answer to a request over HTTP (status 200) where the venue publishes something there alone; undefined where
   * there is nothing such.
   *
   * @param url that was asked; by its path and query it is known, so that it may be another host's
   */
  fetched?(url: string, body: Uint8Array, context: VenueDataContext): VenueDataOutcome;
}
