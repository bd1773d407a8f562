/** A book that is not proven until the venue sends it whole. */
export interface WantedSnapshot {
  readonly feed: string;
  readonly connection: string;
  readonly epoch: number;
  readonly rawSymbol: string;
  /** Receive time of the message that waits, microseconds. */
  readonly timeUs: number;
}
