/**
 * What can go wrong with a frame or its connection:
 *
 * - disconnect: the connection ends after the frame and all that was held back before it; with `closeCode` by a close frame, else without one
 * - duplicate: the frame is sent twice
 * - reorder: the frame is sent after 1 to `windowMax` later ones
 * - corrupt: one bit of the frame flips, so that it is no longer JSON
 * - malformed: the frame is cut off
 * - wrong-type: still JSON, but each trade's price is an object
 * - silence: this frame and those of the next `durationMs` are swallowed, heartbeats too; the socket stays open
 * - delay: this frame and those behind it wait `durationMs`
 * - half-open: from this frame on nothing is sent or read any more, and nobody is told
 */
export type FaultKind =
  | "disconnect"
  | "duplicate"
  | "reorder"
  | "corrupt"
  | "malformed"
  | "wrong-type"
  | "silence"
  | "delay"
  | "half-open";
export const FAULT_KINDS: readonly FaultKind[] = [
  "disconnect",
  "duplicate",
  "reorder",
  "corrupt",
  "malformed",
  "wrong-type",
  "silence",
  "delay",
  "half-open",
];

/** When one kind of fault strikes. A frame is struck by the first rule that applies. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Only this feed; without it, every feed, each counted for itself. */
  readonly feed?: string;
  /** For each played frame, in [0, 1]. */
  readonly probability?: number;
  /** By number: the feed's played frames count from 0 over all its connections and copies. */
  readonly at?: readonly number[];
  /** Strikes at most this often on each feed. */
  readonly timesMax?: number;
  /** disconnect: 1000 to 4999. */
  readonly closeCode?: number;
  /** reorder: how many frames may overtake; default 4. */
  readonly windowMax?: number;
  /** silence, delay; default 1,000. */
  readonly durationMs?: number;
}

export interface FaultPlan {
  /** The same seed, frames and rules strike the same frames. */
  readonly seed: number;
  readonly rules: readonly FaultRule[];
}
