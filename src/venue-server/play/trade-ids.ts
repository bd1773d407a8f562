import type { MarketListing } from "../market/index.ts";
import { type FeedListing, pseudoUuid } from "../protocols/index.ts";

/** How each feed spells a listing's trade number `n`; plain digits unless named here. */
const SPELLINGS: Readonly<Record<string, (n: number, listing: MarketListing) => string>> = {
  // The wire has no ids.
  "kraken-v1": () => "",
  // 19 digits, beyond what a double holds.
  bybit: (n) => `21${String(n).padStart(17, "0")}`,
  "bybit-linear": (n, listing) => pseudoUuid(listing.index, n),
  "bybit-inverse": (n, listing) => pseudoUuid(listing.index, n),
  "bybit-v2": (n, listing) => pseudoUuid(listing.index, n),
  "kraken-futures": (n, listing) => pseudoUuid(listing.index, n),
};

/**
 * A listing on one feed, with ids that go on from `firstTradeId`.
 *
 * @param firstTradeId the id of the trade with ordinal 1; whole and so low that ids stay below 2^53
 */
export function feedListing(market: MarketListing, feed: string, firstTradeId: number): FeedListing {
  const spell = SPELLINGS[feed] ?? String;
  let cachedOrdinal = Number.NaN; // The frame and the ledger ask for the same id, one after the other.
  let cachedId = "";
  return {
    market,
    feed,
    symbol: market.symbols[feed] ?? "",
    tradeId(ordinal) {
      if (ordinal !== cachedOrdinal) {
        cachedOrdinal = ordinal;
        cachedId = spell(firstTradeId - 1 + ordinal, market);
      }
      return cachedId;
    },
    sequence: (order) => firstTradeId + order,
  };
}

/** The ordinal behind an id; undefined where ids do not tell. */
export function ordinalOf(id: string, feed: string, firstTradeId: number): number | undefined {
  if (feed === "kraken-v1" || !/^\d{1,19}$/.test(id)) return undefined; // UUIDs tell nothing.
  const digits = feed === "bybit" && id.length === 19 ? id.slice(2) : id;
  return Math.max(0, Number(digits) - firstTradeId + 1);
}
