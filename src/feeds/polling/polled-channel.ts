import type { RestRequest } from "../rest/rest-trades.ts";

/**
 * A channel that the venue publishes over HTTP alone: asked for again and again instead of subscribed. What its answers
 * say is read by `VenueDataReader.fetched`, out of the raw log.
 */
export interface PolledChannel {
  /** As configuration names it; one of the feed's `venueData.channels`. */
  readonly name: string;
  /** How often each request is sent, milliseconds; seldomer where the venue's limits do not allow it. */
  readonly everyMs: number;
  /** As few requests as ask for all of these together. */
  requests(rawSymbols: readonly string[]): readonly PollRequest[];
  /** What an answer of status 200 refuses; undefined: nothing. Never throws. */
  refusal?(body: Uint8Array): string | undefined;
}

export interface PollRequest extends RestRequest {
  /**
   * The symbols that it names: where the venue refuses it (400), one of them may be to blame, and it is asked in two
   * halves from then on. Empty where it asks for a whole market.
   */
  readonly rawSymbols: readonly string[];
}

/** One request a symbol, where the venue answers for no more than one. */
export function requestEach(
  rawSymbols: readonly string[],
  path: (rawSymbol: string) => string,
  weight = 1,
): readonly PollRequest[] {
  return rawSymbols.map((rawSymbol) => ({
    path: path(encodeURIComponent(rawSymbol)),
    weight,
    rawSymbols: [rawSymbol],
  }));
}

interface PollingFeed {
  readonly venueData?: { readonly polled?: readonly PolledChannel[] };
}

/** Of the chosen channels, those that are polled. */
export function polledChannels({ venueData }: PollingFeed, channels: readonly string[]): readonly PolledChannel[] {
  return (venueData?.polled ?? []).filter(({ name }) => channels.includes(name));
}

/** Of the chosen channels, those that are subscribed on a socket. */
export function streamedChannels({ venueData }: PollingFeed, channels: readonly string[]): readonly string[] {
  const polled = new Set(venueData?.polled?.map(({ name }) => name));
  return channels.filter((name) => !polled.has(name));
}
