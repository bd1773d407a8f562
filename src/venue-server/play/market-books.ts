import { type MarketBook, type MarketListing, marketBook, type Order } from "../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocols/index.ts";
import type { Client, FeedFloor, Topic } from "../wire/index.ts";

interface BookTopic {
  readonly topic: Topic;
  readonly channel: BookChannel;
  readonly listing: FeedListing;
  /** Frames of changes so far, and the taker orders that they were of. */
  messages: number;
  orders: number;
}

/** The book of one listing, on all channels of all feeds that show it. Beside the trades: no ledger counts it. */
export class MarketBooks {
  readonly #market: MarketListing;
  readonly #topics: BookTopic[] = [];
  /** Taker orders so far. */
  #orders = 0;
  #last: MarketBook | undefined;
  #lastOrder: Order | undefined;

  constructor(market: MarketListing) {
    this.#market = market;
  }

  /** Adds the feed's book channels. @returns their topics' keys */
  add(floor: FeedFloor, listing: FeedListing): readonly string[] {
    return (floor.protocol.bookChannels ?? []).map((channel) => {
      const topic = floor.topic(channel.topic(listing.symbol));
      topic.isKept = true;
      this.#topics.push({ topic, channel, listing, messages: 0, orders: 0 });
      return topic.key;
    });
  }

  publish(order: Order): void {
    const isHeard = this.#topics.some(({ topic }) => topic.clients.length > 0);
    const before = isHeard ? this.#book() : undefined;
    this.#lastOrder = order;
    this.#last = undefined;
    this.#orders += 1;
    if (!isHeard) return;
    for (const each of this.#topics) if (each.topic.clients.length > 0) this.#tell(each, before, order);
  }

  #tell(each: BookTopic, before: MarketBook | undefined, order: Order): void {
    const { topic, channel } = each;
    each.orders += 1;
    const moment = this.#moment(each);
    // The first book of all comes as one that is subscribed to.
    const isFirst = before === undefined && channel.snapshot !== undefined;
    const told = isFirst ? channel.snapshot?.(moment) : channel.change(before, moment, order);
    const frames = told === undefined ? [] : isFrames(told) ? told : [told];
    if (!isFirst) each.messages += frames.length;
    for (const frame of frames) for (const client of topic.clients) send(client, frame);
  }

  /** Sends the whole book to a client that subscribes to one of these topics, where the venue does so. */
  greet(client: Client, key: string): void {
    const found = this.#topics.find(({ topic, listing }) => topic.key === key && listing.feed === client.feed);
    if (found === undefined || this.#lastOrder === undefined) return;
    const frame = found.channel.snapshot?.(this.#moment(found));
    if (frame !== undefined) send(client, frame);
  }

  /** The present book; undefined before the first trade. @param name of the channel whose messages count */
  moment(listing: FeedListing, name?: string): BookMoment | undefined {
    if (this.#lastOrder === undefined) return undefined;
    const told = this.#topics.find(({ channel, listing: { feed } }) => channel.name === name && feed === listing.feed);
    return this.#moment(told ?? { listing, messages: 0, orders: 0 });
  }

  #moment({ listing, messages, orders }: Pick<BookTopic, "listing" | "messages" | "orders">): BookMoment {
    const unheard = this.#orders - orders;
    return { book: this.#book() as MarketBook, listing, number: this.#orders, messages: messages + unheard };
  }

  #book(): MarketBook | undefined {
    const fill = this.#lastOrder?.fills.at(-1);
    if (this.#last === undefined && fill !== undefined) this.#last = marketBook(this.#market, fill);
    return this.#last;
  }
}

function isFrames(told: BookFrame | readonly BookFrame[]): told is readonly BookFrame[] {
  return Array.isArray(told);
}

function send(client: Client, { head, tail }: BookFrame): void {
  const text = tail === undefined ? head : head + client.nextSequence() + tail;
  if (client.isDirect) client.direct(text);
  else {
    client.play({
      payload: Buffer.from(text, "latin1"),
      isBinary: false,
      timeNs: undefined,
      connection: "",
      tradeCount: 0,
      trades: [],
    });
  }
}
