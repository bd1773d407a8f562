import type { Abortable } from "../../base/index.ts";
import type { Fill } from "../market/index.ts";
import type { BookMoment, FeedListing } from "../protocols/index.ts";
import type { Client } from "../wire/index.ts";
import type { Tempo } from "./tempo.ts";

/** From where frames are sent again on each new subscription. Without a position: no longer. */
export interface Rewind {
  readonly feed: string;
  /** On the wire; without it, all symbols of the feed. */
  readonly symbol?: string;
  /** Simulated market: every trade after this id, which the symbol's numbers follow. "0" means from the beginning. */
  readonly afterTradeId?: string;
  /** Simulated market: the last so many trades of each symbol. */
  readonly trades?: number;
  /** Recordings: the last so many frames of the tape, counted before any subscription selects. */
  readonly frames?: number;
}

/** A trade of the past. */
export interface PastTrade {
  /** On the wire of its feed. */
  readonly id: string;
  /** What pages go by: the id where it is a number, else a count of the symbol's trades. */
  readonly number: number;
  readonly price: string;
  readonly size: string;
  readonly isBuy: boolean;
  readonly timeUs: number;
  /** The venue's own order, where it shows one; several trades may share it. */
  readonly sequence: number;
  /** Counts aggregates, by which aggTrade goes. */
  readonly aggregate: number;
}

/** The trades of one symbol up to now. */
export interface PastTrades {
  /** Ascending, from this number on, at most so many. */
  from(number: number, countMax: number): Promise<readonly PastTrade[]>;
  /** Ascending, the last so many before this number, or of all. */
  before(number: number | undefined, countMax: number): Promise<readonly PastTrade[]>;
  /** Ascending, from this event time on, microseconds, at most so many. */
  since(timeUs: number, countMax: number): Promise<readonly PastTrade[]>;
}

/** What frames come from: the simulated market, or a tape. */
export interface Source {
  readonly feeds: readonly string[];
  readonly tempo: Tempo;
  knows(feed: string, symbol: string): boolean;
  /** Undefined where only a recording plays. */
  recent(
    client: Client,
    symbol: string,
    countMax: number,
  ): { readonly listing: FeedListing; readonly fills: readonly Fill[]; send(text: string): void } | undefined;
  /**
   * The simulated market's book as it stands; absent where a recording plays, undefined where there is none.
   *
   * @param channel whose messages count
   */
  book?(feed: string, symbol: string, channel?: string): BookMoment | undefined;
  subscribe(client: Client, topic: string): void;
  unsubscribe(client: Client, topic: string): void;
  /** What was traded so far, as the venue tells it over HTTP; undefined where the feed has no such symbol. */
  past(feed: string, symbol: string): PastTrades | undefined;
  /** @throws {InvalidInputError} where this source cannot rewind so */
  rewind(rewind: Rewind): void;
  /** Plays; resolves at the end of what there is. Aborting rejects with the signal's reason. */
  run(options: Abortable): Promise<void>;
}
