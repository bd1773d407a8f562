import type { RetentionOptions, TopicOptions, TopicPosition } from "../log.ts";
import type { PartitionRange, Segment } from "./segment.ts";
import { partitionOfKey } from "./segment.ts";
import type { ShardIndex } from "./shard-index.ts";

export interface RetentionPlan {
  readonly remove: readonly Segment[];
  /** Where the partitions of the removed segments begin then. */
  readonly starts: readonly TopicPosition[];
}

/**
 * Which sealed segments may go: those in which no topic keeps anything. A segment is looked at by itself, so one
 * that a lasting topic needs (a few listings) does not hold back those after it.
 */
export function planRetention(index: ShardIndex, options: RetentionOptions): RetentionPlan {
  const remove: Segment[] = [];
  const starts = new Map<string, TopicPosition>();
  let shardBytes = index.byteLength;
  for (const segment of index.segments.slice(0, -1)) {
    const ranges = [...segment.ranges];
    const kept = ranges.some(([key, range]) => {
      const { topicId, partition } = partitionOfKey(key);
      const topic = index.topicById(topicId)?.options;
      if (topic === undefined || index.retained(key, range) === undefined) return false;
      return isNeeded(range, topic.topic, partition, options) || !hasExpired(range, topic, shardBytes, options.nowMs);
    });
    if (kept) continue;
    remove.push(segment);
    shardBytes -= segment.byteLength;
    for (const [key, range] of ranges) addStart(starts, index, key, range);
  }
  return { remove, starts: [...starts.values()] };
}

function hasExpired(range: PartitionRange, topic: TopicOptions, shardBytes: number, nowMs: number): boolean {
  const tooOld = topic.retentionMs !== undefined && range.lastMs < nowMs - topic.retentionMs;
  const tooMuch = topic.retentionBytes !== undefined && shardBytes > topic.retentionBytes;
  return tooOld || tooMuch;
}

function isNeeded(range: PartitionRange, topic: string, partition: number, { keepFrom }: RetentionOptions): boolean {
  return keepFrom.some((keep) => keep.topic === topic && keep.partition === partition && keep.offset < range.end);
}

function addStart(starts: Map<string, TopicPosition>, index: ShardIndex, key: number, range: PartitionRange): void {
  const { topicId, partition } = partitionOfKey(key);
  const topic = index.topicNameOf(topicId);
  if (topic === undefined || index.retained(key, range) === undefined) return;
  const name = `${topic}/${partition}`;
  const offset = Math.max(range.end, starts.get(name)?.offset ?? 0);
  starts.set(name, { topic, partition, offset });
}
