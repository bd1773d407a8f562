import { silentLogger, systemClock } from "../base/index.ts";
import { TABLES } from "../domain/index.ts";
import { openLogReader } from "../log/index.ts";
import { PIPELINE_GROUP } from "../pipeline/index.ts";
import type { Config } from "./config.ts";
import { existingDataFolder } from "./data-folder.ts";
import { lakePositions, openLakeTables } from "./lake-tables.ts";
import { Positions } from "./positions.ts";

export interface TopicRow {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Undefined where the pipeline, or the lake, does not read the topic. */
  readonly pipelineOffset: number | undefined;
  readonly lakeOffset: number | undefined;
}

/** Every partition of the log, and how far its consumers have come. */
export async function describeTopics(config: Config): Promise<readonly TopicRow[]> {
  const folder = existingDataFolder(config);
  await using log = await openLogReader({ folder: folder.log });
  await using lake = await openLakeTables({ folder, clock: systemClock, logger: silentLogger });
  const pipeline = Positions.of(await log.progress(PIPELINE_GROUP));
  const landed = await lakePositions(lake, TABLES);
  return (await log.topics()).flatMap(({ topic, bounds }) =>
    bounds.map(({ partition, startOffset, endOffset }) => ({
      topic,
      partition,
      startOffset,
      endOffset,
      pipelineOffset: pipeline.get(topic, partition),
      lakeOffset: landed.get(topic, partition),
    })),
  );
}
