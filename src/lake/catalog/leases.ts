/** The right to do something alone for a while. A higher epoch has replaced a lower one for good. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Rises by one with every change of hands, and is never used twice. */
  readonly epoch: number;
  /** Milliseconds since the epoch, on the catalog's clock. */
  readonly untilMs: number;
}

/**
 * Leases of a catalog: who may write or maintain what. They expire by the clocks of those who ask, so clocks that
 * differ may let two holders believe in one lease; what counts is the epoch, which one of them has outgrown.
 */
export interface Leases {
  /**
   * Takes the lease where it is free, has expired, or is the holder's own from before (it then has a new epoch).
   *
   * @returns undefined while another holds it
   */
  acquire(name: string, holder: string, durationMs: number): Promise<Lease | undefined>;
  /** Prolongs a lease that nobody has taken over since. @returns undefined where it is lost */
  renew(lease: Lease, durationMs: number): Promise<Lease | undefined>;
  /** Gives it up early; nothing happens where it is lost already. */
  release(lease: Lease): Promise<void>;
  /** Who holds it; undefined where nobody does. */
  current(name: string): Promise<Lease | undefined>;
}
