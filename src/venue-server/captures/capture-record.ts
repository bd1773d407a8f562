import type { FrameKind, Source } from "../../domain/index.ts";

/**
 * What a recorded line is: a frame that the venue sent or that the recorder sent, the start or end of a connection,
 * an HTTP answer that the recorder fetched beside them, or what K2 concluded about a gap.
 */
export type CaptureDirection = FrameKind;

/** One line of a capture, whichever format it was recorded in. */
export interface CaptureRecord {
  /** The recorder's clock, nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  /** The recorder's name for the connection; "capture" where the format has none. */
  readonly connection: string;
  readonly direction: CaptureDirection;
  /** The frame's bytes, untouched. */
  readonly payload: Uint8Array;
  /**
   * Of an HTTP answer whose payload is its body alone, as other recorders write it: what was asked, "" where they do
   * not say. undefined for all else; K2's own payload begins with it.
   */
  readonly url?: string;
  /** Which feed spoke; undefined in formats that leave it to the file's name. */
  readonly feed: string | undefined;
  /** Counts the connection's sockets, from 0. */
  readonly epoch: number;
  readonly source: Source;
}
