import type { FetchedAnswer } from "../../domain/index.ts";
import type { ReadTrade, TradeFields } from "../decode/trade-fields.ts";

/** How often the venue may be asked. Its own limits are for everything that comes from one address: half of them is ours. */
export interface RestLimits {
  /** What requests may cost together in a minute. */
  readonly weightPerMinute: number;
  /** What they may cost at once, after a pause. */
  readonly weightBurst: number;
}

/** Trades of one listing that are asked for. */
export interface WantedTrades {
  readonly rawSymbol: string;
  /** The channel that they are missing from. */
  readonly channel: string;
  /**
   * From this id on; of `aggTrade` the aggregate's. undefined: ids do not tell, the times do.
   */
  readonly firstId?: number | undefined;
  /** Up to this id; undefined: to the newest. */
  readonly lastId?: number | undefined;
  /** Event times between which they lie, microseconds since the Unix epoch; where ids are given, about. */
  readonly fromUs: number;
  readonly toUs: number;
}

export interface RestRequest {
  /** Behind the endpoint: "/api/v3/trades?symbol=BTCUSDT". */
  readonly path: string;
  /** What it costs of the allowance. */
  readonly weight: number;
  /** Only to find a place: what it answers is recorded, and makes no rows. */
  readonly isProbe?: boolean;
}

/** whole: all that the venue has of what was wanted was answered. beyond: its answers begin later. */
export type RestCoverage = "whole" | "beyond";

/** Requests one after the other: yields each, is given the trades of its answer (as the venue orders them), says at the end what it has. */
export type RestDialogue = Generator<RestRequest, RestCoverage, readonly TradeFields[]>;

/** What an answer with status 200 holds. */
export type RestAnswer =
  /** Oldest first, also where the venue tells them the other way round: a row's place in its frame orders what shares a time. */
  | { readonly kind: "trades"; readonly trades: readonly ReadTrade[] }
  /** The venue's refusal in the body; `isTemporary`: asking again later may help. */
  | { readonly kind: "refused"; readonly reason: string; readonly isTemporary: boolean }
  | { readonly kind: "malformed"; readonly detail: string }
  /** The answer to another request than for trades. */
  | { readonly kind: "other" };

/** How a venue is asked for trades of the past over HTTP, without an account. Pure: nothing here waits. */
export interface RestTrades {
  /** The venue's public endpoint, without a path. */
  readonly url: string;
  readonly documentation: string;
  readonly limits: RestLimits;
  /** For people: how far back the answers go. */
  readonly reach: string;
  /** Only so many of the newest trades are answered: whoever asks late gets nothing. */
  readonly isNewestOnly: boolean;
  ask(wanted: WantedTrades): RestDialogue;
  /** Reads the body of an answer with status 200. Never throws. */
  read(answer: FetchedAnswer): RestAnswer;
}
