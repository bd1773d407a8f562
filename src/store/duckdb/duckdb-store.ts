import { join } from "node:path";
import {
  type Abortable,
  abortable,
  type Clock,
  describeError,
  InvalidInputError,
  type Logger,
  type Metrics,
  recordStart,
} from "../../base/index.ts";
import {
  decodeListings,
  type EventTopic,
  type Listing,
  Listings,
  type TableDefinition,
  TOPICS,
} from "../../domain/index.ts";
import { OffsetHoleError, StoreClosedError, StoreFailedError } from "../errors.ts";
import type {
  EvictionPolicy,
  EvictionReport,
  OffsetRange,
  QueryOptions,
  RelationFilter,
  SqlTable,
  Store,
  StoreChunk,
  StorePin,
  StoreSession,
} from "../store.ts";
import { LAYOUTS } from "./layout.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";
import { relationSql } from "./relation.ts";
import { Segment, type SegmentView, TableLease } from "./segment.ts";
import { Semaphore } from "./semaphore.ts";
import { StoreMetrics } from "./store-metrics.ts";
import { TopicState } from "./topic-state.ts";
import { WorkerClient } from "./worker-client.ts";

export interface DuckdbStoreOptions {
  /** DuckDB may spill into its folder `spill`, which is this store's alone and emptied at every start. */
  readonly folder: string;
  /** What DuckDB may use. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** A segment ends after so many rows, record bytes, or this time: eviction drops whole segments. */
  readonly segmentRowsMax: number;
  readonly segmentBytesMax: number;
  readonly segmentAgeMsMax: number;
  /** Large groups of rows, and no sorting of full segments. */
  readonly isBulk: boolean;
  /** apply() waits while the store holds this much, until eviction has made room. */
  readonly heldRowsMax: number;
  readonly heldBytesMax: number;
  /** Chunks under way to the worker at once. */
  readonly inFlightMax: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** The store on DuckDB, in memory and compressed, in a worker thread. */
export class DuckdbStore implements Store {
  readonly #options: DuckdbStoreOptions;
  readonly #worker: WorkerClient;
  readonly #topics = new Map<string, TopicState>(LAYOUTS.map((layout) => [layout.topic, new TopicState(layout)]));
  readonly #listings = new Listings();
  readonly #inFlight: Semaphore;
  readonly #gates = new Map<string, Semaphore>();
  readonly #metrics: StoreMetrics;
  #room = Promise.withResolvers<void>();
  #lastNumber = 0;
  #failed: StoreFailedError | undefined;
  #closed = false;

  constructor(options: DuckdbStoreOptions) {
    this.#options = options;
    const { memoryBytes, threads, isBulk, folder } = options;
    this.#worker = new WorkerClient({ memoryBytes, threads, isBulk, spillFolder: join(folder, "spill") });
    this.#inFlight = new Semaphore(options.inFlightMax);
    this.#metrics = new StoreMetrics(options.metrics, [...this.#topics.values()]);
  }

  async apply(chunk: StoreChunk, { signal }: Abortable = {}): Promise<void> {
    this.#assertUsable();
    signal?.throwIfAborted();
    if (chunk.topic === TOPICS.listings) return await this.#applyListings(chunk);
    const topic = this.#topics.get(chunk.topic);
    if (topic === undefined) {
      throw new InvalidInputError(
        `The store keeps no topic ${JSON.stringify(chunk.topic)}; it keeps ${[TOPICS.listings, ...this.#topics.keys()].join(", ")}`,
      );
    }
    const { shown } = await this.#submit(topic, chunk, signal);
    await abortable(shown, signal); // Rows whose listing never comes are never shown.
  }

  positions(topic: EventTopic): readonly OffsetRange[] {
    if (topic === TOPICS.listings) return [{ partition: 0, start: 0, end: this.#listings.count }];
    return this.#topics.get(topic)?.positions() ?? [];
  }

  rows(topic: EventTopic): number {
    return this.#topics.get(topic)?.rows ?? 0;
  }

  listings(): readonly Listing[] {
    return this.#listings.all();
  }

  pin(): StorePin {
    this.#assertUsable();
    const pinned = [...this.#topics.values()].map((topic) => ({
      layout: topic.layout,
      held: topic.positions(),
      segments: topic.segments.map((segment) => segment.view()),
    }));
    const views = pinned.flatMap(({ segments }) => segments);
    for (const { table } of views) table.hold();
    const find = (table: TableDefinition) => pinned.find(({ layout }) => layout.definition === table);
    return {
      held: (table) => find(table)?.held ?? [],
      times: (table) => timesOf(find(table)?.segments ?? []),
      relation: (table: TableDefinition, filter: RelationFilter = {}) => {
        const found = find(table);
        return found === undefined ? undefined : relationSql(found.layout, found.segments, filter);
      },
      [Symbol.dispose]: releaseOnce(views),
    };
  }

  async evict({ committed, rowsMax, ageMsMax }: EvictionPolicy): Promise<EvictionReport> {
    this.#assertUsable();
    let [segmentsDropped, rowsDropped] = [0, 0];
    const nowMs = this.#options.clock.monotonicMs();
    for (const topic of this.#topics.values()) {
      const offsets = committed.get(topic.topic) ?? [];
      const rowsLimit = rowsMax * (KEPT_SHARES.get(topic.topic) ?? Number.POSITIVE_INFINITY);
      for (let oldest = topic.segments[0]; oldest !== undefined; oldest = topic.segments[0]) {
        const unwanted = this.#full || topic.rows > rowsLimit || nowMs - oldest.lastAppendedMs > ageMsMax;
        if (!unwanted || !oldest.settled || oldest.rows === 0 || !oldest.within(offsets)) break;
        oldest.open = false;
        segmentsDropped += 1;
        rowsDropped += oldest.rows;
        topic.dropOldest();
      }
    }
    if (segmentsDropped > 0) {
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    }
    return { segmentsDropped, rowsDropped };
  }

  async query(sql: string, options: QueryOptions = {}): Promise<SqlTable> {
    return await this.#run(sql, options, undefined);
  }

  async session({ signal }: Abortable = {}): Promise<StoreSession> {
    this.#assertUsable();
    signal?.throwIfAborted();
    const session = `session_${this.#nextNumber()}`;
    await this.#worker.send({ kind: "openSession", session });
    return {
      query: (sql, options = {}) => this.#run(sql, options, session),
      [Symbol.asyncDispose]: async () => {
        if (!this.#closed) await this.#worker.send({ kind: "closeSession", session });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const topic of this.#topics.values()) topic.fail(new StoreClosedError());
    this.#room.resolve();
    await this.#worker[Symbol.asyncDispose]();
  }

  async #run(sql: string, options: QueryOptions, session: string | undefined): Promise<SqlTable> {
    if (this.#closed) throw new StoreClosedError();
    const { parameters = [], rowsMax, lane = "reader", signal } = options;
    const answer = await this.#worker.send({ kind: "run", sql, parameters, rowsMax, lane, session }, { signal });
    return answer as SqlTable;
  }

  /** Resolves when the chunk is on its way. In an object, so that waiting for this does not wait for its being visible. */
  async #submit(
    topic: TopicState,
    chunk: StoreChunk,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly shown: Promise<void> }> {
    using _turn = await this.#gate(`${chunk.topic}/${chunk.partition}`).enter({ signal });
    const from = topic.held(chunk);
    if (from === chunk.records.count) return { shown: topic.settled() };
    await this.#waitForRoom(signal);
    const slot = await this.#inFlight.enter({ signal });
    try {
      this.#assertUsable();
      return { shown: this.#send(topic, chunk, from, slot) };
    } catch (error) {
      slot[Symbol.dispose]();
      throw error;
    }
  }

  #send(topic: TopicState, chunk: StoreChunk, from: number, slot: Disposable): Promise<void> {
    const request = appendRequest(chunk, from);
    const segment = this.#openSegment(topic);
    segment.submit(request.count, request.bytes.byteLength, this.#options.clock.monotonicMs());
    const { firstOffset, count, partition } = request;
    const range = { partition, start: firstOffset, end: firstOffset + count };
    const { arrival, shown } = topic.submit(segment, range);
    this.#worker
      .send({ ...request, segment: segment.table }, { transfer: [request.bytes.buffer, request.ends.buffer] })
      .then((result) => {
        arrival.result = result as AppendResult;
        topic.show(this.#listings.count);
        this.#metrics.applied(topic.topic, count);
      })
      .catch((error: unknown) => this.#fail(error))
      .finally(() => slot[Symbol.dispose]());
    return shown;
  }

  async #applyListings(chunk: StoreChunk): Promise<void> {
    using _turn = await this.#gate(chunk.topic).enter();
    const expected = this.#listings.count;
    const { partition, firstOffset, records } = chunk;
    if (firstOffset > expected) {
      throw new OffsetHoleError({ topic: chunk.topic, partition, expected, received: firstOffset });
    }
    const from = expected - firstOffset;
    if (from >= records.count) return;
    const listings = decodeListings(records, from);
    await this.#worker.send({ ...appendRequest(chunk, from), segment: "listings" });
    for (const listing of listings) this.#listings.add(listing);
    for (const topic of this.#topics.values()) topic.show(this.#listings.count);
  }

  /** The segment to append to: the open one, or a new one when that is full. */
  #openSegment(topic: TopicState): Segment {
    const { segmentRowsMax, segmentBytesMax, segmentAgeMsMax, clock } = this.#options;
    const open = topic.open;
    const nowMs = clock.monotonicMs();
    if (open !== undefined) {
      const full = open.rows >= segmentRowsMax || open.bytes >= segmentBytesMax;
      if (!full && nowMs - open.openedMs < segmentAgeMsMax) return open;
      this.#seal(open);
    }
    const table = this.#lease(`${topic.layout.prefix}_${String(this.#nextNumber()).padStart(6, "0")}`);
    this.#worker
      .send({ kind: "create", topic: topic.topic, segment: table.name })
      .catch((error: unknown) => this.#fail(error));
    const segment = new Segment(topic.layout, table, nowMs);
    topic.segments = [...topic.segments, segment];
    return segment;
  }

  /** Ends a segment's appends and sorts it anew, beside all else. Fails without harm: the rows stay as they are. */
  #seal(segment: Segment): void {
    segment.open = false;
    if (this.#options.isBulk || segment.rows < SEALED_ROWS_MIN) return;
    const lease = segment.hold();
    const sealed = `${lease.name}_sealed`;
    this.#worker
      .send({ kind: "seal", topic: segment.layout.topic, segment: lease.name, sealed })
      .then(() => segment.seal(this.#lease(sealed)))
      .catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger.warn({ segment: lease.name, error: describeError(error) }, "a segment stays unsorted");
      })
      .finally(() => lease.release());
  }

  #lease(name: string): TableLease {
    return new TableLease(name, (segment) => {
      if (this.#closed) return;
      this.#worker.send({ kind: "drop", segment }).catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger.warn({ segment, error: describeError(error) }, "a segment's memory is not given back");
      });
    });
  }

  /** True when nothing more may be taken until something was dropped. */
  get #full(): boolean {
    const { heldRowsMax, heldBytesMax } = this.#options;
    let [rows, bytes] = [0, 0];
    for (const topic of this.#topics.values()) {
      rows += topic.rows;
      bytes += topic.bytes;
    }
    return rows >= heldRowsMax || bytes >= heldBytesMax;
  }

  async #waitForRoom(signal: AbortSignal | undefined): Promise<void> {
    while (this.#full) {
      this.#assertUsable();
      using _waiting = this.#metrics.waiting();
      await abortable(this.#room.promise, signal);
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#failed ??= new StoreFailedError(
      `The store failed to take rows: ${describeError(error)}. It may lack rows, so it answers no longer. Open it anew: it is rebuilt from the event log`,
      { cause: error },
    );
    for (const topic of this.#topics.values()) topic.fail(this.#failed);
    this.#room.resolve();
  }

  #assertUsable(): void {
    if (this.#closed) throw new StoreClosedError();
    if (this.#failed !== undefined) throw this.#failed;
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  #gate(key: string): Semaphore {
    const gate = this.#gates.get(key) ?? new Semaphore(1);
    this.#gates.set(key, gate);
    return gate;
  }
}

/** How much of the limit a topic may fill; those not named are few. Levels of books are many, and rarely asked for. */
const KEPT_SHARES: ReadonlyMap<EventTopic, number> = new Map([
  [TOPICS.trades, 1],
  [TOPICS.quotes, 1],
  [TOPICS.bookChanges, 0.1],
  [TOPICS.bookSnapshots, 0.1],
  [TOPICS.orders, 0.1],
  [TOPICS.tickers, 0.05],
  [TOPICS.candles, 0.05],
  [TOPICS.funding, 0.05],
]);

/** Below this a sort gains nothing. */
const SEALED_ROWS_MIN = 10_000;

/** Records `from` on, in buffers of their own that can be given away. */
function appendRequest({ topic, partition, firstOffset, records }: StoreChunk, from: number): Unplaced {
  const startByte = recordStart(records, from);
  const bytes = records.bytes.slice(startByte, recordStart(records, records.count)) as Uint8Array<ArrayBuffer>;
  const ends = records.ends.slice(from, records.count) as Uint32Array<ArrayBuffer>;
  if (startByte > 0) for (let index = 0; index < ends.length; index += 1) ends[index] = (ends[index] ?? 0) - startByte;
  return { kind: "append", topic, partition, firstOffset: firstOffset + from, count: ends.length, bytes, ends };
}
type Unplaced = Omit<AppendRequest, "segment">;

function timesOf(views: readonly SegmentView[]): ReturnType<StorePin["times"]> {
  const filled = views.filter(({ rows }) => rows > 0);
  if (filled.length === 0) return undefined;
  return {
    oldestUs: Math.min(...filled.map(({ timeMinUs }) => timeMinUs)),
    newestUs: Math.max(...filled.map(({ timeMaxUs }) => timeMaxUs)),
  };
}

function releaseOnce(views: readonly SegmentView[]): () => void {
  let held = true;
  return () => {
    if (held) for (const { table } of views) table.release();
    held = false;
  };
}
