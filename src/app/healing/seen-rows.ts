import type { Clock } from "../../base/index.ts";
import { rawTopic, TOPICS } from "../../domain/index.ts";
import type { Log } from "../../log/index.ts";
import type { Pipeline } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import type { VisibleEnd } from "../visible-end.ts";

/** Trades that are here, as questions see them. */
export interface SeenRows {
  trades: QueryEngine["trades"];
  /** Resolves when questions see the trades of all that the raw log of a feed holds now. @throws the signal's reason */
  untilTaken(feed: string, signal: AbortSignal): Promise<void>;
}

const LOOK_EVERY_MS = 10;

export function seenRows(parts: {
  readonly query: Pick<QueryEngine, "trades">;
  readonly log: Pick<Log, "bounds">;
  readonly pipeline: Pick<Pipeline, "status">;
  readonly visibleEnd: VisibleEnd;
  readonly clock: Clock;
}): SeenRows {
  const { query, log, pipeline, visibleEnd, clock } = parts;
  /** Until what is `taken` of each partition has come to where the topic ends now. */
  const untilAt = async (topic: string, taken: (partition: number) => number, signal: AbortSignal): Promise<void> => {
    for (const { partition, endOffset } of await log.bounds(topic)) {
      while (taken(partition) < endOffset) await clock.sleep(LOOK_EVERY_MS, { signal });
    }
  };
  return {
    trades: (request, options) => query.trades(request, options),
    async untilTaken(feed, signal) {
      const raw = rawTopic(feed);
      const offsetOf = (partition: number): number =>
        pipeline.status().positions.find((at) => at.topic === raw && at.partition === partition)?.offset ?? 0;
      await untilAt(raw, offsetOf, signal);
      await untilAt(TOPICS.trades, (partition) => visibleEnd(TOPICS.trades, partition), signal);
    },
  };
}
