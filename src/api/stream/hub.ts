import { type Clock, type Metrics, type RecordBatch, systemClock } from "../../base/index.ts";
import type { Bar, Gap, Listings, LiveBooks, TradeBatch } from "../../domain/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import type { HealthReport } from "../health.ts";
import { BarsChannel } from "./bars-channel.ts";
import { BookChangesChannel } from "./book-changes-channel.ts";
import { BookChannel } from "./book-channel.ts";
import { Pacer } from "./pacer.ts";
import type { Channel, SubscribeRequest } from "./protocol.ts";
import { QuotesChannel } from "./quotes-channel.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";
import { TradesChannel } from "./trades-channel.ts";

export interface HubOptions {
  readonly listings: Listings;
  readonly query: Pick<QueryEngine, "bars">;
  /** Books of the pipeline; default: none. */
  readonly liveBooks?: LiveBooks;
  readonly health: () => HealthReport;
  /** 1 or more. A snapshot of trades holds at most so many. */
  readonly recentTradesPerListingMax: number;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** Rows of a snapshot where the request does not say. */
const SNAPSHOT_ROWS = { trades: 50, bars: 500 };
/** Levels a side where it does not. */
const BOOK_DEPTH = 20;

/** A lone event goes out at once; of a burst, at most one message a subscription in each such pause. See Pacer. */
const PAUSE_MS = { pauseMsMin: 1, pauseMsMax: 20 };

/**
 * Hands each event to those who asked for it. What is published is durable already. Rows become JSON once, however
 * many ask for them, and the bytes of a message are shared by all who get the same.
 */
export class StreamHub implements Disposable {
  readonly #health: () => HealthReport;
  readonly #pacer: Pacer;
  readonly #trades: TradesChannel;
  readonly #bars: BarsChannel;
  readonly #quotes: QuotesChannel;
  readonly #books: BookChannel;
  readonly #bookChanges: BookChangesChannel;
  readonly #healthSubscribers = new Set<Subscriber>();
  readonly #counts: Record<Channel, number> = {
    ...{ trades: 0, bars: 0, quotes: 0, book: 0, book_changes: 0, health: 0 },
  };

  constructor({
    listings,
    query,
    liveBooks = () => [],
    health,
    recentTradesPerListingMax: recentPerListingMax,
    clock = systemClock,
    metrics,
  }: HubOptions) {
    this.#health = health;
    this.#pacer = new Pacer({ clock, ...PAUSE_MS });
    this.#trades = new TradesChannel({ listings, pacer: this.#pacer, recentPerListingMax });
    this.#bars = new BarsChannel({ listings, query, pacer: this.#pacer });
    this.#quotes = new QuotesChannel({ listings, pacer: this.#pacer });
    this.#books = new BookChannel({ listings, liveBooks, pacer: this.#pacer });
    this.#bookChanges = new BookChangesChannel({ listings, liveBooks, pacer: this.#pacer });
    const gauge = metrics?.gauge({
      name: "k2_stream_subscriptions",
      help: "Subscriptions of WebSocket clients",
      labels: ["channel"],
    });
    metrics?.onCollect(() => {
      for (const [channel, count] of Object.entries(this.#counts)) gauge?.set({ channel }, count);
    });
  }

  /** Delivers the snapshot (of bars after a query, else before this returns), then updates, until the returned function is called. */
  subscribe(request: Omit<SubscribeRequest, "op" | "id">, subscriber: Subscriber): Leave {
    const leave = this.#join(request, subscriber);
    this.#counts[request.channel] += 1;
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      this.#counts[request.channel] -= 1;
      leave();
    };
  }

  publishTrades(trades: TradeBatch): void {
    this.#trades.publish(trades);
  }

  publishBars(bars: readonly Bar[]): void {
    this.#bars.publish(bars);
  }

  /** @param gaps of books, told with the quotes: see QuotesChannel.publish */
  publishQuotes(quotes: RecordBatch, gaps: readonly Gap[]): void {
    this.#quotes.publish(quotes, gaps);
  }

  /**
   * @param changes records of the topic of changed levels
   * @param gaps of books, told with them
   */
  publishBooks(changes: RecordBatch, gaps: readonly Gap[]): void {
    this.#books.publish(changes, gaps);
    this.#bookChanges.publish(changes, gaps);
  }

  publishHealth(): void {
    if (this.#healthSubscribers.size === 0) return;
    const tail = this.#healthTail();
    for (const subscriber of this.#healthSubscribers) subscriber.update(tail);
  }

  [Symbol.dispose](): void {
    this.#pacer[Symbol.dispose]();
    this.#bars[Symbol.dispose]();
  }

  #join(request: Omit<SubscribeRequest, "op" | "id">, to: Subscriber): Leave {
    const { channel, interval = "1m", snapshot, depth = BOOK_DEPTH, ...filter } = request;
    switch (channel) {
      case "trades":
        return this.#trades.subscribe(filter, snapshot ?? SNAPSHOT_ROWS.trades, to);
      case "bars":
        return this.#bars.subscribe({ ...filter, interval }, snapshot ?? SNAPSHOT_ROWS.bars, to);
      case "quotes":
        return this.#quotes.subscribe(filter, to);
      case "book":
        return this.#books.subscribe(filter, depth, to);
      case "book_changes":
        return this.#bookChanges.subscribe(filter, to);
      case "health":
        to.snapshot(this.#healthTail());
        this.#healthSubscribers.add(to);
        return () => this.#healthSubscribers.delete(to);
    }
  }

  #healthTail(): Buffer {
    return tailOf([JSON.stringify(this.#health())]);
  }
}
