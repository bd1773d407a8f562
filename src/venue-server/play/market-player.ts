import { type Abortable, InvalidInputError } from "../../base/index.ts";
import {
  Checkpoints,
  type Fill,
  MARKET_LISTINGS,
  type MarketListing,
  MarketModel,
  type Order,
} from "../market/index.ts";
import type { BookMoment } from "../protocols/index.ts";
import { attach, type Client, type FeedFloor, type Stage } from "../wire/index.ts";
import { CatchUps, pace } from "./catch-ups.ts";
import { floorOf } from "./floor-of.ts";
import { MarketBooks } from "./market-books.ts";
import { MarketData } from "./market-data.ts";
import { MarketPast } from "./market-past.ts";
import { MarketTopic } from "./market-topic.ts";
import type { PastTrades, Rewind, Source } from "./source.ts";
import type { Tempo } from "./tempo.ts";
import { feedListing, ordinalOf } from "./trade-ids.ts";

export interface MarketPlayerOptions {
  readonly seed: number;
  readonly tradesPerSecond: number;
  readonly startTimeUs: number;
  readonly firstTradeId: number;
  /** Feeds that take part. */
  readonly floors: ReadonlyMap<string, FeedFloor>;
  /** Names of assets that take part; undefined: all. */
  readonly assets: readonly string[] | undefined;
  /** Produces silently what would have happened since the start, and goes on from the present. */
  readonly joinNow: boolean;
  /** Trades of the past on subscribing, where the venue sends them. */
  readonly snapshots: boolean;
}

/** Trades reach the wire this long after they happened. */
const LATENCY_MS = 3;
const TICK_MS = 5;
const SLICE_ORDERS = 512;
/** Fills kept a listing, so that asking for the newest needs no reproduction. */
const RECENT_MAX = 2_000;

/** Plays the simulated market to whoever subscribes. What was sent before can be had again, however long ago. */
export class MarketPlayer implements Source {
  readonly feeds: readonly string[];
  readonly tempo: Tempo;
  readonly #stage: Stage;
  readonly #options: MarketPlayerOptions;
  readonly #listings: readonly MarketListing[];
  /** The listing's place among those that take part, by its index. */
  readonly #places = new Map<number, number>();
  readonly #model: MarketModel;
  readonly #checkpoints = new Checkpoints();
  readonly #topics = new Map<string, MarketTopic>();
  /** By place. */
  readonly #topicsOf: MarketTopic[][];
  readonly #booksOf: MarketBooks[];
  readonly #dataOf: MarketData[];
  /** By topic. */
  readonly #books = new Map<string, MarketBooks>();
  readonly #data = new Map<string, readonly MarketData[]>();
  readonly #recent: Fill[][];
  readonly #rewinds = new Map<string, Rewind>();
  readonly #catchUps: CatchUps<number>;
  #next: Order;

  constructor(stage: Stage, tempo: Tempo, options: MarketPlayerOptions) {
    this.#stage = stage;
    this.tempo = tempo;
    this.#options = options;
    const { floors, assets } = options;
    this.feeds = [...floors.keys()];
    this.#listings = MARKET_LISTINGS.filter(
      ({ symbols, asset }) =>
        Object.keys(symbols).some((feed) => floors.has(feed)) && (assets === undefined || assets.includes(asset.name)),
    );
    for (const [place, listing] of this.#listings.entries()) this.#places.set(listing.index, place);
    this.#model = this.#newModel();
    this.#topicsOf = this.#listings.map((listing) => this.#makeTopics(listing));
    this.#booksOf = this.#listings.map((listing) => this.#makeBooks(listing));
    this.#recent = this.#listings.map(() => []);
    this.#dataOf = this.#listings.map((listing, place) => this.#makeData(listing, place));
    this.#catchUps = new CatchUps(stage, (client, positions) => this.#catchUp(client, positions));
    this.#next = this.#produce();
  }

  knows(feed: string, symbol: string): boolean {
    return this.#listings.some(({ symbols }) => symbols[feed] === symbol);
  }

  recent(client: Client, symbol: string, countMax: number): ReturnType<Source["recent"]> {
    const { feed } = client;
    const place = this.#listings.findIndex(({ symbols }) => symbols[feed] === symbol);
    const topic = this.#topicsOf[place]?.find(({ listing }) => listing.feed === feed);
    if (topic === undefined || !this.#options.snapshots || this.#rewindOf(feed, symbol) !== undefined) return undefined;
    const fills = (this.#recent[place] ?? []).slice(-countMax);
    return { listing: topic.listing, fills, send: (text) => topic.sendRecent(client, text, fills) };
  }

  past(feed: string, symbol: string): PastTrades | undefined {
    const place = this.#listings.findIndex(({ symbols }) => symbols[feed] === symbol);
    const market = this.#listings[place];
    if (market === undefined) return undefined;
    return new MarketPast({
      place,
      listing: feedListing(market, feed, this.#options.firstTradeId),
      firstTradeId: this.#options.firstTradeId,
      startTimeUs: this.#options.startTimeUs,
      recent: () => this.#recent[place] ?? [],
      checkpoints: this.#checkpoints,
      end: () => this.#next.number,
      model: () => this.#newModel(),
    });
  }

  book(feed: string, symbol: string, channel?: string): BookMoment | undefined {
    const place = this.#listings.findIndex(({ symbols }) => symbols[feed] === symbol);
    const market = this.#listings[place];
    return market === undefined
      ? undefined
      : this.#booksOf[place]?.moment(feedListing(market, feed, this.#options.firstTradeId), channel);
  }

  subscribe(client: Client, key: string): void {
    // A book is told as it is now: none of the past comes before it.
    this.#books.get(topicKey(client.feed, key))?.greet(client, key);
    for (const data of this.#data.get(topicKey(client.feed, key)) ?? []) data.greet(client, key);
    const topic = this.#topics.get(topicKey(client.feed, key));
    const after = topic === undefined ? undefined : this.#rewindPosition(topic);
    if (after === undefined) attach(floorOf(client, this.#options.floors).topic(key), client);
    else this.#catchUps.add(client, key, after);
    this.#stage.changed.notify();
  }

  unsubscribe(client: Client, key: string): void {
    this.#catchUps.remove(client, key);
    floorOf(client, this.#options.floors).unsubscribe(client, key);
  }

  rewind(rewind: Rewind): void {
    const { feed, symbol, afterTradeId, trades, frames } = rewind;
    if (frames !== undefined) {
      throw new InvalidInputError(
        "A simulated market rewinds by afterTradeId or trades, not by frames; nothing changed",
      );
    }
    if (symbol !== undefined && !this.knows(feed, symbol)) {
      throw new InvalidInputError(`Feed ${feed} has no symbol ${JSON.stringify(symbol)} to rewind; nothing changed`);
    }
    if (afterTradeId !== undefined && ordinalOf(afterTradeId, feed, this.#options.firstTradeId) === undefined) {
      throw new InvalidInputError(
        `Ids of feed ${feed} do not tell their place: ${JSON.stringify(afterTradeId)}. Rewind it by a number of trades; nothing changed`,
      );
    }
    const key = topicKey(feed, symbol ?? "");
    if (afterTradeId === undefined && trades === undefined) this.#rewinds.delete(key);
    else this.#rewinds.set(key, rewind);
  }

  async run({ signal }: Abortable): Promise<void> {
    if (this.#options.joinNow) await this.#join();
    for (;;) {
      signal?.throwIfAborted();
      if (this.tempo.isPaused || (this.tempo.isMax && !this.#isReadyForMore())) {
        this.#stage.flush();
        // Flushing may have been all that was missing; then its "drain" is already on the way.
        await this.#stage.changed.wait({ signal });
      } else if (this.tempo.isMax) {
        await this.#playSlice();
      } else {
        await this.#playDue(signal);
      }
    }
  }

  async #playSlice(): Promise<void> {
    for (let orders = 0; orders < SLICE_ORDERS; orders += 1) this.#publishNext();
    this.tempo.moveTo(this.#dueMs(this.#next));
    this.#stage.flush();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async #playDue(signal: AbortSignal | undefined): Promise<void> {
    const position = this.tempo.positionMs;
    let orders = 0;
    for (; orders < SLICE_ORDERS && this.#dueMs(this.#next) <= position; orders += 1) this.#publishNext();
    this.#stage.flush();
    if (orders === SLICE_ORDERS) await new Promise<void>((resolve) => setImmediate(resolve));
    else await this.tempo.reach(this.#dueMs(this.#next), { tickMs: TICK_MS, signal });
  }

  /** Somebody listens, nobody is behind. */
  #isReadyForMore(): boolean {
    if (this.#catchUps.isBusy) return false;
    let isHeard = false;
    for (const floor of this.#options.floors.values()) {
      for (const client of floor.clients) {
        if (client.topics.size === 0) continue;
        isHeard = true;
        if (client.isCongested) return false;
      }
    }
    return isHeard;
  }

  async #join(): Promise<void> {
    const nowUs = Number(this.#stage.clock.nowNs() / 1000n);
    while (this.#timeUs(this.#next) < nowUs) {
      for (let orders = 0; orders < SLICE_ORDERS && this.#timeUs(this.#next) < nowUs; orders += 1) this.#publishNext();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.tempo.moveTo((nowUs - this.#options.startTimeUs) / 1000);
  }

  #publishNext(): void {
    const order = this.#next;
    const place = this.#places.get(order.listing.index) ?? 0;
    for (const topic of this.#topicsOf[place] ?? []) topic.publish(order);
    this.#booksOf[place]?.publish(order);
    const recent = this.#recent[place];
    recent?.push(...order.fills);
    if (recent !== undefined && recent.length > 2 * RECENT_MAX) recent.splice(0, recent.length - RECENT_MAX);
    this.#dataOf[place]?.publish(order);
    this.#next = this.#produce();
  }

  #produce(): Order {
    this.#checkpoints.observe(this.#model);
    return this.#model.next();
  }

  /** Produces the past again from a checkpoint, until it meets the present. */
  async #catchUp(client: Client, positions: Map<string, number>): Promise<void> {
    const model = this.#modelBefore(client.feed, positions);
    for (let orders = 1; model.number < this.#next.number; orders += 1) {
      this.#resend(model.next(), client, positions);
      if (orders % SLICE_ORDERS === 0) await pace(client, this.#stage);
    }
    // No wait since the present was reached: the next order goes to the subscribers.
    for (const key of positions.keys()) attach(floorOf(client, this.#options.floors).topic(key), client);
    this.#stage.flush();
  }

  #resend(order: Order, client: Client, positions: ReadonlyMap<string, number>): void {
    for (const topic of this.#topicsOf[this.#places.get(order.listing.index) ?? 0] ?? []) {
      const after = topic.listing.feed === client.feed ? positions.get(topic.topic.key) : undefined;
      if (after !== undefined && (order.fills.at(-1)?.ordinal ?? 0) > after) topic.publish(order, [client]);
    }
  }

  /** A second model, at the latest kept state from which every position can be reached. */
  #modelBefore(feed: string, positions: ReadonlyMap<string, number>): MarketModel {
    const model = this.#newModel();
    const wanted = [...positions].map(([key, after]) => ({
      place: this.#places.get(this.#topics.get(topicKey(feed, key))?.listing.market.index ?? -1) ?? 0,
      after,
    }));
    const checkpoint = this.#checkpoints.latest((candidate) =>
      wanted.every(({ place, after }) => MarketModel.nextOrdinal(candidate, place, model.assetCount) <= after + 1),
    );
    if (checkpoint !== undefined) model.restore(checkpoint);
    return model;
  }

  /** After which of the listing's trades a new subscription begins; undefined: with the next. */
  #rewindPosition({ listing }: MarketTopic): number | undefined {
    const rewind = this.#rewindOf(listing.feed, listing.symbol);
    if (rewind === undefined) return undefined;
    const { afterTradeId, trades = 0 } = rewind;
    if (afterTradeId !== undefined) return ordinalOf(afterTradeId, listing.feed, this.#options.firstTradeId);
    const place = this.#places.get(listing.market.index) ?? 0;
    return Math.max(0, (this.#recent[place]?.at(-1)?.ordinal ?? 0) - trades);
  }

  #rewindOf(feed: string, symbol: string): Rewind | undefined {
    return this.#rewinds.get(topicKey(feed, symbol)) ?? this.#rewinds.get(topicKey(feed, ""));
  }

  #makeTopics(market: MarketListing): MarketTopic[] {
    return Object.keys(market.symbols).flatMap((feed) => {
      const floor = this.#options.floors.get(feed);
      if (floor === undefined) return [];
      const listing = feedListing(market, feed, this.#options.firstTradeId);
      return floor.protocol.channels.map((channel) => {
        const topic = new MarketTopic(floor, channel, listing);
        this.#topics.set(topicKey(feed, topic.topic.key), topic);
        return topic;
      });
    });
  }

  #makeBooks(market: MarketListing): MarketBooks {
    const books = new MarketBooks(market);
    for (const feed of Object.keys(market.symbols)) {
      const floor = this.#options.floors.get(feed);
      if (floor === undefined) continue;
      for (const key of books.add(floor, feedListing(market, feed, this.#options.firstTradeId)))
        this.#books.set(topicKey(feed, key), books);
    }
    return books;
  }

  #makeData(market: MarketListing, place: number): MarketData {
    const data = new MarketData(market, () => this.#recent[place] ?? []);
    for (const feed of Object.keys(market.symbols)) {
      const floor = this.#options.floors.get(feed);
      if (floor === undefined) continue;
      for (const key of data.add(floor, feedListing(market, feed, this.#options.firstTradeId))) {
        const topic = topicKey(feed, key);
        this.#data.set(topic, [...(this.#data.get(topic) ?? []), data]);
      }
    }
    return data;
  }

  #newModel(): MarketModel {
    const { seed, tradesPerSecond, startTimeUs } = this.#options;
    return new MarketModel({ seed, tradesPerSecond, startTimeUs, listings: this.#listings });
  }

  #timeUs(order: Order): number {
    return order.fills[0]?.timeUs ?? 0;
  }

  #dueMs(order: Order): number {
    return (this.#timeUs(order) - this.#options.startTimeUs) / 1000 + LATENCY_MS;
  }
}

function topicKey(feed: string, key: string): string {
  return `${feed}\n${key}`;
}
