import { type Fill, type MarketBook, type MarketListing, MarketTape, marketBook, type Order } from "../market/index.ts";
import type { BookFrame, DataChannel, DataMoment, FeedListing } from "../protocols/index.ts";
import type { Client, FeedFloor, Topic } from "../wire/index.ts";

interface DataTopic {
  readonly topic: Topic;
  readonly channel: DataChannel;
  readonly listing: FeedListing;
}

/**
 * Tickers, candles, funding, liquidations and status of one listing, on all feeds that tell them. Beside the trades: no
 * ledger counts it. Until somebody asks for the first of them nothing is added up.
 */
export class MarketData {
  readonly #market: MarketListing;
  readonly #recent: () => readonly Fill[];
  readonly #topics: DataTopic[] = [];
  #tape: MarketTape | undefined;
  #lastOrder: Order | undefined;
  #timeUsBefore = 0;
  /** As it stands after the last order, once it was asked for. */
  #book: MarketBook | undefined;

  /** @param recent the newest fills, the oldest first */
  constructor(market: MarketListing, recent: () => readonly Fill[]) {
    this.#market = market;
    this.#recent = recent;
  }

  /** Adds the feed's channels. @returns their topics' keys */
  add(floor: FeedFloor, listing: FeedListing): readonly string[] {
    return (floor.protocol.dataChannels ?? []).map((channel) => {
      const topic = floor.topic(channel.topic(listing.symbol));
      topic.isKept = true;
      this.#topics.push({ topic, channel, listing });
      return topic.key;
    });
  }

  publish(order: Order): void {
    const before = this.#lastOrder?.fills[0]?.timeUs;
    this.#lastOrder = order;
    this.#book = undefined;
    if (this.#tape === undefined) return;
    this.#timeUsBefore = before ?? 0;
    this.#tape.take(order.fills);
    for (const { topic, channel, listing } of this.#topics) {
      const moment = topic.clients.length === 0 ? undefined : this.#moment(listing);
      if (moment === undefined) continue;
      // Who asked before anything had traded gets now what it would have got then.
      const first = before === undefined ? channel.snapshot?.(moment) : undefined;
      sendAll(topic.clients, first === undefined ? (channel.change?.(moment) ?? []) : [first]);
    }
  }

  /** A client subscribes to one of these topics: from now on they are kept; it gets what the venue sends first. */
  greet(client: Client, key: string): void {
    const found = this.#topics.find(({ topic, listing }) => topic.key === key && listing.feed === client.feed);
    if (found === undefined) return;
    this.#tape ??= new MarketTape(this.#market, this.#recent);
    const moment = this.#moment(found.listing);
    const frame = moment === undefined ? undefined : found.channel.snapshot?.(moment);
    if (frame !== undefined) send(client, frame);
  }

  #moment(listing: FeedListing): DataMoment | undefined {
    const order = this.#lastOrder;
    const last = order?.fills.at(-1);
    if (order === undefined || last === undefined || this.#tape === undefined) return undefined;
    this.#book ??= marketBook(this.#market, last);
    return { listing, book: this.#book, order, timeUsBefore: this.#timeUsBefore, tape: this.#tape };
  }
}

function sendAll(clients: readonly Client[], frames: readonly BookFrame[]): void {
  for (const frame of frames) for (const client of clients) send(client, frame);
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
