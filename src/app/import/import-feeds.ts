import { type FrameDecoder, feedOfTopic } from "../../domain/index.ts";
import { createTableDecoder, importFormat, MAPPED_FORMAT } from "../../imports/index.ts";
import type { LogReader } from "../../log/index.ts";

const PREFIX = "import-";

/** The name under which the pieces of files of a format are in the raw log and in bronze. */
export function importFeed(format: string): string {
  return PREFIX + format;
}

/** Whether a feed's frames are pieces of files. */
export function isImportFeed(feed: string): boolean {
  return feed.startsWith(PREFIX);
}

/** @throws {InvalidInputError} when this K2 has no such format */
export function importDecoder(feed: string): FrameDecoder {
  const format = feed.slice(PREFIX.length);
  return createTableDecoder(format === MAPPED_FORMAT ? { id: MAPPED_FORMAT } : importFormat(format));
}

/** The raw topics of all imports so far. */
export async function importTopics(log: Pick<LogReader, "topics">): Promise<readonly string[]> {
  const topics = (await log.topics()).map(({ topic }) => topic);
  return topics.filter((topic) => isImportFeed(feedOfTopic(topic) ?? ""));
}
