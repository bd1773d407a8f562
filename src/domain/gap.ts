/** An interval in which the record of a feed's connection may be incomplete. One row a change: opened, then closed. */
export interface Gap {
  /** Same for the opening and the closing row; made of connection and epoch, never random. */
  readonly gapId: string;
  readonly venue: string;
  readonly feed: string;
  readonly connection: string;
  /** The epoch that ended. */
  readonly epoch: number;
  readonly rawSymbols: readonly string[];
  readonly cause: "disconnect" | "stale" | "error" | "crash" | "shutdown";
  readonly state: "open" | "closed";
  /** Receive clock, microseconds: the last frame before, and the first after (undefined while open). */
  readonly fromUs: number;
  readonly toUs: number | undefined;
  readonly detail: string;
  /** What closed it: "reconnected" for now; backfill resolutions come with healing. */
  readonly resolution: string | undefined;
  readonly source: number;
}
