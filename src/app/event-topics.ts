import { BOOKS_PARTITION, TOPICS, VENUE_DATA_PARTITION, VENUE_DATA_TABLES } from "../domain/index.ts";
import type { Log } from "../log/index.ts";

export interface EventTopicOptions {
  /** Of market.trades. */
  readonly partitions: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/** Makes the event topics. Listings are kept for ever: every other record names one. */
export async function ensureEventTopics(log: Log, { partitions, ...retention }: EventTopicOptions): Promise<void> {
  await log.ensureTopic({ topic: TOPICS.listings, partitions: 1 });
  await log.ensureTopic({ topic: TOPICS.trades, partitions, ...retention });
  for (const topic of [
    TOPICS.bars,
    TOPICS.quotes,
    TOPICS.bookChanges,
    TOPICS.bookSnapshots,
    TOPICS.orders,
    TOPICS.quality,
    TOPICS.quoteQuality,
  ])
    await log.ensureTopic({ topic, partitions: 1, ...retention });
  for (const { topic } of Object.values(VENUE_DATA_TABLES))
    await log.ensureTopic({ topic, partitions: 1, ...retention });
  await log.ensureTopic({ topic: TOPICS.gaps, partitions: BOOKS_PARTITION + 1, ...retention });
  await log.ensureTopic({ topic: TOPICS.quarantine, partitions: VENUE_DATA_PARTITION + 1, ...retention });
}
