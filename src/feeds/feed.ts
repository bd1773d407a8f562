import type {
  BookChannel,
  BookReader,
  FrameDecoder,
  Instrument,
  SnapshotRequest,
  VenueDataChannel,
  VenueDataReader,
} from "../domain/index.ts";

import type { PolledChannel } from "./polling/polled-channel.ts";
import type { RestTrades } from "./rest/rest-trades.ts";
import type { OpenSocket } from "./socket.ts";

/**
 * One protocol of one venue, as data and pure functions. connection.ts does the I/O; nothing here waits.
 * A new venue is a folder that exports one of these, and a line in registry.ts.
 */
export interface Feed {
  /** Stable name: in configuration, in `raw.<id>` and in every row of bronze. */
  readonly id: string;
  /** The market whose trade ids these are; two feeds of one market share it. */
  readonly venue: string;
  /** For people. */
  readonly name: string;
  /** The venue's public endpoint, without a path that depends on symbols; undefined when the protocol is retired. */
  readonly url: string | undefined;
  /** What to use instead of a protocol that the venue no longer serves: only a configured URL can be captured from. */
  readonly retired?: string;
  /** Endpoints of the channels that the venue serves elsewhere than at `url`. */
  readonly channelUrls?: Readonly<Record<string, string>>;
  /** Where the protocol is documented. */
  readonly documentation: string;
  /** Channels that carry trades, the default first; configuration may choose others of these. */
  readonly channels: readonly string[];
  /** The venue's spelling of an instrument; undefined when this market cannot list it. */
  rawSymbol(instrument: Instrument): string | undefined;
  /** Frames to send once connected, each within the venue's limits of symbols and bytes a request. */
  subscribe(rawSymbols: readonly string[], channels: readonly string[]): readonly string[];
  /** What a received frame says about a subscription, so that the engine knows when all are answered. */
  readAnswer(frame: string): SubscriptionAnswer | undefined;
  readonly limits: FeedLimits;
  /**
   * A frame the client must send by itself to be kept; without a frame, a ping of the WebSocket protocol. The venue's own
   * pings of the protocol are answered by the socket.
   */
  readonly ping: { readonly everyMs: number; frame(): string | undefined } | undefined;
  createDecoder(options: DecoderOptions): FrameDecoder;
  /** Says whether it can be captured on this machine. @throws what is missing, and what to do about it */
  requires?(): void;
  /** Where it does not reach its venue by a WebSocket of K2's own. */
  readonly openSocket?: OpenSocket;
  /** How the ids of a symbol's trades follow each other, so that a missing one is noticed; undefined: they do not. */
  readonly tradeIds?: TradeIds;
  /** How the venue is asked for trades of the past; undefined where it offers none with the ids of this feed. */
  readonly rest?: RestTrades;
  /** Its channels of order books and quotes; undefined where K2 reads none. */
  readonly books?: FeedBooks;
  /** Its channels of tickers, candles, funding, liquidations and status; undefined where K2 reads none. */
  readonly venueData?: FeedVenueData;
}

/** What a feed's venue publishes beside trades and books: configuration may choose of these channels beside `channels`. */
export interface FeedVenueData {
  readonly channels: readonly VenueDataChannel[];
  /** Names of those that the words `tickers`, `funding`, `liquidations` and `status` stand for; default: all of the kind. */
  readonly usual?: readonly string[];
  /** Those of `channels` that are not subscribed but asked for over HTTP, by their names. */
  readonly polled?: readonly PolledChannel[];
  /** For the frames of all its sockets. Frames of channels that are not chosen are "other" to it. */
  createReader(options: DecoderOptions): VenueDataReader;
}

export interface TradeIds {
  /** single: each is one more than the one before. spans: a record may besides stand for several, up to its own id. */
  readonly kind: "single" | "spans";
  /** Where that is documented, or how it was seen. */
  readonly source: string;
}

/** The book channels of a feed: configuration may choose of them beside `channels`, of kind "book" at most one. */
export interface FeedBooks {
  readonly channels: readonly BookChannel[];
  /** A reader for the frames of one socket. Frames of channels that are not chosen are "other" to it. */
  createBookReader(options: DecoderOptions): BookReader;
  /**
   * The request whose answer `BookReader.fetched` takes, where the venue sends no snapshot on the socket.
   *
   * @param depth at least so many levels a side, as far as the venue gives them; default: the most
   */
  snapshotRequest?(rawSymbol: string, depth?: number): SnapshotRequest;
  /**
   * Requests that end the subscription of one book and ask for it again, where the venue then sends its snapshot on the
   * socket: so a book is made whole while all else on the socket goes on. Undefined for a channel whose snapshot is asked
   * for by `snapshotRequest`.
   */
  renewal?(rawSymbol: string, channel: string): readonly string[] | undefined;
  /**
   * Those of the channels that the venue serves only to who logs in. K2 does not: they are refused at the start, unless the
   * feed is given a `url` of its own, of an endpoint that serves them without.
   */
  readonly loginChannels?: readonly string[];
}

export interface FeedLimits {
  readonly symbolsPerConnectionMax: number;
  /** Symbols times channels; undefined: no matter how many channels. */
  readonly subscriptionsPerConnectionMax?: number;
  /** Frames we may send a second without being cut off. */
  readonly sendsPerSecondMax: number;
  /** No frame of any kind for this long means that the connection is dead, not that the market is quiet. */
  readonly silenceMsMax: number;
  /** The venue ends connections at this age; the engine changes over before. undefined: it does not. */
  readonly connectionAgeMsMax: number | undefined;
}

export interface DecoderOptions {
  /** Whose records become trades; records of other channels are outcome "other". */
  readonly channels: readonly string[];
}

export type SubscriptionAnswer =
  /** `isTotal`: so many in all by now, not so many more. */
  | { readonly kind: "accepted"; readonly count: number; readonly isTotal?: boolean }
  | { readonly kind: "refused"; readonly reason: string };
