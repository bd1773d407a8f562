import { type RecordBatch, RecordBatchBuilder } from "../base/index.ts";
import {
  appendTradeRecord,
  type Bar,
  encodeBars,
  encodeGaps,
  encodeListings,
  encodeQuality,
  encodeRefusals,
  type Gap,
  type Listing,
  type Listings,
  type QualityMinute,
  type Refusal,
  TOPICS,
  TRADES_PARTITION,
  type TradeBatch,
} from "../domain/index.ts";
import { partitionOf } from "./partition-of.ts";

export interface EventEntry {
  readonly topic: string;
  readonly partition: number;
  readonly records: RecordBatch;
}

export interface TransactionEvents {
  readonly listings: readonly Listing[];
  readonly trades: TradeBatch;
  readonly bars: readonly Bar[];
  readonly minutes: readonly QualityMinute[];
  readonly gaps: readonly Gap[];
  readonly refusals: readonly Refusal[];
}

/** Where each trade of a transaction stands in the event log, by row. */
export interface TradePositions {
  readonly partition: Uint16Array;
  readonly offset: Float64Array;
}

/** A builder keeps the room that fewer take. */
const ROOM_ROWS_MIN = 4_096;
/** Of a trade whose id is a number. */
const TRADE_RECORD_BYTES = 80;

/** How many partitions each event topic has. */
export type PartitionCounts = Readonly<Record<string, number>>;

/** Events → records, each in the partition of its listing; gaps and refusals in that of this writer. */
export class EventEncoder {
  readonly #counts: PartitionCounts;
  readonly #listings: Listings;
  readonly #tradePartitions: number[] = [];
  readonly #barPartitions: number[] = [];
  /** Kept from one transaction to the next, as large as they were needed. */
  readonly #builders: RecordBatchBuilder[] = [];

  constructor(counts: PartitionCounts, listings: Listings) {
    this.#counts = counts;
    this.#listings = listings;
  }

  /** Listings come first: no record stands in the log before the listing that it names. */
  encode(events: TransactionEvents, nextOffsets: (topic: string, partition: number) => number): EncodedEvents {
    const positions: TradePositions = {
      partition: new Uint16Array(events.trades.length),
      offset: new Float64Array(events.trades.length),
    };
    const entries: EventEntry[] = [];
    if (events.listings.length > 0) {
      entries.push({ topic: TOPICS.listings, partition: 0, records: encodeListings(events.listings) });
    }
    entries.push(...this.#encodeTrades(events.trades, positions, nextOffsets));
    entries.push(
      ...grouped(TOPICS.bars, events.bars, (bar) => this.#barPartition(bar.listing), encodeBars),
      ...grouped(TOPICS.quality, events.minutes, () => TRADES_PARTITION, encodeQuality),
      ...grouped(TOPICS.gaps, events.gaps, () => TRADES_PARTITION, encodeGaps),
      ...grouped(TOPICS.quarantine, events.refusals, () => TRADES_PARTITION, encodeRefusals),
    );
    return { entries, positions };
  }

  #encodeTrades(
    trades: TradeBatch,
    positions: TradePositions,
    nextOffsets: (topic: string, partition: number) => number,
  ): EventEntry[] {
    const next: number[] = [];
    this.#makeRoom(trades);
    for (let row = 0; row < trades.length; row += 1) {
      const partition = this.#tradePartition(trades.listing[row] ?? 0);
      const builder = this.#builders[partition] ?? this.#openBuilder(partition);
      const first = next[partition] ?? nextOffsets(TOPICS.trades, partition);
      next[partition] = first;
      positions.partition[row] = partition;
      positions.offset[row] = first + builder.count;
      appendTradeRecord(trades, row, builder);
    }
    return this.#builders.flatMap((builder, partition) =>
      builder.count === 0 ? [] : [{ topic: TOPICS.trades, partition, records: builder.take() }],
    );
  }

  /** What many trades take is known beforehand: a builder that grows step by step would take three times as much. */
  #makeRoom(trades: TradeBatch): void {
    if (trades.length < ROOM_ROWS_MIN) return;
    const rows = new Uint32Array(this.#count(TOPICS.trades));
    for (let row = 0; row < trades.length; row += 1) {
      const partition = this.#tradePartition(trades.listing[row] ?? 0);
      rows[partition] = (rows[partition] ?? 0) + 1;
    }
    for (const [partition, count] of rows.entries())
      if (count > 0) (this.#builders[partition] ?? this.#openBuilder(partition)).reserve(count * TRADE_RECORD_BYTES);
  }

  #openBuilder(partition: number): RecordBatchBuilder {
    const builder = new RecordBatchBuilder();
    this.#builders[partition] = builder;
    return builder;
  }

  #tradePartition(listing: number): number {
    const known = this.#tradePartitions[listing];
    if (known !== undefined) return known;
    const partition = this.#partitionOfListing(listing, TOPICS.trades);
    this.#tradePartitions[listing] = partition;
    return partition;
  }

  #barPartition(listing: number): number {
    const known = this.#barPartitions[listing];
    if (known !== undefined) return known;
    const partition = this.#partitionOfListing(listing, TOPICS.bars);
    this.#barPartitions[listing] = partition;
    return partition;
  }

  #partitionOfListing(index: number, topic: string): number {
    const { venue, rawSymbol } = this.#listings.at(index);
    return partitionOf(`${venue}|${rawSymbol}`, this.#count(topic));
  }

  #count(topic: string): number {
    return this.#counts[topic] ?? 1;
  }
}

export interface EncodedEvents {
  readonly entries: readonly EventEntry[];
  readonly positions: TradePositions;
}

function grouped<Event>(
  topic: string,
  events: readonly Event[],
  partitionFor: (event: Event) => number,
  encode: (events: readonly Event[]) => RecordBatch,
): readonly EventEntry[] {
  if (events.length === 0) return [];
  const byPartition = new Map<number, Event[]>();
  for (const event of events) {
    const partition = partitionFor(event);
    const group = byPartition.get(partition);
    if (group === undefined) byPartition.set(partition, [event]);
    else group.push(event);
  }
  return [...byPartition]
    .sort(([a], [b]) => a - b)
    .map(([partition, group]) => ({ topic, partition, records: encode(group) }));
}
