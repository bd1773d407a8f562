import { InvalidInputError } from "../../base/index.ts";
import { TopicUnknownError } from "../errors.ts";
import type { GroupProgress, LogEntry, TopicOptions } from "../log.ts";
import { batchBytes, entryBytes } from "./frame.ts";
import { PARTITIONS_MAX } from "./segment.ts";
import { isShardName, type ShardOf } from "./shard-names.ts";

/** One append becomes one frame, and a frame is written and checked as a whole. */
const APPEND_BYTES_MAX = 128 * 1024 * 1024;
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

export function checkTopic({ topic, partitions }: TopicOptions): void {
  if (!TOPIC_NAME.test(topic)) {
    throw new InvalidInputError(
      `Cannot make topic "${topic}": a name has 1 to 249 letters, digits, dots, dashes and underscores`,
    );
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
    throw new InvalidInputError(
      `Cannot make topic ${topic} with ${partitions} partitions: it must have 1 to ${PARTITIONS_MAX}`,
    );
  }
}

/**
 * The one shard that the append goes to.
 *
 * @throws {InvalidInputError | TopicUnknownError} when it cannot be stored as asked; nothing was done
 */
export function checkAppend(
  entries: readonly LogEntry[],
  progress: GroupProgress | undefined,
  shardOf: ShardOf,
  topicOf: (topic: string) => TopicOptions | undefined,
): string {
  const checkPartition = (topic: string, partition: number): void => {
    const known = topicOf(topic);
    if (known === undefined) throw new TopicUnknownError(topic);
    if (!(Number.isInteger(partition) && partition >= 0 && partition < known.partitions)) {
      throw new TopicUnknownError(topic, partition, known.partitions);
    }
  };
  for (const entry of entries) checkEntry(entry, checkPartition);
  const byteLength = entries.reduce((sum, { records }) => sum + entryBytes(records), 0);
  if (byteLength > APPEND_BYTES_MAX) {
    throw new InvalidInputError(
      `Cannot append ${byteLength} bytes at once: ${APPEND_BYTES_MAX} is the most. Nothing was appended; split it`,
    );
  }
  for (const { topic, partition, offset } of progress?.positions ?? []) {
    checkPartition(topic, partition);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new InvalidInputError(
        `Cannot keep progress of group ${progress?.group}: ${offset} is no offset of ${topic}/${partition}`,
      );
    }
  }
  return oneShard(entries, progress, shardOf);
}

function checkEntry(
  { topic, partition, records }: LogEntry,
  checkPartition: (topic: string, partition: number) => void,
): void {
  checkPartition(topic, partition);
  const { count, ends, bytes } = records;
  if (count > ends.length || batchBytes(records) > bytes.byteLength) {
    throw new InvalidInputError(
      `Cannot append to ${topic}/${partition}: the batch says ${count} records of ${batchBytes(records)} bytes, and holds ` +
        `${ends.length} ends and ${bytes.byteLength} bytes. Nothing was appended`,
    );
  }
}

function oneShard(entries: readonly LogEntry[], progress: GroupProgress | undefined, shardOf: ShardOf): string {
  const shards = new Set(entries.map(({ topic }) => shardOf(topic)));
  if (entries.length === 0) shards.add(shardOf(progress?.group ?? ""));
  const [shard = ""] = shards;
  if (shards.size > 1) {
    throw new InvalidInputError(
      `Cannot append to shards ${[...shards].join(" and ")} at once: an append is atomic within one shard. ` +
        "Nothing was appended; append to each by itself, or have shardOf() put these topics into one",
    );
  }
  if (!isShardName(shard)) {
    throw new InvalidInputError(
      `Cannot append to shard "${shard}": a name has up to 63 small letters, digits and dashes`,
    );
  }
  return shard;
}
