import { type Abortable, recordAt } from "../base/index.ts";
import { type Frame, FrameRecord, feedOfTopic } from "../domain/index.ts";
import { type LogReader, openLogReader } from "../log/index.ts";
import { writeCapture } from "../venue-server/index.ts";
import type { Config } from "./config.ts";
import { existingDataFolder } from "./data-folder.ts";

export interface RecordOptions extends Abortable {
  /** Made new; compressed when it ends in ".gz". */
  readonly path: string;
  /** Feeds to record; empty for all. */
  readonly feeds: readonly string[];
  /** Our clock, microseconds: inclusive and exclusive. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
}

export interface RecordReport {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * Writes what the raw log holds to a capture file, byte for byte: feed by feed, each in the log's order.
 *
 * @returns how many frames it has; `k2 replay` plays it
 */
export async function recordFrames(config: Config, options: RecordOptions): Promise<RecordReport> {
  await using log = await openLogReader({ folder: existingDataFolder(config).log });
  let frames = 0;
  const counted = async function* (): AsyncGenerator<Frame> {
    for await (const frame of rawFrames(log, options)) {
      frames += 1;
      yield frame;
    }
  };
  const bytes = await writeCapture({ path: options.path, frames: counted(), signal: options.signal });
  return { frames, bytes };
}

/** The raw log's frames as they are now, topic by topic and partition by partition. */
export async function* rawFrames(
  log: Pick<LogReader, "topics" | "read">,
  { feeds, startUs = 0, endUs = Number.POSITIVE_INFINITY, signal }: Omit<RecordOptions, "path">,
): AsyncGenerator<Frame> {
  for (const { topic, bounds } of await log.topics()) {
    const feed = feedOfTopic(topic);
    if (feed === undefined || (feeds.length > 0 && !feeds.includes(feed))) continue;
    for (const { partition, startOffset: offset } of bounds) {
      for await (const { records } of log.read({ topic, partition, offset }, { follow: false, signal })) {
        for (let index = 0; index < records.count; index += 1) {
          const record = new FrameRecord(recordAt(records, index));
          if (record.timeUs >= startUs && record.timeUs < endUs) yield record.frame();
        }
      }
    }
  }
}
