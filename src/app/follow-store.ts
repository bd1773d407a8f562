import { type Logger, silentLogger } from "../base/index.ts";
import { type EventTopic, TOPICS } from "../domain/index.ts";
import type { Log } from "../log/index.ts";
import type { Store } from "../store/index.ts";
import type { Positions } from "./positions.ts";

export interface FollowOptions {
  readonly log: Pick<Log, "read" | "bounds">;
  readonly store: Store;
  /** What the lake has: the store starts after it, so that the two together are everything, once. */
  readonly lakePositions: Positions;
  readonly signal: AbortSignal;
  readonly logger?: Logger;
}

const CHUNK_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Feeds the store from the event log, from the lake's positions on, until aborted. Listings come from their beginning:
 * every record names one.
 *
 * @returns resolves when aborted; rejects when the log or the store fails
 */
export async function followStore(options: FollowOptions): Promise<void> {
  const partitions = await everyPartition(options);
  await Promise.all(
    partitions.map(async ({ topic, partition, offset }) => {
      try {
        for await (const chunk of options.log.read(
          { topic, partition, offset },
          { signal: options.signal, maxBytes: CHUNK_BYTES_MAX },
        )) {
          await options.store.apply(chunk, { signal: options.signal });
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
