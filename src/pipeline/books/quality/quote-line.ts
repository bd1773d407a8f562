import type { SpreadSummary } from "../../../domain/index.ts";
import { CUT, OWN_CROSSED, QUOTED, type QuoteTrack } from "./quote-track.ts";

/** An exact mantissa; of mixed kinds too JavaScript compares them exactly. */
export type Price = number | bigint;

/** From when to when a bid and an ask stood. */
export interface QuotedSpan {
  readonly fromUs: number;
  readonly toUs: number;
  readonly bid: Price;
  readonly ask: Price;
}

/** One minute of a track. */
export interface QuoteLine {
  readonly track: QuoteTrack;
  /** In their order. */
  readonly spans: readonly QuotedSpan[];
  readonly quotedUs: number;
  readonly ownCrossedUs: number;
  /** How often the prices became others, or known again. */
  readonly changes: number;
  readonly isCut: boolean;
}

/** What the track says from `startUs` to `endUs` (exclusive). @param untilUs nothing holds from then on */
export function quoteLine(
  track: QuoteTrack,
  { startUs, endUs, untilUs }: { readonly startUs: number; readonly endUs: number; readonly untilUs: number },
): QuoteLine {
  const spans: QuotedSpan[] = [];
  const limitUs = Math.min(endUs, untilUs);
  let [quotedUs, ownCrossedUs] = [0, 0];
  for (let index = 0; index < track.length && (track.timeUs[index] ?? 0) < endUs; index += 1) {
    const fromUs = Math.max(startUs, track.timeUs[index] ?? 0);
    const toUs = Math.min(limitUs, index + 1 < track.length ? (track.timeUs[index + 1] ?? limitUs) : limitUs);
    if (toUs <= fromUs) continue;
    if (track.state[index] === OWN_CROSSED) ownCrossedUs += toUs - fromUs;
    if (track.state[index] !== QUOTED) continue;
    quotedUs += toUs - fromUs;
    spans.push({ fromUs, toUs, bid: priceAt(track, index * 4), ask: priceAt(track, index * 4 + 2) });
  }
  return { track, spans, quotedUs, ownCrossedUs, ...changesIn(track, startUs, endUs) };
}

/** What of a minute's entries is counted rather than measured. */
function changesIn(track: QuoteTrack, startUs: number, endUs: number): Pick<QuoteLine, "changes" | "isCut"> {
  let [changes, isCut] = [0, false];
  for (let index = 0; index < track.length; index += 1) {
    const atUs = track.timeUs[index] ?? 0;
    if (atUs < startUs || atUs >= endUs) continue;
    if (track.state[index] === QUOTED) changes += 1;
    if (track.state[index] === CUT) isCut = true;
  }
  return { changes, isCut };
}

/** Undefined where nothing was quoted. Statistics in double precision, of whole billionths. */
export function spreadOf({ spans, quotedUs }: QuoteLine): SpreadSummary | undefined {
  let [minPpb, maxPpb, weighted] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { fromUs, toUs, bid, ask } of spans) {
    const ppb = ppbAbove(ask, bid);
    minPpb = Math.min(minPpb, ppb);
    maxPpb = Math.max(maxPpb, ppb);
    weighted += (ppb * (toUs - fromUs)) / quotedUs;
  }
  return quotedUs === 0 ? undefined : { minPpb, meanPpb: Math.floor(weighted), maxPpb };
}

/** By how much a price is above another, in whole billionths of that. */
export function ppbAbove(price: Price, other: Price): number {
  const base = Number(other);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.floor(((Number(price) - base) / base) * 1e9));
}

/** High halves below it make numbers that a double holds exactly. */
const HIGH_SAFE = 2 ** 21;

function priceAt({ prices }: QuoteTrack, word: number): Price {
  const [low, high] = [(prices[word] ?? 0) >>> 0, prices[word + 1] ?? 0];
  return Math.abs(high) < HIGH_SAFE ? high * 2 ** 32 + low : BigInt(high) * 2n ** 32n + BigInt(low);
}
