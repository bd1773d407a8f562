import { InvalidInputError } from "../base/index.ts";
import type { Feed } from "./feed.ts";

export interface ConnectionPlan {
  /** Its place within the feed, from 0: the partition of `raw.<feed>`. */
  readonly index: number;
  /** `<feed>/<index>`: stable over reconnects and restarts while the symbols are. */
  readonly name: string;
  /** In the venue's spelling. */
  readonly symbols: readonly string[];
}

/**
 * Spreads symbols over as few connections as the venue's limits allow, evenly and in their order.
 *
 * @param channels how many channels of each symbol are captured
 * @throws {InvalidInputError} when there is no symbol, or one twice
 */
export function planConnections(
  feed: Pick<Feed, "id" | "limits">,
  rawSymbols: readonly string[],
  channels: number = 1,
): readonly ConnectionPlan[] {
  const repeated = rawSymbols.find((symbol, index) => rawSymbols.indexOf(symbol) !== index);
  if (rawSymbols.length === 0 || repeated !== undefined) {
    throw new InvalidInputError(
      `Cannot capture ${feed.id}: ${repeated === undefined ? "no symbol is named" : `${repeated} is named twice`}. ` +
        "Nothing was started. Name each symbol once",
    );
  }
  const { symbolsPerConnectionMax, subscriptionsPerConnectionMax = Number.POSITIVE_INFINITY } = feed.limits;
  const symbolsMax = Math.max(
    1,
    Math.min(symbolsPerConnectionMax, Math.floor(subscriptionsPerConnectionMax / channels)),
  );
  const connections = Math.ceil(rawSymbols.length / symbolsMax);
  return Array.from({ length: connections }, (_, index) => ({
    index,
    name: `${feed.id}/${index}`,
    symbols: rawSymbols.slice(
      Math.floor((index * rawSymbols.length) / connections),
      Math.floor(((index + 1) * rawSymbols.length) / connections),
    ),
  }));
}
