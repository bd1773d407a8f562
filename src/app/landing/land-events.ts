import { type Clock, describeError, type Logger } from "../../base/index.ts";
import {
  BARS,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  type EventTopic,
  GAPS,
  ORDERS,
  QUALITY,
  QUARANTINE,
  QUOTE_QUALITY,
  QUOTES,
  type TableDefinition,
  TOPICS,
  TRADES,
  VENUE_DATA_TABLES,
} from "../../domain/index.ts";
import type { Lake } from "../../lake/index.ts";
import type { PartitionOffset, Store } from "../../store/index.ts";
import { Positions } from "../positions.ts";
import type { TableWriter } from "./table-writer.ts";

/** The tables that land out of the store, and the topic behind each. */
export const EVENT_TABLES: readonly TableDefinition[] = [
  TRADES,
  QUOTES,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  ORDERS,
  GAPS,
  QUARANTINE,
  BARS,
  QUALITY,
  QUOTE_QUALITY,
  ...Object.values(VENUE_DATA_TABLES).map(({ definition }) => definition),
];
export const TOPIC_OF_TABLE: ReadonlyMap<TableDefinition, EventTopic> = new Map<TableDefinition, EventTopic>([
  [TRADES, TOPICS.trades],
  [BARS, TOPICS.bars],
  [GAPS, TOPICS.gaps],
  [QUARANTINE, TOPICS.quarantine],
  [QUALITY, TOPICS.quality],
  [QUOTE_QUALITY, TOPICS.quoteQuality],
  [QUOTES, TOPICS.quotes],
  [BOOK_CHANGES, TOPICS.bookChanges],
  [BOOK_SNAPSHOTS, TOPICS.bookSnapshots],
  [ORDERS, TOPICS.orders],
  ...Object.values(VENUE_DATA_TABLES).map(({ definition, topic }) => [definition, topic] as const),
]);

export interface LandEventsOptions {
  readonly lake: Lake;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly commitAgeMs: number;
  readonly firstCommitAgeMs: number;
  readonly commitRows: number;
  /** Sorted and committed at once, at most: what the store's memory has room for beside the rows themselves. */
  readonly stepRows?: number;
  readonly keep: { readonly rowsMax: number; readonly ageMs: number };
}

const LOOK_EVERY_MS = 500;
const RETRIES_MAX = 10;
const STEP_ROWS = 1_000_000;

/**
 * Moves rows from the store into the lake until aborted, and once more then: what was in the store is in the lake when this resolves.
 * A commit comes when rows are old enough or many enough; afterwards the store may forget them.
 *
 * @throws the last error when landing fails again and again; nothing is lost, the rows stay in the log
 */
export async function landEvents(options: LandEventsOptions, writers: readonly TableWriter[]): Promise<void> {
  const { clock, signal, logger } = options;
  let lastCommitMs = clock.monotonicMs() - options.commitAgeMs + options.firstCommitAgeMs;
  let failures = 0;
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => {});
    const isDue =
      clock.monotonicMs() - lastCommitMs >= options.commitAgeMs ||
      writers.some((writer) => waitingRows(options.store, writer) >= options.commitRows);
    if (!isDue || signal.aborted) continue;
    try {
      await landOnce(options, writers, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      logger.error(
        { error: describeError(error), failures },
        "landing failed; the rows stay in the log and are tried again",
      );
      if (failures >= RETRIES_MAX) throw error;
    }
    lastCommitMs = clock.monotonicMs();
  }
  await landOnce(options, writers);
}

/** Lands what the store has now and the lake has not, table by table, then lets the store forget. */
export async function landOnce(
  options: LandEventsOptions,
  writers: readonly TableWriter[],
  signal?: AbortSignal,
): Promise<void> {
  for (let hasMore = true; hasMore; ) {
    hasMore = false;
    for (const writer of writers) hasMore = (await landStep(options, writer, signal)) || hasMore;
    await evict(options, writers); // Makes room for the next step.
  }
}

/** @returns whether there is more */
async function landStep(
  { store, stepRows = STEP_ROWS }: LandEventsOptions,
  writer: TableWriter,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { definition, committed } = writer;
  const topic = TOPIC_OF_TABLE.get(definition) ?? TOPICS.trades;
  using pin = store.pin();
  const held = pin.held(definition);
  const from = committed.topic(topic);
  const waiting = held.filter(({ partition, end }) => end > (committed.get(topic, partition) ?? 0));
  if (waiting.length === 0) return false;
  const recordsMax = Math.ceil(stepRows / rowsPerRecord(store, topic) / waiting.length);
  const upTo = held.map(({ partition, start, end }) => ({
    partition,
    offset: Math.min(end, Math.max(start, committed.get(topic, partition) ?? 0) + recordsMax),
  }));
  const relation = pin.relation(definition, { from, upTo });
  const run = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
    (await store.query(sql, { lane: "long" })).rows;
  const files = relation === undefined ? [] : await writer.stage({ run, relation }, { signal });
  await writer.commit(files, Positions.of(upTo.map(({ partition, offset }) => ({ topic, partition, offset }))));
  return held.some(({ partition, end }) => end > (upTo.find((each) => each.partition === partition)?.offset ?? 0));
}

async function evict({ store, keep }: LandEventsOptions, writers: readonly TableWriter[]): Promise<void> {
  const committed = new Map<EventTopic, readonly PartitionOffset[]>();
  for (const { definition, committed: positions } of writers) {
    const topic = TOPIC_OF_TABLE.get(definition);
    if (topic !== undefined) committed.set(topic, positions.topic(topic));
  }
  await store.evict({ committed, rowsMax: keep.rowsMax, ageMsMax: keep.ageMs });
}

/** Of a table, about: a record of a book topic has as many rows as those that are held have on average. */
function waitingRows(store: Store, { definition, committed }: TableWriter): number {
  const topic = TOPIC_OF_TABLE.get(definition) ?? TOPICS.trades;
  const waiting = store
    .positions(topic)
    .reduce((sum, { partition, start, end }) => sum + end - Math.max(start, committed.get(topic, partition) ?? 0), 0);
  return waiting * rowsPerRecord(store, topic);
}

/** At least 1. */
function rowsPerRecord(store: Store, topic: EventTopic): number {
  const records = store.positions(topic).reduce((sum, { start, end }) => sum + end - start, 0);
  return records === 0 ? 1 : Math.max(1, store.rows(topic) / records);
}
