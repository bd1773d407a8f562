import type { Clock } from "../base/index.ts";
import { TOPICS } from "../domain/index.ts";
import type { Log } from "../log/index.ts";
import type { Books, Pipeline, VenueData } from "../pipeline/index.ts";
import type { Capture } from "./capture.ts";
import { Positions } from "./positions.ts";
import type { VisibleEnd } from "./visible-end.ts";

const SETTLE_EVERY_MS = 5;

export interface Settling {
  readonly capture: Capture;
  readonly log: Log;
  readonly visibleEnd: VisibleEnd;
  readonly pipeline: Pipeline;
  readonly books: Books | undefined;
  readonly venueData?: VenueData | undefined;
  readonly rawTopics: readonly string[];
  readonly clock: Clock;
  readonly giveUp: () => boolean;
}

/** Resolves when all that was received is in the event log, and visible to queries; or when it has to be given up. */
export async function untilSettled(settling: Settling): Promise<void> {
  const { capture, log, visibleEnd, pipeline, books, venueData, rawTopics, clock, giveUp } = settling;
  const isTaken = async (): Promise<boolean> => {
    if (capture.status().some(({ unflushedBytes }) => unflushedBytes > 0)) return false;
    const positions = Positions.of(pipeline.status().positions);
    const bookPositions = Positions.of(books?.status().positions ?? []);
    const venueDataPositions = Positions.of(venueData?.status().positions ?? []);
    return await everyPartition(log, rawTopics, ({ topic, partition, endOffset }) => {
      const ofBooks = bookPositions.get(topic, partition) ?? endOffset;
      const ofVenueData = venueDataPositions.get(topic, partition) ?? endOffset;
      return Math.min(positions.get(topic, partition) ?? 0, ofBooks, ofVenueData) >= endOffset;
    });
  };
  const isVisible = async (): Promise<boolean> =>
    await everyPartition(
      log,
      Object.values(TOPICS),
      ({ topic, partition, endOffset }) => visibleEnd(topic, partition) >= endOffset,
    );
  while (!giveUp() && (!(await isTaken()) || !(await isVisible()))) await clock.sleep(SETTLE_EVERY_MS);
}

async function everyPartition<Topic extends string>(
  log: Log,
  topics: readonly Topic[],
  holds: (end: { readonly topic: Topic; readonly partition: number; readonly endOffset: number }) => boolean,
): Promise<boolean> {
  for (const topic of topics) {
    for (const { partition, endOffset } of await log.bounds(topic))
      if (!holds({ topic, partition, endOffset })) return false;
  }
  return true;
}
