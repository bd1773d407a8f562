import type { VenueDataChannel, VenueDataKind } from "../../domain/index.ts";

/** A channel of candles, with the interval in the words of silver.candles. */
export interface CandleChannel extends VenueDataChannel {
  readonly interval: string;
}

export function channelsOf(kind: VenueDataKind, names: readonly string[]): readonly VenueDataChannel[] {
  return names.map((name) => ({ name, kinds: [kind] }));
}

/** @param intervals the venue's spelling and K2's, as [name, interval] */
export function candleChannels(
  prefix: string,
  intervals: readonly (readonly [name: string, interval: string])[],
): readonly CandleChannel[] {
  return intervals.map(([name, interval]) => ({ name: prefix + name, kinds: ["candle"], interval }));
}
