import type { Clock, Random } from "../../base/index.ts";
import type { TakerSide } from "../../domain/index.ts";
import type { Fill, MarketBook, MarketListing, MarketTape, Order } from "../market/index.ts";

/** A client's connection, as the venue's half of the dialogue sees it. */
export interface Peer {
  readonly clock: Clock;
  /** For connection ids; the same server options give the same ids. */
  readonly random: Random;
  /** The URL behind the feed's own path: "/stream", "/ws/btcusdt@trade"; empty at the feed's root. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  /** Since anything was sent on this connection. */
  readonly idleMs: number;
  answer(text: string): void;
  /** Counts a request that the venue refuses, and answers it. */
  refuse(text: string): void;
  /** Like `answer`, but a silence fault swallows it. */
  heartbeat(text: string): void;
  /** Sends a protocol-level ping. */
  ping(): void;
  /** Numbers this connection's frames from 0. */
  nextSequence(): number;
  /** Whether the market lists the symbol. A recording cannot tell, and says yes. */
  knows(symbol: string): boolean;
  /** The last trades of a symbol, oldest first; none where a recording plays. */
  recent(symbol: string, countMax: number): RecentTrades | undefined;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Ends the connection with a close frame. */
  cut(closeCode: number, reason: string): void;
  /** Runs `act` every `periodMs` until the connection is over. */
  every(periodMs: number, act: () => void): void;
}

export interface RecentTrades {
  readonly listing: FeedListing;
  readonly fills: readonly Fill[];
  /** Sends a frame that holds these trades. */
  send(text: string): void;
}

/** The venue's half of one connection's dialogue. Speaks first when it is opened, where the venue does. */
export interface Dialogue {
  onText(text: string): void;
  /** The client sent a ping or a pong of the WebSocket protocol. */
  onControlFrame?(): void;
}

/** A listing as one feed spells it. */
export interface FeedListing {
  readonly market: MarketListing;
  readonly feed: string;
  readonly symbol: string;
  /** The trade id on this feed's wire; empty where it has none. */
  tradeId(ordinal: number): string;
  /** A number that grows from order to order, for venues that show one. */
  sequence(order: number): number;
}

/** Takes the frames of one taker order. Fills [from, to) of the order are in the frame. */
export interface FrameSink {
  frame(text: string, from: number, to: number): void;
  /** A frame that carries each connection's own sequence number between the two halves. */
  numbered(head: string, tail: string, from: number, to: number): void;
}

/** A channel on which the simulated market's trades are sent. */
export interface TradeChannel {
  readonly name: string;
  /**
   * A frame is one record that stands for all its fills: counted by itself ("first" is what the ledger knows it by), or
   * under the id of the last of them.
   */
  readonly aggregatedUnder?: "first" | "last" | undefined;
  topic(symbol: string): string;
  /** Writes one taker order, as the venue would. ASCII only. */
  write(order: Order, listing: FeedListing, sink: FrameSink): void;
}

/** A frame of a book; with a tail it carries each connection's own sequence number between the two. ASCII only. */
export interface BookFrame {
  readonly head: string;
  readonly tail?: string;
}

/** A listing's book as it stands, on one feed. */
export interface BookMoment {
  readonly book: MarketBook;
  readonly listing: FeedListing;
  /** Counts the listing's taker orders: one more with each change of the book. */
  readonly number: number;
  /**
   * Frames of changes that the channel has sent for the listing, for venues that number them one by one. A taker order that
   * nobody heard of counts as one.
   */
  readonly messages: number;
}

/** A channel on which the simulated market's order books are sent. */
export interface BookChannel {
  readonly name: string;
  topic(symbol: string): string;
  /** What a client gets first; absent where the venue sends nothing then. */
  snapshot?(moment: BookMoment): BookFrame;
  /**
   * What a taker order did to the book, in one frame or several.
   *
   * @param before undefined at the market's first order
   */
  change(
    before: MarketBook | undefined,
    moment: BookMoment,
    order: Order,
  ): BookFrame | readonly BookFrame[] | undefined;
}

/** A listing as it stands after a taker order, for the channels beside trades and books. */
export interface DataMoment extends Pick<BookMoment, "book" | "listing"> {
  /** The last one. */
  readonly order: Order;
  /** The event time of the order before it, microseconds: what is told once a second is told where the second is another. */
  readonly timeUsBefore: number;
  /** What its trades add up to. */
  readonly tape: MarketTape;
}

/** A channel on which the simulated market tells of tickers, candles, funding, liquidations or status. */
export interface DataChannel {
  readonly name: string;
  /** The same for all symbols where the venue tells of a whole market on one. */
  topic(symbol: string): string;
  /** What a client gets first; undefined where the venue sends nothing then. */
  snapshot?(moment: DataMoment): BookFrame | undefined;
  /** What a taker order makes the venue tell. */
  change?(moment: DataMoment): readonly BookFrame[];
}

/** A trade record within a recorded frame. */
export interface RecordedTrade {
  readonly channel: string;
  readonly symbol: string;
  /** The venue's id; undefined where the wire has none. */
  readonly id: string | undefined;
  readonly price: string;
  readonly size: string;
  readonly side: TakerSide;
  /** Event time, microseconds since the Unix epoch; undefined where the server does not answer for it over HTTP. */
  readonly timeUs?: number;
  /** The venue's own order, where it shows one. */
  readonly sequence?: string;
}

/** One venue's protocol, from the venue's side. */
export interface VenueProtocol {
  /** The feed's id, and the first segment of its path on the server. */
  readonly feed: string;
  /** What follows the feed's id in the URL that a client is given; "" or "/stream". */
  readonly path: string;
  readonly documentation: string;
  readonly channels: readonly TradeChannel[];
  readonly bookChannels?: readonly BookChannel[];
  readonly dataChannels?: readonly DataChannel[];
  /** Matches a price in a trade frame, ending with the value as its only group. */
  readonly pricePattern: RegExp;
  open(peer: Peer): Dialogue;
  /** The topic that a recorded frame belongs to; undefined for answers, heartbeats and what is not of this venue. */
  topicOf(text: string): string | undefined;
  /** The trade records of a recorded frame, in order; sides are the taker's. */
  tradesOf(text: string): readonly RecordedTrade[];
  /** Another spelling of a recorded frame that some connections ask for: its topic and its bytes. */
  variant?(topic: string, payload: Uint8Array): { readonly topic: string; readonly payload: Uint8Array } | undefined;
}
