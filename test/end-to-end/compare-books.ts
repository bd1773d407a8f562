import { K2Error } from "../../src/base/index.ts";
import { rowsOf } from "./harness.ts";
import type { MarketScene } from "./market-scene.ts";
import type { Torment } from "./torment.ts";

/** A best bid and ask that a proven book showed. */
interface Quote {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly best: string;
  /** By the venue's clock; 0 where it does not say. */
  readonly eventUs: number;
  readonly receivedUs: number;
}

export interface BooksReport {
  /** Problems, each in words: none is what is to be proved. */
  readonly problems: readonly string[];
  readonly quotes: number;
  /** Books that were compared level by level. */
  readonly books: number;
  /** Listings of them. */
  readonly listings: number;
  /** Gaps of books by venue, cause and resolution. */
  readonly gaps: Readonly<Record<string, number>>;
}

const QUOTES_SQL = `SELECT venue, symbol, raw_symbol, concat_ws(' ', bid_price, bid_size, ask_price, ask_size) AS best, coalesce(epoch_us(ts_event), 0)::DOUBLE AS event_us, epoch_us(ts_recv)::DOUBLE AS us
  FROM silver.quotes WHERE contains(flags, 'derived') ORDER BY venue, raw_symbol, ts_recv, _offset`;
const BOOK_GAPS_SQL = `SELECT venue, raw_symbols, cause, any_value(connection) AS connection, epoch_us(min(from_ts))::DOUBLE AS from_us, epoch_us(max(to_ts))::DOUBLE AS to_us,
    max(resolution) AS resolution FROM silver.gaps WHERE contains(gap_id, '@') GROUP BY gap_id, venue, raw_symbols, cause ORDER BY ALL`;

const NOT_PROVEN = "not proven";
/** Levels a side: all that any subscription keeps. */
const DEPTH = 1_000;

/**
 * Holds what the disturbed run's books showed while they claimed to be proven against the undisturbed run: every best bid
 * and ask, and some books level by level, from the beginning to the end.
 */
export async function compareBooks({ clean, disturbed, untilUs }: Torment, samples: number): Promise<BooksReport> {
  const problems: string[] = [];
  const [quotes, expected] = [await quotesOf(disturbed), await quotesOf(clean)];
  const gaps = await rowsOf(disturbed.k2, BOOK_GAPS_SQL);
  for (const { venue, raw_symbols: rawSymbol, resolution, cause } of gaps)
    if (resolution === null) problems.push(`never whole again: ${venue} ${rawSymbol} after ${cause}`);
  let [compared, books, listings] = [0, 0, 0];
  for (const [listing, shown] of quotes) {
    const truth = expected.get(listing) ?? [];
    const known = new Set(truth.map(({ best }) => best));
    const wrong = comparable(shown, truth, untilUs).filter(({ best }) => !known.has(best));
    compared += shown.length;
    if (wrong.length > 0)
      problems.push(`${wrong.length} of ${shown.length} quotes never were: ${JSON.stringify(wrong[0])}`);
    for (const { from_us: from, to_us: to } of gaps.filter(
      (gap) => `${gap["venue"]} ${gap["raw_symbols"]}` === listing,
    )) {
      const within = shown.find(({ receivedUs }) => receivedUs > Number(from) && receivedUs < Number(to));
      if (within !== undefined) problems.push(`shown while not proven: ${JSON.stringify(within)}`);
    }
    const report = await compareSome(shown, truth, { clean, disturbed }, samples);
    books += report.books;
    listings += report.books > 0 ? 1 : 0;
    problems.push(...report.problems);
  }
  const names = gaps.map(({ venue, cause, resolution }) => `${venue} ${cause} ${resolution}`).sort();
  const counts = Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((n) => n === name).length]));
  return { problems: problems.slice(0, 20), quotes: compared, books, listings, gaps: counts };
}

/**
 * Those of the time in which both runs had a book: from the undisturbed run's first one on (some venues tell it over HTTP), to
 * the end of what was played to both.
 */
function comparable(shown: readonly Quote[], truth: readonly Quote[], untilUs: number): readonly Quote[] {
  const fromUs = truth[0]?.eventUs ?? 0;
  const timed = shown.filter(({ eventUs }) => eventUs >= fromUs && eventUs < untilUs);
  const known = new Set(truth.map(({ best }) => best));
  const lastKnown = timed.findLastIndex(({ best }) => known.has(best));
  // A venue that names no times is compared up to the last quote that both runs have.
  return timed.filter(({ eventUs }, index) => eventUs > 0 || index <= lastKnown);
}

async function quotesOf({ k2 }: MarketScene): Promise<ReadonlyMap<string, readonly Quote[]>> {
  const byListing = new Map<string, Quote[]>();
  for (const { venue, symbol, raw_symbol: rawSymbol, best, event_us: eventUs, us } of await rowsOf(k2, QUOTES_SQL)) {
    const key = `${venue} ${rawSymbol}`;
    const quotes = byListing.get(key) ?? [];
    byListing.set(key, quotes);
    quotes.push({
      ...{ venue: String(venue), symbol: String(symbol), rawSymbol: String(rawSymbol) },
      ...{ best: String(best), eventUs: Number(eventUs), receivedUs: Number(us) },
    });
  }
  return byListing;
}

/** Books as they stood between two quotes that follow each other in both runs: there the same messages were applied. */
async function compareSome(
  shown: readonly Quote[],
  truth: readonly Quote[],
  { clean, disturbed }: Pick<Torment, "clean" | "disturbed">,
  samples: number,
): Promise<{ readonly books: number; readonly problems: readonly string[] }> {
  const pairs = matchedPairs(shown, truth);
  const problems: string[] = [];
  let books = 0;
  for (let sample = 0; sample < Math.min(samples, pairs.length); sample += 1) {
    // The last one of all, and the others spread over the run.
    const pair = pairs[pairs.length - 1 - Math.floor((sample * pairs.length) / samples)];
    if (pair === undefined) continue;
    const [here, there] = [await bookBefore(disturbed, pair.shown), await bookBefore(clean, pair.truth)];
    if (here === NOT_PROVEN) continue; // Between the two it was lost, and claims nothing.
    books += 1;
    if (here !== there)
      problems.push(
        `another book of ${pair.shown.venue} ${pair.shown.rawSymbol} at ${pair.shown.receivedUs}: ${firstDifference(here, there)}`,
      );
  }
  return { books, problems };
}

/** Quotes with one just before them, the same two in both runs, each received by itself. */
function matchedPairs(
  shown: readonly Quote[],
  truth: readonly Quote[],
): readonly { readonly shown: Quote; readonly truth: Quote }[] {
  const followers = new Map<string, Quote>();
  const isPair = (before: Quote | undefined, quote: Quote): before is Quote =>
    before !== undefined && before.receivedUs < quote.receivedUs;
  for (const [index, quote] of truth.entries()) {
    const before = truth[index - 1];
    if (isPair(before, quote)) followers.set(`${before.best} | ${quote.best}`, quote);
  }
  return shown.flatMap((quote, index) => {
    const before = shown[index - 1];
    const other = isPair(before, quote) ? followers.get(`${before.best} | ${quote.best}`) : undefined;
    return other === undefined ? [] : [{ shown: quote, truth: other }];
  });
}

async function bookBefore({ k2 }: MarketScene, { venue, symbol, receivedUs }: Quote): Promise<string> {
  try {
    const { bids, asks } = await k2.query.book({ venue, symbol, atUs: receivedUs - 1, depth: DEPTH });
    return JSON.stringify([bids, asks].map((side) => side.map(({ price, size }) => `${price} × ${size}`)));
  } catch (error) {
    if (error instanceof K2Error && error.code === "K2_BOOK_NOT_PROVEN") return NOT_PROVEN;
    throw error;
  }
}

function firstDifference(here: string, there: string): string {
  let at = 0;
  while (at < here.length && here[at] === there[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${here.slice(from, at + 60)} instead of ${there.slice(from, at + 60)}`;
}
