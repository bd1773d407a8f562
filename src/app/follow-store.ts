import { type Clock, type Logger, silentLogger, systemClock } from "../base/index.ts";
import { type EventTopic, TOPICS } from "../domain/index.ts";
import type { Log } from "../log/index.ts";
import type { Store } from "../store/index.ts";
import { Beat } from "./beat.ts";
import type { Positions } from "./positions.ts";

export interface FollowOptions {
  readonly log: Pick<Log, "read" | "bounds" | "topics">;
  readonly store: Store;
  /** What the lake has: an empty store starts after it, so that the two together are everything, once. */
  readonly lakePositions: Positions;
  readonly signal: AbortSignal;
  /** Chunks of a partition that may be on their way to the store; default 1. */
  readonly chunksAheadMax?: number;
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
  const { log, store, signal, chunksAheadMax = 1, clock = systemClock } = options;
  const partitions = await everyPartition(options);
  const beat = new Beat({ clock, ...PAUSE_MS });
  await Promise.all(
    partitions.map(async (start) => {
      const failing = new AbortController();
      const ended = AbortSignal.any([signal, failing.signal]);
      const applying: Promise<void>[] = [];
      try {
        for await (const chunk of log.read(start, { signal: ended, maxBytes: CHUNK_BYTES_MAX })) {
          const startMs = clock.monotonicMs();
          const applied = store.apply(chunk, { signal });
          applied.catch((error: unknown) => failing.abort(error)); // Nothing else may come to wait for it.
          applying.push(applied);
          if (applying.length >= chunksAheadMax) await applying.shift();
          if (chunk.records.bytes.byteLength > PACED_BYTES_MAX || chunksAheadMax > 1) continue;
          await beat.next(clock.monotonicMs() - startMs, { signal });
        }
      } catch (error) {
        if (!options.signal.aborted) throw error;
      }
    }),
  );
}

/**
 * Fills the store up to the end that the log has now, and returns. All ends are taken first, and listings are read before
 * all else: where the log goes on growing meanwhile, no row is read whose listing is not, which would wait for it for ever.
 */
export async function fillStore(options: FollowOptions): Promise<void> {
  const { log, store, signal } = options;
  for (const { topic, partition, offset, endOffset } of await everyPartition(options)) {
    const end = topic === TOPICS.listings ? Number.POSITIVE_INFINITY : endOffset;
    if (offset >= end) continue;
    const read = { follow: false, signal, maxBytes: CHUNK_BYTES_MAX };
    for await (const chunk of log.read({ topic, partition, offset }, read)) {
      const count = Math.min(chunk.records.count, end - chunk.firstOffset);
      await store.apply({ ...chunk, records: { ...chunk.records, count } }, { signal });
      if (chunk.firstOffset + count >= end) break;
    }
  }
}

interface Start {
  readonly topic: EventTopic;
  readonly partition: number;
  readonly offset: number;
  readonly endOffset: number;
}

/** Where the store goes on: after what it holds, or where it holds nothing, after what the lake has. */
async function everyPartition(options: FollowOptions): Promise<readonly Start[]> {
  const { log, store, lakePositions, logger = silentLogger } = options;
  const starts: Start[] = [];
  // A log that an older K2 wrote may lack some, where it is only read.
  const known = new Set((await log.topics()).map(({ topic }) => topic));
  for (const topic of Object.values(TOPICS).filter((each) => known.has(each))) {
    const held = new Map(store.positions(topic).map(({ partition, end }) => [partition, end]));
    for (const { partition, startOffset, endOffset } of await log.bounds(topic)) {
      const landed = topic === TOPICS.listings ? 0 : (lakePositions.get(topic, partition) ?? 0);
      starts.push({ topic, partition, offset: Math.max(startOffset, held.get(partition) ?? landed), endOffset });
    }
  }
  logger.debug({ starts }, "store follows the event log");
  return starts;
}
