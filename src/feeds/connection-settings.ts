import type { EndpointSettings } from "./endpoints.ts";

/** Limits of a connection that do not depend on the venue. Times in milliseconds. */
export interface ConnectionSettings extends EndpointSettings {
  /** From the opening request to the venue's acceptance: DNS, TCP, TLS and HTTP together. */
  readonly connectMsMax: number;
  /** From the last subscribe frame to the last answer; then a warning, and the socket counts as live. */
  readonly answerMsMax: number;
  /** Without a further answer for this long, answers to every request count as answers to every symbol. */
  readonly answerSettleMs: number;
  /** Live for this long, a socket has proved healthy: the pauses between tries start small again. */
  readonly healthyMs: number;
  readonly retryFirstMs: number;
  readonly retryMsMax: number;
  /** The least pause after an HTTP refusal that names none. */
  readonly refusedMsMin: number;
  /** How long the old socket is kept after its successor is live: what was under way to it still arrives. */
  readonly overlapMs: number;
  /** From our closing handshake to the end; then the socket is cut. */
  readonly closeMsMax: number;
  /** Pause between the first tries of one feed's connections. */
  readonly startSpacingMs: number;
  /** Received and not yet durable; above it the socket is not read. */
  readonly unflushedBytesMax: number;
  /** Records handed to the log at once: a batch is closed by the frame that reaches this. */
  readonly batchBytesMax: number;
  /** A larger frame ends the socket. */
  readonly payloadBytesMax: number;
  /** Offers permessage-deflate. */
  readonly compress: boolean;
}

const MEBIBYTE = 1_048_576;

export const DEFAULT_CONNECTION_SETTINGS: ConnectionSettings = {
  connectMsMax: 10_000,
  answerMsMax: 10_000,
  answerSettleMs: 1_000,
  healthyMs: 30_000,
  retryFirstMs: 1_000,
  retryMsMax: 60_000,
  refusedMsMin: 5_000,
  failoverFailures: 3,
  breakerFailures: 20,
  breakerPauseMs: 300_000,
  overlapMs: 2_000,
  closeMsMax: 1_000,
  startSpacingMs: 100,
  unflushedBytesMax: 64 * MEBIBYTE,
  batchBytesMax: 4 * MEBIBYTE,
  payloadBytesMax: 32 * MEBIBYTE,
  compress: false,
};
