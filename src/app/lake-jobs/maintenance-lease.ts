import { hostname } from "node:os";
import { type Clock, describeError, K2Error, type Logger, type Remedy } from "../../base/index.ts";
import type { Lake, Lease } from "../../lake/index.ts";

/** Another process looks after these tables now. Nothing was done. */
export class MaintenanceBusyError extends K2Error {
  readonly code = "K2_MAINTENANCE_BUSY";
  readonly remedy: Remedy = "retry";
}

export interface MaintenanceLeaseOptions {
  readonly lake: Lake;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const LEASE = "lake-maintenance";
const DURATION_MS = 60_000;
const RENEW_EVERY_MS = 20_000;

/**
 * Runs `act` while this process alone maintains the tables of the catalog; its signal is aborted when the lease is lost.
 * The lease saves double work. What keeps tables right if two believe to have it is that every commit is validated.
 *
 * @throws {MaintenanceBusyError} while another process has it
 */
export async function withMaintenanceLease<T>(
  { lake, clock, logger, signal }: MaintenanceLeaseOptions,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { leases } = lake;
  if (leases === undefined) return act(signal); // A catalog without leases: its own service coordinates.
  const holder = `${hostname()}/${process.pid}`;
  let lease: Lease | undefined = await leases.acquire(LEASE, holder, DURATION_MS);
  if (lease === undefined) {
    const other = await leases.current(LEASE);
    throw new MaintenanceBusyError(
      `Cannot maintain the lake now: ${other?.holder ?? "another process"} is doing so. Nothing was done; try again when it has ended`,
    );
  }
  const over = new AbortController();
  const lost = new AbortController();
  const renewing = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(RENEW_EVERY_MS, { signal: over.signal }).catch(() => {});
      if (over.signal.aborted || lease === undefined) return;
      const renewed: Lease | undefined = await leases.renew(lease, DURATION_MS).catch((error: unknown) => {
        logger.warn({ error: describeError(error) }, "the maintenance lease could not be renewed");
        return lease;
      });
      lease = renewed;
      if (renewed === undefined) lost.abort(new MaintenanceBusyError("Another process has taken the maintenance over"));
    }
  })();
  try {
    return await act(AbortSignal.any([signal, lost.signal]));
  } finally {
    over.abort();
    await renewing;
    if (lease !== undefined) await leases.release(lease).catch(() => {});
  }
}
