/** Where a frame came from and where it stands: what every event of it says. */
export interface BookPlace {
  readonly feed: string;
  readonly venue: string;
  readonly connection: string;
  readonly epoch: number;
  readonly receiveTimeUs: number;
  readonly receiveTimeNanos: number;
  /** Index into SOURCES. */
  readonly source: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
}
