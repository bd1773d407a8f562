import type { Abortable, RecordBatch } from "../base/index.ts";
import type { Bar, BarInterval, FrameDecoder } from "../domain/index.ts";

/*
 * What the pipeline needs from its surroundings. The shapes are those of the log's port, so that a log fits
 * without an adapter; nothing here names it.
 */

export interface TopicPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface PartitionBounds {
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface LogRecords {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly records: RecordBatch;
}

export interface ReadOptions extends Abortable {
  /** True waits for more at the end; false ends there. */
  readonly follow?: boolean;
  readonly maxBytes?: number;
}

/** Where the raw frames stand. */
export interface RawSource {
  read(at: TopicPosition, options?: ReadOptions): AsyncIterable<LogRecords>;
  bounds(topic: string): Promise<readonly PartitionBounds[]>;
}

/** Where the events go, in one atomic append with the progress on the raw frames. Often the same log as the source. */
export interface EventSink extends RawSource {
  ensureTopic(topic: {
    readonly topic: string;
    readonly partitions: number;
    readonly retentionMs?: number;
  }): Promise<void>;
  append(
    entries: readonly { readonly topic: string; readonly partition: number; readonly records: RecordBatch }[],
    progress?: { readonly group: string; readonly positions: readonly TopicPosition[] },
  ): Promise<readonly number[]>;
  progress(group: string): Promise<readonly TopicPosition[]>;
}

/** What of the configured feeds the pipeline must know. */
export interface FeedRules {
  /** The market whose trade ids the feed carries. */
  venueOf(feed: string): string;
  /** Called once a feed. */
  decoderFor(feed: string): FrameDecoder;
  /** Of the venue's answers over HTTP (`readFetched`), called once a feed; a feed without one keeps them raw. */
  fetchedDecoderFor?(feed: string): FrameDecoder | undefined;
  /**
   * True of a feed whose frames are pieces of files: what lies between two of them is no gap, and where a file is closed
   * the time of its trades has passed, so their bars close.
   */
  isHistory?(feed: string): boolean;
  /**
   * How the ids of a listing's trades follow each other: "single" where each is one more than the one before, "spans"
   * where besides a record may stand for several, under the last one's id; undefined where they tell nothing.
   */
  idsOf?(feed: string): "single" | "spans" | undefined;
  /** Whether somebody asks the venue for what a connection missed: then its gaps are told again when that has ended. */
  heals?(feed: string): boolean;
  /** What a venue's symbol stands for; undefined when it is not configured. */
  instrument(feed: string, rawSymbol: string): ListedInstrument | undefined;
}

export interface ListedInstrument {
  /** Canonical id. */
  readonly symbol: string;
  readonly venue: string;
  /** Fixes the listing's unit; otherwise its first trade chooses. */
  readonly unitExponent?: number | undefined;
}

export interface BarKey {
  readonly listing: number;
  readonly interval: BarInterval;
  readonly startUs: number;
}

/**
 * The latest revision of each of these bars, in the order of the keys; undefined where there never was one.
 * The answer must contain everything before `durable` (the ends of market.bars), or a late trade is added to an old revision.
 */
export type RecallBars = (
  keys: readonly BarKey[],
  options: Abortable & { readonly durable: readonly TopicPosition[] },
) => Promise<readonly (Bar | undefined)[]>;
