import type { Listings, TradeBatch } from "../../domain/index.ts";
import { admits, type ListingFilter } from "./listing-filter.ts";
import type { Paced, Pacer } from "./pacer.ts";
import { RecentTrades } from "./recent-trades.ts";
import { Routes } from "./routes.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";
import { TradeTexts } from "./trade-texts.ts";

/** A group that has gathered so much text is flushed without waiting, however fast the market. */
const GATHERED_CHARACTERS_MAX = 262_144;

/**
 * Trades as they become durable. What a subscriber gets, snapshot and updates together, is the published trades of its
 * listings from the snapshot's first on: in the order of publishing, each once.
 */
export class TradesChannel {
  readonly #recent: RecentTrades;
  readonly #texts: TradeTexts;
  readonly #pacer: Pacer;
  readonly #listings: Listings;
  readonly #routes: Routes<Group>;

  constructor({ listings, pacer, recentPerListingMax }: TradesChannelOptions) {
    this.#recent = new RecentTrades(recentPerListingMax);
    this.#texts = new TradeTexts(listings);
    this.#pacer = pacer;
    this.#listings = listings;
    this.#routes = new Routes(listings, ({ filter }, listing) => admits(filter, listing));
  }

  publish(trades: TradeBatch): void {
    this.#recent.push(trades);
    if (this.#routes.size === 0) return;
    const touched = new Set<Group>();
    for (let row = 0; row < trades.length; row += 1) {
      const groups = this.#routes.to(trades.listing[row] ?? 0);
      if (groups.length === 0) continue;
      const text = this.#texts.text(trades, row);
      for (const group of groups) {
        touched.add(group);
        if (group.gather(text) > GATHERED_CHARACTERS_MAX) this.#pacer.flush(group);
      }
    }
    for (const group of touched) if (group.hasGathered) this.#pacer.offer(group);
  }

  subscribe(filter: ListingFilter, snapshotRows: number, subscriber: Subscriber): Leave {
    const key = JSON.stringify([filter.symbol, filter.venue]);
    const group = this.#routes.open(key, () => new Group(filter));
    // What the others still wait for is in the newcomer's snapshot: they get it before it joins them.
    if (group.hasGathered) this.#pacer.flush(group);
    const recent = this.#recent.last(snapshotRows, (index) => admits(filter, this.#listings.at(index)));
    subscriber.snapshot(tailOf(recent.map(({ batch, row }) => this.#texts.text(batch, row))));
    group.subscribers.add(subscriber);
    return () => {
      if (!group.subscribers.delete(subscriber) || group.subscribers.size > 0) return;
      this.#pacer.forget(group);
      this.#routes.close(key, group);
    };
  }
}

export interface TradesChannelOptions {
  readonly listings: Listings;
  readonly pacer: Pacer;
  readonly recentPerListingMax: number;
}

/** Subscribers that asked the same question, and the rows that they will get next. */
class Group implements Paced {
  readonly filter: ListingFilter;
  readonly subscribers: Set<Subscriber> = new Set();
  #rows: string[] = [];
  #characters = 0;

  constructor(filter: ListingFilter) {
    this.filter = filter;
  }

  get hasGathered(): boolean {
    return this.#rows.length > 0;
  }

  /** @returns how much is gathered, in characters */
  gather(text: string): number {
    this.#rows.push(text);
    this.#characters += text.length;
    return this.#characters;
  }

  flush(): void {
    if (this.#rows.length === 0) return;
    const tail = tailOf(this.#rows);
    this.#rows = [];
    this.#characters = 0;
    for (const subscriber of this.subscribers) subscriber.update(tail);
  }
}
