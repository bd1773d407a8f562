import { createHash } from "node:crypto";
import { capturedFeeds } from "../../src/app/capture.ts";
import { ensureEventTopics } from "../../src/app/event-topics.ts";
import { feedRules } from "../../src/app/feed-rules.ts";
import { type Random, type RecordBatch, RecordBatchBuilder, recordAt } from "../../src/base/index.ts";
import {
  appendFrameRecord,
  type Bar,
  decodeBars,
  decodeRefusals,
  decodeTrades,
  type FrameKind,
  feedOfTopic,
  type Listings,
  type Refusal,
  rawTopic,
  TOPICS,
  TradeBatch,
} from "../../src/domain/index.ts";
import { type Log, openLog } from "../../src/log/index.ts";
import { type FeedCounts, openPipeline, type PipelineOptions, type RecallBars } from "../../src/pipeline/index.ts";
import { GRAMMARS } from "./grammars.ts";

/** Every feed with the symbols of its grammar, as the configuration names them. */
export const TORTURED_FEEDS: readonly { readonly feed: string; readonly symbols: readonly string[] }[] = GRAMMARS.map(
  ({ feed, symbols }) => ({
    feed,
    symbols: symbols.map(({ canonical }) => canonical),
  }),
);

export interface RawRecord {
  readonly feed: string;
  readonly timeUs: number;
  readonly payload: Uint8Array;
  readonly kind?: FrameKind;
  readonly epoch?: number;
}

/** A stored trade or bar is found by these. */
export interface StoredTrade {
  readonly key: string;
  readonly price: bigint;
  readonly size: bigint;
  readonly side: number;
  readonly timeUs: number;
}

/** A real log in a folder, and a pipeline over it that is stopped and opened anew at random points. */
export class TortureRun implements AsyncDisposable {
  readonly raw: Log;
  readonly events: Log;
  readonly #random: Random | undefined;
  readonly #isLong: boolean;
  readonly #read: Map<string, number> = new Map();
  readonly #bars: Map<string, Bar> = new Map();
  #barsRead = 0;
  #listings: Listings | undefined;
  counts: Readonly<Record<string, FeedCounts>> = {};
  restarts = 0;

  private constructor(raw: Log, events: Log, random: Random | undefined, isLong: boolean) {
    this.#isLong = isLong;
    this.raw = raw;
    this.events = events;
    this.#random = random;
  }

  /**
   * @param folder of the event log, and of the raw log where that is not another run's
   * @param random where to stop; none: never
   * @param isLong fewer stops and checkpoints: both take as long as there is much to remember
   */
  static async open(
    folder: string,
    { raw, random, isLong = false }: { readonly raw?: Log; readonly random?: Random; readonly isLong?: boolean } = {},
  ): Promise<TortureRun> {
    const events = await openLog({ folder });
    await ensureEventTopics(events, { partitions: 3, retentionMs: 1e15, retentionBytes: 1e15 });
    for (const { feed } of TORTURED_FEEDS) await events.ensureTopic({ topic: rawTopic(feed), partitions: 1 });
    return new TortureRun(raw ?? events, events, random, isLong);
  }

  async append(records: readonly RawRecord[]): Promise<void> {
    const builders = new Map<string, RecordBatchBuilder>();
    for (const { feed, timeUs, payload, kind = "received", epoch = 1 } of records) {
      const builder = builders.get(feed) ?? new RecordBatchBuilder();
      builders.set(feed, builder);
      const timeNs = BigInt(timeUs) * 1000n;
      appendFrameRecord({ kind, feed, connection: `${feed}/0`, epoch, timeNs, source: "live", payload }, builder);
    }
    await this.raw.append(
      [...builders].map(([feed, builder]) => ({ topic: rawTopic(feed), partition: 0, records: builder.take() })),
    );
  }

  /** Derives the events of all that is in the raw log, through as many starts as chance has it. */
  async derive(): Promise<void> {
    while (!(await this.#deriveOnce())) this.restarts += 1;
  }

  /** @returns whether it came to the end */
  async #deriveOnce(): Promise<boolean> {
    const stop = new AbortController();
    let left = this.#random?.int(this.#isLong ? 60 : 15) ?? Number.POSITIVE_INFINITY;
    const options: PipelineOptions = {
      raw: this.raw,
      events: this.events,
      rules: feedRules(capturedFeeds(TORTURED_FEEDS)),
      rawTopics: TORTURED_FEEDS.map(({ feed }) => rawTopic(feed)),
      recall: this.#recall,
      ...(this.#random === undefined ? {} : { framesMax: 20 + this.#random.int(1500) }),
      ...(this.#random === undefined || this.#isLong ? {} : { checkpointBytes: 2_000_000 }),
      onEvents: () => {
        left -= 1;
        if (left < 0) stop.abort();
      },
    };
    const pipeline = await openPipeline(options);
    this.#listings = pipeline.listings;
    try {
      await pipeline.run({ signal: stop.signal, follow: false });
      this.counts = pipeline.status().feeds;
      return true;
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      return false;
    }
  }

  /** What was stored since the last time that this was asked. */
  async newTrades(): Promise<readonly StoredTrade[]> {
    const stored: StoredTrade[] = [];
    const trades = new TradeBatch();
    await this.#eachNew(TOPICS.trades, (records) => {
      trades.clear();
      decodeTrades(records, trades);
      for (let row = 0; row < trades.length; row += 1) {
        const listing = this.#listings?.at(trades.listing[row] ?? 0);
        stored.push({
          key: `${listing?.venue}|${listing?.rawSymbol}|${trades.tradeId(row)}`,
          price: trades.price.get(row),
          size: trades.size.get(row),
          side: trades.side[row] ?? 0,
          timeUs: trades.eventTimeUs[row] ?? 0,
        });
      }
    });
    return stored;
  }

  async newRefusals(): Promise<readonly Refusal[]> {
    const refusals: Refusal[] = [];
    await this.#eachNew(TOPICS.quarantine, (records) => {
      refusals.push(...decodeRefusals(records));
    });
    return refusals;
  }

  /** SHA-256 over the records of each partition that is not raw frames or the pipeline's own notes. */
  async eventHashes(): Promise<Readonly<Record<string, string>>> {
    const hashes: Record<string, string> = {};
    for (const { topic, bounds } of await this.events.topics()) {
      if (feedOfTopic(topic) !== undefined || !topic.includes("market.")) continue;
      for (const { partition, startOffset } of bounds) {
        const hash = createHash("sha256");
        let records = 0;
        for await (const chunk of this.events.read({ topic, partition, offset: startOffset }, { follow: false })) {
          for (let index = 0; index < chunk.records.count; index += 1) hash.update(recordAt(chunk.records, index));
          records += chunk.records.count;
        }
        hashes[`${topic}/${partition}`] = `${records} records, ${hash.digest("hex")}`;
      }
    }
    return hashes;
  }

  async rawRecords(feed: string): Promise<number> {
    return (await this.raw.bounds(rawTopic(feed))).reduce((sum, { endOffset }) => sum + endOffset, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.events[Symbol.asyncDispose]();
  }

  async #eachNew(topic: string, take: (records: RecordBatch) => void): Promise<void> {
    for (const { partition, startOffset } of await this.events.bounds(topic)) {
      const place = `${topic}/${partition}`;
      const offset = this.#read.get(place) ?? startOffset;
      for await (const chunk of this.events.read({ topic, partition, offset }, { follow: false })) {
        take(chunk.records);
        this.#read.set(place, chunk.firstOffset + chunk.records.count);
      }
    }
  }

  /** Answers from the event log itself, as the query engine would from store and lake. */
  readonly #recall: RecallBars = async (keys) => {
    const at = { topic: TOPICS.bars, partition: 0, offset: this.#barsRead };
    for await (const { records, firstOffset } of this.events.read(at, { follow: false })) {
      for (const bar of decodeBars(records)) this.#bars.set(`${bar.listing} ${bar.interval} ${bar.startUs}`, bar);
      this.#barsRead = firstOffset + records.count;
    }
    return keys.map(({ listing, interval, startUs }) => this.#bars.get(`${listing} ${interval} ${startUs}`));
  };
}
