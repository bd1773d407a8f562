import type { Source } from "../../domain/index.ts";

/**
 * What a recorded line is: a frame that the venue sent or that the recorder sent, the start or end of a connection,
 * or an HTTP answer that the recorder fetched beside them.
 */
export type CaptureDirection = "received" | "sent" | "opened" | "closed" | "fetched";

/** One line of a capture, whichever format it was recorded in. */
export interface CaptureRecord {
  /** The recorder's clock, nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  /** The recorder's name for the connection; "capture" where the format has none. */
  readonly connection: string;
  readonly direction: CaptureDirection;
  /** The frame's bytes, untouched. */
  readonly payload: Uint8Array;
  /** Which feed spoke; undefined in formats that leave it to the file's name. */
  readonly feed: string | undefined;
  /** Counts the connection's sockets, from 0. */
  readonly epoch: number;
  readonly source: Source;
}
