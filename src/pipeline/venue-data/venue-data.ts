import type { Abortable, Clock, Logger, Metrics, Random } from "../../base/index.ts";
import type { EventSink, RawSource, TopicPosition } from "../ports.ts";
import { SideStage } from "../side/side-stage.ts";
import { VenueDataMetrics } from "./venue-data-metrics.ts";
import { VenueDataOutput } from "./venue-data-output.ts";
import { VenueDataPartition } from "./venue-data-partition.ts";
import type { VenueDataRules } from "./venue-data-rules.ts";

/** Name of the consumer group under which the progress of venue data on the raw topics is committed. */
export const VENUE_DATA_GROUP = "venue-data";
/** Checkpoints of what was said last. */
export const VENUE_DATA_STATE_TOPIC = "venue-data.state";
/** Of a feed whose frames are nearly all trades: their progress is worth no write of its own. */
const IDLE_FRAMES_MAX = 16_384;

export interface VenueDataOptions {
  readonly raw: RawSource;
  /** Its event topics exist; market.quarantine has the partition VENUE_DATA_PARTITION. */
  readonly events: EventSink;
  readonly rules: VenueDataRules;
  /** Raw topics of the feeds whose channels are read. */
  readonly rawTopics: readonly string[];
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  readonly framesMax?: number | undefined;
  /** Frame bytes between checkpoints, at least. */
  readonly checkpointBytes?: number | undefined;
  readonly idleFramesMax?: number | undefined;
}

/**
 * Raw log → tickers, candles, funding, liquidations and status, exactly once, beside the pipeline of trades: with its own
 * progress, so that neither waits for the other.
 */
export interface VenueData {
  /** As Pipeline.run. */
  run(options?: Abortable & { readonly follow?: boolean }): Promise<void>;
  status(): {
    /** Up to where (exclusive) each raw partition was taken in: what it gave is durable. */
    readonly positions: readonly TopicPosition[];
    /** Why the last append must be tried again; undefined while all is well. */
    readonly stalled: string | undefined;
  };
  /** What retention must keep for the next start: frames since the last checkpoint, and the checkpoint. */
  keepFrom(): readonly TopicPosition[];
}

/** Reads the last checkpoint. Makes `venue-data.state` if it is not there. */
export async function openVenueData(options: VenueDataOptions, { signal }: Abortable = {}): Promise<VenueData> {
  const { rules, metrics: registry, idleFramesMax = IDLE_FRAMES_MAX, ...others } = options;
  const metrics = new VenueDataMetrics(registry);
  const stage = await SideStage.open<VenueDataPartition, VenueDataOutput>(
    {
      ...others,
      idleFramesMax,
      name: "venue-data",
      group: VENUE_DATA_GROUP,
      stateTopic: VENUE_DATA_STATE_TOPIC,
      open: (feed, partition) => new VenueDataPartition({ feed, partition, rules }),
      output: new VenueDataOutput(),
      onDurable: (output, latencyMs) => metrics.durable(output, latencyMs),
    },
    { signal },
  );
  return {
    run: (running) => stage.run(running),
    status: () => ({ positions: stage.positions(), stalled: stage.stalled }),
    keepFrom: () => stage.keepFrom(),
  };
}
