import type { Bar, Listing, Listings, TradeBatch } from "../../domain/index.ts";
import { type BarRow, barRowOf, type QueryEngine, tradeRowOf } from "../../query/index.ts";
import type { HealthReport } from "../health.ts";
import type { SubscribeRequest } from "./protocol.ts";
import { RecentTrades } from "./recent-trades.ts";

/** One subscription of one client: where its messages go. `rows` is the JSON text of an array, made once for all. */
export interface Subscriber {
  snapshot(rows: string): void;
  update(rows: string): void;
}

export interface HubOptions {
  readonly listings: Listings;
  readonly query: QueryEngine;
  readonly health: () => HealthReport;
  readonly recentTradesPerListingMax: number;
}

/** Subscribers that asked the same question. */
interface Group {
  readonly request: SubscribeRequest;
  readonly subscribers: Set<Subscriber>;
}

const SNAPSHOT_TRADES = 50;
const SNAPSHOT_BARS = 500;

/**
 * Hands each event to those who asked for it. Rows become JSON once a question, however many ask it.
 * Everything here happens in one turn of the event loop, so a snapshot and the updates after it leave no hole;
 * bars come from a query, so their updates wait for it.
 */
export class StreamHub {
  readonly #options: HubOptions;
  readonly #groups = new Map<string, Group>();
  readonly #recent: RecentTrades;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#recent = new RecentTrades(options.recentTradesPerListingMax);
  }

  get subscriptions(): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + group.subscribers.size, 0);
  }

  /** Sends the snapshot, then updates until the returned function is called. */
  async subscribe(request: SubscribeRequest, subscriber: Subscriber): Promise<() => void> {
    if (request.channel === "bars") return await this.#subscribeBars(request, subscriber);
    const rows =
      request.channel === "trades" ? this.#tradesSnapshot(request) : JSON.stringify([this.#options.health()]);
    subscriber.snapshot(rows);
    return this.#join(request, subscriber);
  }

  publishTrades(trades: TradeBatch): void {
    this.#recent.push(trades);
    const texts: string[] = []; // Row by row, made when the first group wants it.
    for (const { request, subscribers } of this.#groups.values()) {
      if (request.channel !== "trades") continue;
      const rows: string[] = [];
      for (let row = 0; row < trades.length; row += 1) {
        const listing = this.#options.listings.at(trades.listing[row] ?? 0);
        if (!wants(request, listing)) continue;
        texts[row] ??= JSON.stringify(tradeRowOf(trades, row, listing));
        rows.push(texts[row] ?? "");
      }
      if (rows.length > 0) send(subscribers, `[${rows.join(",")}]`);
    }
  }

  publishBars(bars: readonly Bar[]): void {
    for (const { request, subscribers } of this.#groups.values()) {
      if (request.channel !== "bars") continue;
      const rows = bars
        .filter((bar) => bar.interval === intervalOf(request))
        .flatMap((bar) => this.#barRows(request, bar));
      if (rows.length > 0) send(subscribers, JSON.stringify(rows));
    }
  }

  publishHealth(): void {
    for (const { request, subscribers } of this.#groups.values()) {
      if (request.channel === "health") send(subscribers, JSON.stringify([this.#options.health()]));
    }
  }

  #tradesSnapshot(request: SubscribeRequest): string {
    const wanted = (index: number): boolean => wants(request, this.#options.listings.at(index));
    const found = this.#recent.last(request.snapshot ?? SNAPSHOT_TRADES, wanted);
    const rows = found.map(({ batch, row }) =>
      tradeRowOf(batch, row, this.#options.listings.at(batch.listing[row] ?? 0)),
    );
    return JSON.stringify(rows);
  }

  async #subscribeBars(request: SubscribeRequest, subscriber: Subscriber): Promise<() => void> {
    const waiting: string[] = [];
    let answered = false;
    const leave = this.#join(request, {
      snapshot: () => {},
      update: (rows) => (answered ? subscriber.update(rows) : waiting.push(rows)),
    });
    try {
      const { rows } = await this.#options.query.bars({
        interval: intervalOf(request),
        ...(request.symbol === undefined ? {} : { symbols: [request.symbol] }),
        ...(request.venue === undefined ? {} : { venues: [request.venue] }),
        order: "descending",
        limit: request.snapshot ?? SNAPSHOT_BARS,
        includeOpen: true,
        fill: "none",
      });
      subscriber.snapshot(JSON.stringify([...rows].reverse()));
    } catch (error) {
      leave();
      throw error;
    }
    answered = true;
    for (const rows of waiting) subscriber.update(rows);
    return leave;
  }

  #barRows(request: SubscribeRequest, bar: Bar): readonly BarRow[] {
    const listing = this.#options.listings.at(bar.listing);
    return wants(request, listing) ? [barRowOf(bar, listing)] : [];
  }

  #join(request: SubscribeRequest, subscriber: Subscriber): () => void {
    const key = JSON.stringify([
      request.channel,
      request.symbol,
      request.venue,
      request.channel === "bars" ? intervalOf(request) : "",
    ]);
    const group = this.#groups.get(key) ?? { request, subscribers: new Set() };
    this.#groups.set(key, group);
    group.subscribers.add(subscriber);
    return () => {
      group.subscribers.delete(subscriber);
      if (group.subscribers.size === 0) this.#groups.delete(key);
    };
  }
}

function wants({ symbol, venue }: SubscribeRequest, listing: Listing): boolean {
  return (symbol === undefined || symbol === listing.symbol) && (venue === undefined || venue === listing.venue);
}

function intervalOf(request: SubscribeRequest): Bar["interval"] {
  return request.interval ?? "1m";
}

function send(subscribers: ReadonlySet<Subscriber>, rows: string): void {
  for (const subscriber of subscribers) subscriber.update(rows);
}
