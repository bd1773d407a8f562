import type { PlayedFrame } from "./played-frame.ts";

/** What clients of one feed subscribe to, by the venue's own name for it: "btcusdt@trade". */
export interface Topic {
  readonly key: string;
  /** Stays when its last subscriber leaves, because a player holds on to it. */
  isKept: boolean;
  /** In the order of subscription. Replaced, never changed, so that a loop over it stays true. */
  clients: readonly Client[];
}

/** One client's connection, as players and the feed's floor know it. */
export interface Client {
  readonly feed: string;
  readonly topics: Set<Topic>;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  /** True when a played frame may be written without looking at faults or watchers. */
  readonly isDirect: boolean;
  /** True while more would only pile up. */
  readonly isCongested: boolean;
  /** Numbers this connection's frames, from 0, for venues that do. */
  nextSequence(): number;
  /** Sends one played frame of ASCII text; only while `isDirect`. Goes out with the next flush of the stage. */
  direct(text: string): void;
  play(frame: PlayedFrame): void;
  /** Sends what reorder faults still hold back. */
  releaseHeld(): void;
  /** Takes over the feed's present fault rules. */
  applyFaults(): void;
  flush(): void;
  /** Ends the connection: by a close frame, or without one after everything sent so far. */
  disconnect(closeCode?: number, reason?: string): void;
}
