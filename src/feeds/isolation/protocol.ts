import type { RecordBatch } from "../../base/index.ts";
import type { ConnectionClosed, Source } from "../../domain/index.ts";
import type { ConnectionSettings } from "../connection-settings.ts";
import type { ConnectionStatus } from "../connection-status.ts";

/*
 * What a feed's worker and the thread of the raw log say to each other.
 *
 * Frames go one way, moved and not copied, at most one batch a connection; the answer says that they are durable, and only
 * then does the next batch come. So what waits is bounded by the recorder's limit, in the worker, where it stops the socket.
 */

/** Where a worker finds its feed: functions cannot be sent. */
export type FeedOrigin =
  /** One of K2's own. */
  | { readonly id: string }
  /** An export of a module. */
  | { readonly module: string; readonly name: string };

/** With what a worker starts. */
export interface WorkerStart {
  readonly feed: FeedOrigin;
  readonly urls: readonly string[];
  readonly rawSymbols: readonly string[];
  readonly channels: readonly string[];
  readonly source: Source;
  readonly lastEpochs: ReadonlyMap<string, number>;
  readonly settings: Partial<ConnectionSettings>;
  /** See shared-counters.ts. */
  readonly counters: SharedArrayBuffer;
  readonly heartbeatEveryMs: number;
}

/** The part of a connection's status that changes seldom; what changes with every frame stands in shared memory. */
export type SlowStatus = Pick<
  ConnectionStatus,
  | "state"
  | "epoch"
  | "url"
  | "breaker"
  | "failuresInRow"
  | "reconnectsTotal"
  | "lastError"
  | "subscribedAtNs"
  | "isPaused"
>;

export type ToWorker =
  /** The last batch of this connection is durable. */
  | { readonly kind: "appended"; readonly connection: number }
  /** It never will be. */
  | { readonly kind: "refused"; readonly connection: number; readonly reason: string }
  | {
      readonly kind: "request";
      readonly connection: string;
      readonly epoch: number;
      readonly frames: readonly string[];
    }
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "frames"; readonly connection: number; readonly records: RecordBatch }
  | { readonly kind: "status"; readonly connection: number; readonly status: SlowStatus }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: Readonly<Record<string, unknown>>;
      readonly text: string;
    }
  | { readonly kind: "count"; readonly connection: string; readonly event: CountedEvent }
  /** The frames of this connection can no longer be recorded. */
  | {
      readonly kind: "failed";
      readonly connection: string;
      readonly unflushedBytes: number;
      readonly reason: string;
    }
  /** All sockets have ended and nothing waits: the worker may go. */
  | { readonly kind: "ended" };

export type CountedEvent =
  | { readonly kind: "reconnected"; readonly cause: ConnectionClosed["cause"] }
  | { readonly kind: "connectFailed" | "subscriptionRefused" | "paused" };
