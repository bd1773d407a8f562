import { type Abortable, recordAt } from "../../base/index.ts";
import {
  decodeVenueData,
  FrameRecord,
  feedOfTopic,
  TOPICS,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataRow,
} from "../../domain/index.ts";
import type { LogRecords } from "../ports.ts";
import { VenueDataOutput } from "./venue-data-output.ts";
import { VenueDataPartition } from "./venue-data-partition.ts";
import type { VenueDataRules } from "./venue-data-rules.ts";

export interface DeriveVenueDataOptions extends Abortable, DerivedVenueData {
  readonly rules: VenueDataRules;
}

interface DerivedVenueData {
  /** Gets the rows that the frames give, piece by piece. */
  readonly onRows: (kind: VenueDataKind, rows: readonly VenueDataRow[]) => void;
  /** Gets how many records of a feed were refused. */
  readonly onRefused: (feed: string, count: number) => void;
}

const KINDS: ReadonlyMap<string, VenueDataKind> = new Map(
  Object.values(VENUE_DATA_TABLES).map(({ topic, kind }) => [topic, kind]),
);

/** Derives from raw frames alone what the tables of venue data must hold, without a log. */
export async function deriveVenueData(
  frames: AsyncIterable<LogRecords>,
  { rules, signal, ...to }: DeriveVenueDataOptions,
): Promise<void> {
  const partitions = new Map<string, VenueDataPartition>();
  const output = new VenueDataOutput();
  for await (const { topic, partition, firstOffset, records } of frames) {
    signal?.throwIfAborted();
    const key = `${topic}/${partition}`;
    const feed = feedOfTopic(topic) ?? topic;
    const reading = partitions.get(key) ?? new VenueDataPartition({ feed, partition, rules });
    partitions.set(key, reading);
    for (let index = 0; index < records.count; index += 1) {
      reading.take(new FrameRecord(recordAt(records, index)), firstOffset + index, output);
      hand(output, feed, to);
    }
  }
}

/** What one frame gave. */
function hand(output: VenueDataOutput, feed: string, { onRows, onRefused }: DerivedVenueData): void {
  for (const { topic, records } of output.takeEntries()) {
    const kind = KINDS.get(topic);
    if (kind !== undefined) onRows(kind, decodeVenueData(kind, records));
    else if (topic === TOPICS.quarantine) onRefused(feed, records.count);
  }
  output.clear();
}
