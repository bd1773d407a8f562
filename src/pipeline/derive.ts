import { type Abortable, recordAt } from "../base/index.ts";
import { FrameRecord, feedOfTopic, type Listing, type Refusal, type TradeBatch } from "../domain/index.ts";
import { type FeedCounts, FeedTally } from "./counters.ts";
import { Deduper, type DeduperOptions } from "./dedupe.ts";
import { Connections } from "./gaps.ts";
import { IdContinuity } from "./id-continuity.ts";
import { Intake, type IntakePartition, TakenIn } from "./intake.ts";
import { ListingBook } from "./listing-book.ts";
import type { FeedRules, LogRecords } from "./ports.ts";
import { TradeChecksum } from "./trade-checksum.ts";

/** What the trades of one listing add up to: equal to the same over the rows of the table, or something is wrong. */
export interface ListingTotals {
  readonly listing: Listing;
  readonly trades: number;
  /** Sum of stored sizes (scale 8, in the listing's unit). */
  readonly size: bigint;
  /** See TradeChecksum. */
  readonly checksum: string;
}

export interface Derivation {
  /** By `venue|rawSymbol`. */
  readonly listings: ReadonlyMap<string, ListingTotals>;
  /** By feed. */
  readonly feeds: Readonly<Record<string, FeedCounts>>;
}

export interface DeriveOptions extends Abortable {
  readonly rules: FeedRules;
  /** Those of the event log, for their units; others are found anew. */
  readonly listings?: readonly Listing[];
  readonly dedupe?: DeduperOptions;
  /** What some of the frames became, as long as the call lasts. */
  readonly onTaken?: (taken: { readonly trades: TradeBatch; readonly refusals: readonly Refusal[] }) => void;
}

/** Derives what the trades table must hold from raw frames alone: decode, validate and dedupe, without a log. */
export async function derive(frames: AsyncIterable<LogRecords>, options: DeriveOptions): Promise<Derivation> {
  const { rules, listings = [], dedupe, signal } = options;
  const book = new ListingBook(listings);
  const connections = new Connections(rules);
  const continuity = new IdContinuity((listing) => book.listings.at(listing));
  const intake = new Intake({ rules, book, deduper: new Deduper(dedupe), connections, continuity });
  const partitions = new Map<string, IntakePartition>();
  const sums = new Sums();
  const tallies = new Map<string, FeedTally>();
  const taken = new TakenIn();
  for await (const chunk of frames) {
    signal?.throwIfAborted();
    const key = `${chunk.topic}/${chunk.partition}`;
    const partition = partitions.get(key) ?? intake.partition(feedOfTopic(chunk.topic) ?? chunk.topic, chunk.partition);
    partitions.set(key, partition);
    for (let index = 0; index < chunk.records.count; index += 1) {
      intake.take(new FrameRecord(recordAt(chunk.records, index)), partition, chunk.firstOffset + index, taken);
    }
    sums.add(taken.trades);
    options.onTaken?.(taken);
    for (const [feed, counts] of taken.tallies) {
      const tally = tallies.get(feed) ?? new FeedTally();
      tally.add(counts);
      tallies.set(feed, tally);
    }
    taken.clear();
  }
  return { listings: sums.totals(book), feeds: Object.fromEntries(tallies) };
}

class Sums {
  readonly #byListing: ListingSum[] = [];

  add(trades: TradeBatch): void {
    for (let row = 0; row < trades.length; row += 1) {
      const listing = trades.listing[row] ?? 0;
      let sum = this.#byListing[listing];
      if (sum === undefined) {
        sum = new ListingSum();
        this.#byListing[listing] = sum;
      }
      sum.add(trades, row);
    }
  }

  totals(book: ListingBook): ReadonlyMap<string, ListingTotals> {
    const totals = new Map<string, ListingTotals>();
    for (const listing of book.listings.all()) {
      const sum = this.#byListing[listing.index] ?? new ListingSum();
      totals.set(`${listing.venue}|${listing.rawSymbol}`, {
        listing,
        trades: sum.trades,
        size: sum.size,
        checksum: sum.checksum.hex,
      });
    }
    return totals;
  }
}

class ListingSum {
  trades = 0;
  size = 0n;
  readonly checksum: TradeChecksum = new TradeChecksum();

  add(trades: TradeBatch, row: number): void {
    this.trades += 1;
    this.size += trades.size.get(row);
    this.checksum.addWords(trades.tradeId(row), {
      priceLow: trades.price.low(row),
      priceHigh: trades.price.high(row),
      sizeLow: trades.size.low(row),
      sizeHigh: trades.size.high(row),
      eventTimeUs: trades.eventTimeUs[row] ?? 0,
      eventTimeNanos: trades.eventTimeNanos[row] ?? 0,
      side: trades.side[row] ?? 0,
    });
  }
}
