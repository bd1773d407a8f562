import type { ConnectionClosed } from "../domain/index.ts";
import type { ConnectionStatus } from "./connection-status.ts";

/** Which connection is meant. */
export type ConnectionLabels = Readonly<Record<"feed" | "connection", string>>;

/** What a feed being captured counts and measures. */
export interface FeedMeters {
  /** Publishes a connection's numbers from now on, until disposed of. */
  watch(status: () => ConnectionStatus): Disposable;
  /** A socket ended and is replaced. */
  reconnected(labels: ConnectionLabels, cause: ConnectionClosed["cause"]): void;
  connectFailed(labels: ConnectionLabels): void;
  subscriptionRefused(labels: ConnectionLabels): void;
  /** The raw log could not keep up: the socket is not read for now. */
  paused(labels: ConnectionLabels): void;
  /** From handing records to the raw log until they were durable. */
  flushed(labels: ConnectionLabels, seconds: number): void;
}
