import type { BreakerState } from "./endpoints.ts";
import type { SessionStateName } from "./session-state.ts";

/** How a connection is at this moment. A snapshot: it does not change afterwards. */
export interface ConnectionStatus {
  readonly feed: string;
  readonly venue: string;
  /** Its name, such as "binance/0". */
  readonly connection: string;
  /** Of the socket that counts; during a planned change-over that is the old one until the new one is live. */
  readonly state: SessionStateName;
  /** The newest accepted socket's; before the first, the last one of the run before. 0: there never was one. */
  readonly epoch: number;
  /** In use, or to be tried next. */
  readonly url: string;
  /** All endpoints, the preferred first. */
  readonly urls: readonly string[];
  /** open: too many failures in a row, nothing is tried for a while; half-open: the one try that decides. */
  readonly breaker: BreakerState;
  readonly failuresInRow: number;
  /** The venue's spelling. */
  readonly symbols: readonly string[];
  /** Our clock, nanoseconds since the Unix epoch. */
  readonly lastFrameAtNs: bigint | undefined;
  readonly framesTotal: number;
  /** Of payload. */
  readonly bytesTotal: number;
  /** Sockets that ended, planned or not, and were replaced. */
  readonly reconnectsTotal: number;
  /** The last thing that went wrong, however long ago. */
  readonly lastError: string | undefined;
  /** When the socket that counts became live; undefined while it is not. */
  readonly subscribedAtNs: bigint | undefined;
  /** Received and not yet durable. */
  readonly unflushedBytes: number;
  /** True while the socket is not read because the raw log cannot keep up. */
  readonly isPaused: boolean;
}
