import type { Abortable } from "../../base/index.ts";
import type { Fill } from "../market/index.ts";
import type { FeedListing } from "../protocols/index.ts";
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
  subscribe(client: Client, topic: string): void;
  unsubscribe(client: Client, topic: string): void;
  /** @throws {InvalidInputError} where this source cannot rewind so */
  rewind(rewind: Rewind): void;
  /** Plays; resolves at the end of what there is. Aborting rejects with the signal's reason. */
  run(options: Abortable): Promise<void>;
}
