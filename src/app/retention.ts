import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Log, TopicPosition } from "../log/index.ts";

export interface RetentionTaskOptions {
  readonly log: Log;
  /** What is still wanted: by the lake, by the pipeline. */
  readonly keepFrom: () => readonly TopicPosition[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const EVERY_MS = 60_000;

/** Removes what the log's retention no longer keeps, once a minute, but never what a consumer still needs. */
export async function keepRetention({ log, keepFrom, clock, logger, signal }: RetentionTaskOptions): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      const report = await log.applyRetention({ nowMs: Number(clock.nowNs() / 1_000_000n), keepFrom: keepFrom() });
      if (report.segmentsRemoved > 0) logger.info({ ...report }, "log retention");
    } catch (error) {
      logger.error({ error: describeError(error) }, "log retention failed; tried again in a minute");
    }
  }
}
