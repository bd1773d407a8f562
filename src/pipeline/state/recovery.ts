import { type Abortable, InternalError } from "../../base/index.ts";
import { decodeBars, decodeListings, decodeTrades, type Listing, TOPICS, TradeBatch } from "../../domain/index.ts";
import { ListingBook } from "../listing-book.ts";
import type { EventSink, LogRecords, PartitionBounds, TopicPosition } from "../ports.ts";
import { type Stages, type StagesOptions, StagesRestore, type StoredState } from "../stages.ts";
import { ByteReader } from "./bytes.ts";
import { decodeState, joinParts, STATE_TOPIC, type StateRecord } from "./state-records.ts";

/** Where the event log's topics end, and where the last checkpoint stands. */
export interface Recovered {
  readonly stages: Stages;
  readonly book: ListingBook;
  readonly bounds: ReadonlyMap<string, readonly PartitionBounds[]>;
  readonly checkpointOffset: number | undefined;
  readonly bytesSinceCheckpoint: number;
  /** Events from here on are needed to rebuild the state: retention must keep them. */
  readonly checkpointPositions: readonly TopicPosition[];
}

/**
 * Rebuilds the pipeline's state from the event log alone: the last checkpoint, then what was written after it.
 * Exact, because an append is all or nothing: its trades, the bars they closed or revised, and its change stand together.
 */
export async function recover(
  events: EventSink,
  options: Omit<StagesOptions, "book">,
  { signal }: Abortable = {},
): Promise<Recovered> {
  const bounds = new Map<string, readonly PartitionBounds[]>();
  for (const topic of [...Object.values(TOPICS), STATE_TOPIC]) bounds.set(topic, await events.bounds(topic));
  const reader = new Recovery(events, bounds, signal);
  const book = new ListingBook(await reader.listings());
  const state = await reader.state();
  const restore = new StagesRestore({ ...options, book }, state.checkpoint);
  for (const change of state.changes) restore.change(change); // Before the trades: it says which of them still count.
  await reader.events(restore);
  return {
    stages: restore.finish(),
    book,
    bounds,
    checkpointOffset: state.checkpointOffset,
    bytesSinceCheckpoint: reader.bytesRead,
    checkpointPositions: restore.positions,
  };
}

interface ReadState {
  readonly checkpointOffset: number | undefined;
  readonly checkpoint: StoredState | undefined;
  readonly changes: readonly StoredState[];
}

class Recovery {
  readonly #events: EventSink;
  readonly #bounds: ReadonlyMap<string, readonly PartitionBounds[]>;
  readonly #signal: AbortSignal | undefined;
  /** Of bars and trades. */
  bytesRead = 0;

  constructor(
    events: EventSink,
    bounds: ReadonlyMap<string, readonly PartitionBounds[]>,
    signal: AbortSignal | undefined,
  ) {
    this.#events = events;
    this.#bounds = bounds;
    this.#signal = signal;
  }

  async listings(): Promise<readonly Listing[]> {
    const listings: Listing[] = [];
    await this.#eachChunk(TOPICS.listings, 0, 0, ({ records }) => void listings.push(...decodeListings(records)));
    return listings;
  }

  async state(): Promise<ReadState> {
    const bounds = this.#bounds.get(STATE_TOPIC)?.[0];
    if (bounds === undefined || bounds.endOffset === 0)
      return { checkpointOffset: undefined, checkpoint: undefined, changes: [] };
    const [last] = await this.#records(bounds.endOffset - 1);
    const checkpointOffset = last?.checkpointOffset;
    const records = await this.#records(checkpointOffset ?? 0);
    const parts = records.flatMap(({ content }) => (content.kind === "part" ? [content] : []));
    return {
      checkpointOffset,
      checkpoint:
        checkpointOffset === undefined
          ? undefined
          : { version: parts[0]?.version ?? 0, bytes: new ByteReader(joinParts(parts)) },
      changes: records.flatMap(({ content }) => (content.kind === "change" ? [content] : [])),
    };
  }

  /** Bars before trades: what a bar says includes the trades of its time. */
  async events(restore: StagesRestore): Promise<void> {
    await this.#eachPartition(TOPICS.bars, restore.positions, ({ records }) => {
      for (const bar of decodeBars(records)) restore.bar(bar);
    });
    restore.endBars();
    const trades = new TradeBatch(16_384);
    await this.#eachPartition(TOPICS.trades, restore.positions, ({ records }) => {
      trades.clear();
      decodeTrades(records, trades);
      restore.trades(trades);
    });
  }

  async #records(offset: number): Promise<readonly StateRecord[]> {
    const records: StateRecord[] = [];
    await this.#eachChunk(STATE_TOPIC, 0, offset, (chunk) => void records.push(...decodeState(chunk.records)));
    return records;
  }

  async #eachPartition(
    topic: string,
    positions: readonly TopicPosition[],
    take: (chunk: LogRecords) => void,
  ): Promise<void> {
    for (const { partition } of this.#bounds.get(topic) ?? []) {
      const from = positions.find((position) => position.topic === topic && position.partition === partition);
      await this.#eachChunk(topic, partition, from?.offset ?? 0, (chunk) => {
        this.bytesRead += chunk.records.bytes.byteLength;
        take(chunk);
      });
    }
  }

  async #eachChunk(topic: string, partition: number, offset: number, take: (chunk: LogRecords) => void): Promise<void> {
    const bounds = this.#bounds.get(topic)?.find((one) => one.partition === partition);
    if (bounds === undefined || offset >= bounds.endOffset) return;
    if (offset < bounds.startOffset) {
      throw new InternalError(
        `The pipeline's state needs ${topic}/${partition} from offset ${offset}, but retention has removed all before ${bounds.startOffset}. ` +
          "Nothing was changed. Retention must keep what Pipeline.keepFrom() names",
      );
    }
    const options = { follow: false, ...(this.#signal === undefined ? {} : { signal: this.#signal }) };
    for await (const chunk of this.#events.read({ topic, partition, offset }, options)) take(chunk);
  }
}
