import { type Clock, type Logger, silentLogger, systemClock } from "../base/index.ts";
import { type EventTopic, TOPICS } from "../domain/index.ts";
import type { Log } from "../log/index.ts";
import type { Store } from "../store/index.ts";
import { Beat } from "./beat.ts";
import type { Positions } from "./positions.ts";

export interface FollowOptions {
  readonly log: Pick<Log, "read" | "bounds">;
  readonly store: Store;
  /** What the lake has: the store starts after it, so that the two together are everything, once. */
  readonly lakePositions: Positions;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const CHUNK_BYTES_MAX = 2 * 1024 * 1024;
/** A larger chunk is not the last word of the log: there is more to catch up with. */
const PACED_BYTES_MAX = CHUNK_BYTES_MAX / 4;
/** Making rows visible costs the store about a millisecond, however few they are. */
const PAUSE_MS = { pauseMsMin: 4, pauseMsMax: 20 };

/**
 * Feeds the store from the event log, from the lake's positions on, until aborted. Listings come from their beginning:
 * every record names one.
 *
 * @returns resolves when aborted; rejects when the log or the store fails
 */
export async function followStore(options: FollowOptions): Promise<void> {
  const { log, store, signal, clock = systemClock } = options;
  const partitions = await everyPartition(options);
  const beat = new Beat({ clock, ...PAUSE_MS });
  await Promise.all(
    partitions.map(async (start) => {
      try {
        for await (const chunk of log.read(start, { signal, maxBytes: CHUNK_BYTES_MAX })) {
          const startMs = clock.monotonicMs();
          await store.apply(chunk, { signal });
          if (chunk.records.bytes.byteLength > PACED_BYTES_MAX) continue;
          await beat.next(clock.monotonicMs() - startMs, { signal });
        }
      } catch (error) {
        if (!options.signal.aborted) throw error;
      }
    }),
  );
}

/** Fills the store up to the present end of the log, and returns. */
export async function fillStore(options: FollowOptions): Promise<void> {
  for (const { topic, partition, offset } of await everyPartition(options)) {
    for await (const chunk of options.log.read(
      { topic, partition, offset },
      { follow: false, signal: options.signal, maxBytes: CHUNK_BYTES_MAX },
    )) {
      await options.store.apply(chunk, { signal: options.signal });
    }
  }
}

interface Start {
  readonly topic: EventTopic;
  readonly partition: number;
  readonly offset: number;
}

async function everyPartition({ log, lakePositions, logger = silentLogger }: FollowOptions): Promise<readonly Start[]> {
  const starts: Start[] = [];
  for (const topic of Object.values(TOPICS)) {
    for (const { partition, startOffset } of await log.bounds(topic)) {
      const offset =
        topic === TOPICS.listings ? startOffset : Math.max(startOffset, lakePositions.get(topic, partition) ?? 0);
      starts.push({ topic, partition, offset });
    }
  }
  logger.debug({ starts }, "store follows the event log");
  return starts;
}
