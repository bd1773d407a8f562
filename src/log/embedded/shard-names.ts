import type { Files } from "../../base/index.ts";

/** The shard of a topic, or of a group's progress when it comes without entries. */
export type ShardOf = (topicOrGroup: string) => string;

const SHARD_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** What the feeds sent apart from what K2 made of it: the one is written by many, the other read by many. */
export const defaultShardOf: ShardOf = (topicOrGroup) => (topicOrGroup.startsWith("raw.") ? "raw" : "events");

export function isShardName(name: string): boolean {
  return SHARD_NAME.test(name) && !OTHER_NAMES.has(name);
}

/** What else lies in the log's folder. */
const OTHER_NAMES = new Set(["lock", "reserve"]);

export async function listShards(files: Files, folder: string): Promise<string[]> {
  try {
    return (await files.list(folder)).filter(isShardName).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
