import type { Clock, Files, Logger } from "../base/index.ts";
import type { Frame } from "../domain/index.ts";
import type { FaultPlan } from "./faults/index.ts";
import type { Speed } from "./play/index.ts";
import type { SentFrame } from "./wire/index.ts";

/** The built-in market: seeded, endless, the same for the same options. */
export interface MarketSource {
  readonly kind: "market";
  readonly seed: number;
  /** Over all venues and symbols that take part, on average; trades come in bursts. */
  readonly tradesPerSecond: number;
  /** Feeds that take part; default all. Which take part changes what a seed gives. */
  readonly feeds?: readonly string[];
  /** Names of assets that take part ("BTC"); default all. */
  readonly assets?: readonly string[];
  /** Event time of the first moment, nanoseconds since the Unix epoch; default now. */
  readonly startTimeNs?: bigint;
  /** The market has run since its start: begin where it would be by now. Default false: play from the start. */
  readonly joinNow?: boolean;
  /**
   * The id of every symbol's first trade. Default: microseconds of the start since 2017-07-14, so that a market
   * that is started later never gives an id again.
   */
  readonly firstTradeId?: number;
  /** Send the trades of the past on subscribing, at venues that do; default true. */
  readonly snapshots?: boolean;
}

/** How a recording is given to clients. */
export interface RecordingOptions {
  /**
   * subscriptions (default): a client gets the frames of what it subscribed; answers and heartbeats are the server's.
   * verbatim: every frame to every client of the feed; it starts with the first subscription.
   */
  readonly mode?: "subscriptions" | "verbatim";
  /** verbatim: answer requests besides. False: the recording alone speaks, from the moment a client connects. Default true. */
  readonly answers?: boolean;
  /** Default "silent": the connections stay open. */
  readonly onEnd?: "silent" | "close" | "loop";
}

/** Capture files, each feed's in the order given. Feeds start together, each with its first frame. */
export interface CaptureSource extends RecordingOptions {
  readonly kind: "captures";
  readonly captures: readonly { readonly feed: string; readonly paths: readonly string[] }[];
  readonly files?: Files;
}

/** Frames of K2's own raw log; those that were received are played. */
export interface FramesSource extends RecordingOptions {
  readonly kind: "frames";
  readonly feeds: readonly string[];
  /** From the beginning, each time it is called. */
  readonly frames: () => AsyncIterable<Frame>;
}

export interface VenueServerOptions {
  readonly source: MarketSource | CaptureSource | FramesSource;
  /** On 127.0.0.1; default 0: any that is free. */
  readonly port?: number;
  /** Default 1. */
  readonly speed?: Speed;
  /** Start paused, so that all clients can subscribe before the first frame. Default false. */
  readonly paused?: boolean;
  readonly faults?: FaultPlan;
  /** Send one frame at a time and wait until the client has read it: see `VenueServer.recordedClock`. Default false. */
  readonly lockstep?: boolean;
  /** Called for each played frame right after it was written. Slows the server down. */
  readonly onSent?: (frame: SentFrame) => void;
  /** A client with more than this unread is cut off; default 64 MiB. */
  readonly bufferedBytesMax?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}
