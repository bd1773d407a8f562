import type { LedgerRow, SummedTrade } from "../ledger/index.ts";
import { type Fill, type Order, shortest } from "../market/index.ts";
import type { FeedListing, FrameSink, TradeChannel } from "../protocols/index.ts";
import type { Client, FeedFloor, Topic } from "../wire/index.ts";

/** One channel of one listing on one feed: writes orders as frames to whoever should get them, and into the ledger. */
export class MarketTopic implements FrameSink {
  readonly topic: Topic;
  readonly listing: FeedListing;
  readonly #channel: TradeChannel;
  readonly #row: LedgerRow;
  #order: Order | undefined;
  #clients: readonly Client[] = [];

  constructor(floor: FeedFloor, channel: TradeChannel, listing: FeedListing) {
    this.topic = floor.topic(channel.topic(listing.symbol));
    this.topic.isKept = true;
    this.listing = listing;
    this.#channel = channel;
    this.#row = floor.stage.ledger.row({ feed: floor.feed, channel: channel.name, symbol: listing.symbol });
  }

  /** @param clients who gets it; the topic's subscribers unless told */
  publish(order: Order, clients: readonly Client[] = this.topic.clients): void {
    if (clients.length === 0) return;
    this.#order = order;
    this.#clients = clients;
    this.#channel.write(order, this.listing, this);
  }

  frame(text: string, from: number, to: number): void {
    this.#send(() => text, from, to);
  }

  numbered(head: string, tail: string, from: number, to: number): void {
    this.#send((client) => head + client.nextSequence() + tail, from, to);
  }

  /** Sends a frame of earlier trades to one client. */
  sendRecent(client: Client, text: string, fills: readonly Fill[]): void {
    if (client.isDirect) {
      client.direct(text);
      for (const fill of fills) this.#count([fill]);
    } else {
      this.#play(
        client,
        text,
        fills.map((fill) => [fill]),
      );
    }
  }

  #send(textFor: (client: Client) => string, from: number, to: number): void {
    const fills = this.#order?.fills ?? [];
    let isSent = false;
    for (const client of this.#clients) {
      if (client.isDirect) {
        client.direct(textFor(client));
        isSent = true;
      } else {
        this.#play(client, textFor(client), this.#records(fills, from, to));
      }
    }
    if (!isSent) return;
    if (this.#channel.aggregatedUnder !== undefined) {
      this.#count(fills.slice(from, to));
    } else {
      for (let index = from; index < to; index += 1) this.#count([fills[index] as Fill]);
    }
  }

  #records(fills: readonly Fill[], from: number, to: number): readonly (readonly Fill[])[] {
    const within = fills.slice(from, to);
    return this.#channel.aggregatedUnder !== undefined ? [within] : within.map((fill) => [fill]);
  }

  /** @param record the fills that one record on the wire stands for */
  #count(record: readonly Fill[]): void {
    const named = this.#namedAfter(record);
    if (named === undefined || !this.#row.isNew(named.ordinal)) return;
    const size = record.reduce((sum, fill) => sum + fill.size, 0);
    this.#row.count(this.#summed(named, size), size, this.listing.market.sizeScale);
  }

  /** The fill whose id the record has. */
  #namedAfter(record: readonly Fill[]): Fill | undefined {
    return this.#channel.aggregatedUnder === "last" ? record.at(-1) : record[0];
  }

  #play(client: Client, text: string, records: readonly (readonly Fill[])[]): void {
    client.play({
      payload: Buffer.from(text, "latin1"),
      isBinary: false,
      timeNs: undefined,
      connection: "",
      tradeCount: records.length,
      trades: records.map((record) => {
        const named = this.#namedAfter(record) as Fill;
        const size = record.reduce((sum, fill) => sum + fill.size, 0);
        return { row: this.#row, trade: { key: named.ordinal, ...this.#summed(named, size) } };
      }),
    });
  }

  #summed({ ordinal, aggregate, price, isBuy }: Fill, size: number): SummedTrade {
    const { priceScale, sizeScale } = this.listing.market;
    return {
      id: this.listing.tradeId(this.#channel.aggregatedUnder === "first" ? aggregate : ordinal),
      price: shortest(price, priceScale),
      size: shortest(size, sizeScale),
      side: isBuy ? "buy" : "sell",
    };
  }
}
