import { K2Error, type RecordBatch, RecordBatchBuilder, recordAt, recordBatchOf } from "../base/index.ts";
import {
  appendFrameRecord,
  type Bar,
  type ConnectionClosed,
  type ConnectionOpened,
  type Decimal,
  type DecodeContext,
  decodeBars,
  decodeGaps,
  decodeListings,
  decodeRefusals,
  decodeTrades,
  type Frame,
  type FrameDecoder,
  type FrameOutcome,
  type Gap,
  type Listing,
  Listings,
  NO_ID_NUMBER,
  parseDecimal,
  type Refusal,
  type RefusalReason,
  rawTopic,
  type Source,
  storedPrice,
  storedSize,
  TAKER_SIDES,
  TOPICS,
  type Trade,
  TradeBatch,
} from "../domain/index.ts";
import type {
  EventSink,
  FeedRules,
  LogRecords,
  PartitionBounds,
  ReadOptions,
  RecallBars,
  TopicPosition,
} from "./ports.ts";

/** A trade as the scripted venue prints it. */
export interface ScriptedTrade {
  readonly s: string;
  readonly id: number | string;
  readonly p: string;
  readonly q: string;
  readonly side?: "buy" | "sell" | "unknown";
  /** Event time, microseconds (and, with `n`, nanoseconds beyond). */
  readonly t: number;
  readonly n?: number;
  readonly seq?: number;
  readonly x?: number;
  readonly flags?: number;
}

/** The grammar of the scripted venue: `{"trades": [...]}`, `{"ack": true}`, `{"book": true}`, `{"error": "..."}`. */
export const scriptedDecoder: FrameDecoder = {
  decode(payload, context) {
    const message = parseJson(payload);
    if (message === undefined) {
      context.refuse("malformed", "not JSON");
      return "refused";
    }
    if ("throw" in message) throw new Error("a decoder that breaks its contract");
    if ("error" in message) {
      context.refuse("venue_error", String(message["error"]));
      return "refused";
    }
    if (!("trades" in message)) return ("ack" in message ? "control" : "other") satisfies FrameOutcome;
    for (const [index, trade] of (message["trades"] as ScriptedTrade[]).entries()) decodeTrade(trade, index, context);
    return "trades";
  },
};

function parseJson(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

function decodeTrade(trade: ScriptedTrade, frameIndex: number, context: DecodeContext): void {
  const at = { rawSymbol: trade.s, frameIndex };
  const listing = context.listing(trade.s, trade.p, trade.q, trade.t);
  if (listing === undefined) {
    context.refuse("unknown_symbol", `symbol ${trade.s} is not configured`, at);
    return;
  }
  const price = storedPrice(parseDecimal(trade.p), listing.unitExponent);
  const size = storedSize(parseDecimal(trade.q), listing.unitExponent);
  if (price === undefined || size === undefined) {
    context.refuse(price === undefined ? "inexact_price" : "inexact_size", `${trade.p} × ${trade.q}`, at);
    return;
  }
  pushTrade(context.trades, { ...trade, listing: listing.index, price, size, frameIndex });
}

export interface StoredTrade extends Omit<ScriptedTrade, "s" | "p" | "q"> {
  readonly listing: number;
  readonly price: bigint;
  readonly size: bigint;
  readonly frameIndex?: number;
  readonly receivedUs?: number;
}

export function pushTrade(trades: TradeBatch, trade: StoredTrade): void {
  const row = trades.nextRow();
  trades.listing[row] = trade.listing;
  trades.price.set(row, trade.price);
  trades.size.set(row, trade.size);
  trades.side[row] = TAKER_SIDES.indexOf(trade.side ?? "unknown");
  trades.eventTimeUs[row] = trade.t;
  trades.eventTimeNanos[row] = trade.n ?? 0;
  trades.receiveTimeUs[row] = trade.receivedUs ?? trade.t;
  trades.receiveTimeNanos[row] = 0;
  const isNumber = typeof trade.id === "number" || /^(0|[1-9]\d{0,17})$/.test(trade.id);
  trades.idNumber.set(row, isNumber ? BigInt(trade.id) : BigInt(NO_ID_NUMBER));
  trades.idText[row] = isNumber ? undefined : String(trade.id);
  trades.sequence.set(row, BigInt(trade.seq ?? (typeof trade.id === "number" ? trade.id : 0)));
  trades.frameIndex[row] = trade.frameIndex ?? 0;
  trades.executions[row] = trade.x ?? 1;
  trades.flags[row] = trade.flags ?? 0;
  trades.source[row] = 0;
  trades.rawPartition[row] = 0;
  trades.rawOffset[row] = 0;
  trades.length += 1;
}

export function batchOf(...rows: readonly StoredTrade[]): TradeBatch {
  const trades = new TradeBatch(16);
  for (const row of rows) pushTrade(trades, row);
  return trades;
}

/** Every symbol but UNKNOWN is configured; feeds `one` and `one-other` speak of the same venue. */
export const scriptedRules: FeedRules = {
  venueOf: (feed) => feed.replace(/-other$/, ""),
  decoderFor: () => scriptedDecoder,
  instrument: (feed, rawSymbol) =>
    rawSymbol === "UNKNOWN" ? undefined : { venue: feed.replace(/-other$/, ""), symbol: `${rawSymbol}-USD-SPOT` },
};

export const T0 = 1_700_000_000_000_000;
const text = new TextEncoder();

export function frame(timeUs: number, content: object | string, of: Partial<Frame> = {}): Frame {
  return {
    kind: "received",
    feed: "one",
    connection: "one/0",
    epoch: 1,
    timeNs: BigInt(timeUs) * 1000n,
    source: "live" satisfies Source,
    payload: text.encode(typeof content === "string" ? content : JSON.stringify(content)),
    ...of,
  };
}

export function opened(timeUs: number, epoch: number, of: Partial<ConnectionOpened> = {}): Frame {
  return frame(
    timeUs,
    { url: "wss://example.test", symbols: ["BTC"], planned: false, ...of },
    { kind: "opened", epoch },
  );
}

export function closed(timeUs: number, epoch: number, of: Partial<ConnectionClosed> = {}): Frame {
  return frame(timeUs, { cause: "remote", detail: "1006", ...of }, { kind: "closed", epoch });
}

export function recordsOf(frames: readonly Frame[]): RecordBatch {
  const builder = new RecordBatchBuilder();
  for (const one of frames) appendFrameRecord(one, builder);
  return builder.take();
}

export class LogFullForNow extends K2Error {
  readonly code = "K2_TEST_LOG_FULL";
  readonly remedy = "retry";
}

/** A log in memory with the shape of the real one: atomic appends, progress in them, readers that follow. */
export class MemoryLog implements EventSink {
  readonly #topics: Map<string, Uint8Array[][]> = new Map();
  readonly #progress: Map<string, TopicPosition> = new Map();
  #appended: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Records a chunk that a reader gets. */
  chunkRecords = 1000;
  appends = 0;
  /** Called before the append of this number, from 1, takes effect; may throw. */
  beforeAppend: (appends: number) => void = () => {};
  /** Called after it took effect; may throw: the log has it, the caller does not know. */
  afterAppend: (appends: number) => void = () => {};

  constructor(partitions = 2) {
    for (const topic of Object.values(TOPICS)) this.#make(topic, topic === TOPICS.listings ? 1 : partitions);
  }

  async ensureTopic({ topic, partitions }: { readonly topic: string; readonly partitions: number }): Promise<void> {
    this.#make(topic, partitions);
  }

  async append(
    entries: readonly { readonly topic: string; readonly partition: number; readonly records: RecordBatch }[],
    progress?: { readonly group: string; readonly positions: readonly TopicPosition[] },
  ): Promise<readonly number[]> {
    await Promise.resolve();
    this.beforeAppend(this.appends + 1);
    const offsets = entries.map(({ topic, partition, records }) => {
      const list = this.#list(topic, partition);
      const offset = list.length;
      for (let index = 0; index < records.count; index += 1) list.push(recordAt(records, index).slice());
      return offset;
    });
    for (const position of progress?.positions ?? [])
      this.#progress.set(`${progress?.group} ${position.topic}/${position.partition}`, position);
    this.appends += 1;
    const appended = this.#appended;
    this.#appended = Promise.withResolvers();
    appended.resolve();
    this.afterAppend(this.appends);
    return offsets;
  }

  async *read(
    { topic, partition, offset }: TopicPosition,
    { follow = true, signal }: ReadOptions = {},
  ): AsyncGenerator<LogRecords> {
    for (let at = offset; ; ) {
      signal?.throwIfAborted();
      const records = this.#list(topic, partition).slice(at, at + this.chunkRecords);
      if (records.length > 0) {
        yield { topic, partition, firstOffset: at, records: recordBatchOf(records) };
        at += records.length;
        continue;
      }
      if (!follow) return;
      const aborted = Promise.withResolvers<never>();
      const onAbort = (): void => aborted.reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        await Promise.race([this.#appended.promise, aborted.promise]);
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    }
  }

  async bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return (this.#topics.get(topic) ?? []).map((list, partition) => ({
      partition,
      startOffset: 0,
      endOffset: list.length,
    }));
  }

  async progress(group: string): Promise<readonly TopicPosition[]> {
    return [...this.#progress].flatMap(([key, position]) => (key.startsWith(`${group} `) ? [position] : []));
  }

  putFrames(frames: readonly Frame[], partition = 0, feed = "one"): void {
    this.#make(rawTopic(feed), partition + 1);
    const records = recordsOf(frames);
    const list = this.#list(rawTopic(feed), partition);
    for (let index = 0; index < records.count; index += 1) list.push(recordAt(records, index).slice());
    const appended = this.#appended;
    this.#appended = Promise.withResolvers();
    appended.resolve();
  }

  /** All records of the event topics, by partition: what must be the same after whatever happened. */
  eventBytes(): Record<string, readonly string[]> {
    const all: Record<string, readonly string[]> = {};
    for (const topic of Object.values(TOPICS)) {
      for (const [partition, list] of (this.#topics.get(topic) ?? []).entries())
        all[`${topic}/${partition}`] = list.map((record) => Buffer.from(record).toString("hex"));
    }
    return all;
  }

  listings(): Listing[] {
    return decodeListings(this.#all(TOPICS.listings));
  }
  bars(): Bar[] {
    return decodeBars(this.#all(TOPICS.bars));
  }
  gaps(): Gap[] {
    return decodeGaps(this.#all(TOPICS.gaps));
  }
  refusals(): Refusal[] {
    return decodeRefusals(this.#all(TOPICS.quarantine));
  }
  trades(): Trade[] {
    const listings = new Listings();
    for (const listing of this.listings()) listings.add(listing);
    const batch = this.tradeBatch();
    return Array.from({ length: batch.length }, (_, row) => batch.trade(row, listings));
  }
  tradeBatch(): TradeBatch {
    const batch = new TradeBatch();
    decodeTrades(this.#all(TOPICS.trades), batch);
    return batch;
  }

  /** Answers from the bars topic, as a query over all of it would. */
  readonly recall: RecallBars = async (keys) => {
    const bars = this.bars();
    return keys.map(({ listing, interval, startUs }) =>
      bars.findLast((bar) => bar.listing === listing && bar.interval === interval && bar.startUs === startUs),
    );
  };

  /** A copy as it is now: what another process would find. */
  copy(): MemoryLog {
    const copy = new MemoryLog();
    for (const [topic, lists] of this.#topics)
      copy.#topics.set(
        topic,
        lists.map((list) => [...list]),
      );
    for (const [key, position] of this.#progress) copy.#progress.set(key, position);
    return copy;
  }

  #all(topic: string): RecordBatch {
    return recordBatchOf((this.#topics.get(topic) ?? []).flat());
  }
  #list(topic: string, partition: number): Uint8Array[] {
    const list = this.#topics.get(topic)?.[partition];
    if (list === undefined) throw new Error(`no ${topic}/${partition}`);
    return list;
  }
  #make(topic: string, partitions: number): void {
    const lists = this.#topics.get(topic) ?? [];
    while (lists.length < partitions) lists.push([]);
    this.#topics.set(topic, lists);
  }
}

/** Latest revisions by `listing/interval/start`. */
export function latestBars(bars: readonly Bar[]): Map<string, Bar> {
  const latest = new Map<string, Bar>();
  for (const bar of bars) latest.set(`${bar.listing}/${bar.interval}/${bar.startUs}`, bar);
  return latest;
}

/** What a bar says of its trades: without its revision and how it came about. */
export function contentOf({ revision: _r, knownAtUs: _k, cause: _c, complete: _d, ...content }: Bar): object {
  return content;
}

export function decimalText({ mantissa, scale }: Decimal): string {
  return `${mantissa}e-${scale}`;
}

export function reasons(refusals: readonly Refusal[]): readonly RefusalReason[] {
  return refusals.map(({ reason }) => reason);
}
