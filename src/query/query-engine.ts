import { type Abortable, type Clock, InvalidInputError, systemClock } from "../base/index.ts";
import {
  BARS,
  type Bar,
  type BarInterval,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  GAPS,
  type Listing,
  type LiveBooks,
  QUALITY,
  QUOTE_QUALITY,
  type TableDefinition,
  TRADES,
  VENUE_DATA_TABLES,
} from "../domain/index.ts";
import { SqlError, type Store } from "../store/index.ts";
import { barsPage } from "./bars.ts";
import { bookAt } from "./book/book-at.ts";
import { listingOf } from "./book/book-listing.ts";
import { bookNow } from "./book/book-now.ts";
import type { BookAnswer, BookRequest } from "./book/book-request.ts";
import { areShown, booksAhead } from "./book/until-shown.ts";
import type { LakeSource } from "./lake-source.ts";
import { qualityPage, quoteQualityPage } from "./quality.ts";
import type {
  BarRow,
  BarsRequest,
  ListingRow,
  Page,
  QualityRow,
  QueryEngine,
  QuoteQualityRow,
  RangeRequest,
  SqlOptions,
  SqlResult,
  TradeRow,
  TradesRequest,
  VenueDataAnswerRow,
  VenueDataRequest,
} from "./query.ts";
import { checkRange } from "./range.ts";
import { runSql } from "./run-sql.ts";
import { Sources } from "./sources.ts";
import { tradesPage } from "./trades.ts";
import { venueDataPage } from "./venue-data/venue-data-page.ts";

export interface QueryEngineOptions {
  /** Not disposed of by the engine. */
  readonly store: Store;
  readonly lake: LakeSource;
  /**
   * Bars of an interval that the store may not have: the open ones (`complete: false`), and any closed a moment ago.
   * Where the store has the bar too, the higher revision of the closed ones counts.
   */
  readonly openBars?: (filter: { readonly intervals: readonly BarInterval[] }) => readonly Bar[];
  /** Books of the pipeline, where it runs in this process: a book without a time is then the one that it holds. */
  readonly liveBooks?: LiveBooks;
  readonly clock?: Clock;
}

/** Files of an expired snapshot may go while a question reads them; a newer snapshot has the same rows. */
const TRIES_MAX = 3;
/** How long a book at a time that is only just past waits for the tables. */
const SHOWN_MS_MAX = 3_000;
const SHOWN_EVERY_MS = 20;
const FILE_GONE = /No such file|Cannot open file|No files found/i;

export function openQueryEngine(options: QueryEngineOptions): QueryEngine {
  return new Engine(options);
}

class Engine implements QueryEngine {
  readonly #options: QueryEngineOptions;

  constructor(options: QueryEngineOptions) {
    this.#options = options;
  }

  async trades(request: TradesRequest, { signal }: Abortable = {}): Promise<Page<TradeRow>> {
    checkRange(request);
    return await this.#ask([TRADES], request, signal, (sources) =>
      tradesPage(request, sources, this.#options.store, { signal }),
    );
  }

  async bars(request: BarsRequest, { signal }: Abortable = {}): Promise<Page<BarRow>> {
    checkRange(request);
    const { store, openBars } = this.#options;
    // Asked before the store is pinned: a bar that closes in between is then seen twice, never missed.
    const open = openBars?.({ intervals: [request.interval] }) ?? [];
    return await this.#ask([BARS], request, signal, (sources) =>
      barsPage(request, { sources, store, openBars: open }, { signal }),
    );
  }

  async book(request: BookRequest, { signal }: Abortable = {}): Promise<BookAnswer> {
    const { store, liveBooks } = this.#options;
    const listing = listingOf(request, store.listings());
    const isNow = request.atUs === undefined && liveBooks !== undefined;
    const now = isNow ? bookNow(listing, liveBooks(listing.index), request.depth) : undefined;
    if (now !== undefined) return now;
    if (request.atUs !== undefined) await this.#untilShown(listing, request.atUs, signal);
    return await this.#ask([BOOK_SNAPSHOTS, BOOK_CHANGES, GAPS], {}, signal, (sources) =>
      bookAt(listing, request, sources, store, { signal }),
    );
  }

  async quality(request: RangeRequest, { signal }: Abortable = {}): Promise<Page<QualityRow>> {
    checkRange(request);
    return await this.#ask([QUALITY], request, signal, (sources) =>
      qualityPage(request, sources, this.#options.store, { signal }),
    );
  }

  async quoteQuality(request: RangeRequest, { signal }: Abortable = {}): Promise<Page<QuoteQualityRow>> {
    checkRange(request);
    return await this.#ask([QUOTE_QUALITY], request, signal, (sources) =>
      quoteQualityPage(request, sources, this.#options.store, { signal }),
    );
  }

  async venueData(request: VenueDataRequest, { signal }: Abortable = {}): Promise<Page<VenueDataAnswerRow>> {
    checkRange(request);
    return await this.#ask([VENUE_DATA_TABLES[request.kind].definition], request, signal, (sources) =>
      venueDataPage(request, sources, this.#options.store, { signal }),
    );
  }

  async listings(): Promise<readonly ListingRow[]> {
    return this.#options.store.listings().map(({ venue, symbol, rawSymbol, unitExponent }) => ({
      venue,
      symbol,
      rawSymbol,
      unit: (10n ** BigInt(unitExponent)).toString(),
    }));
  }

  async sql(text: string, options: SqlOptions = {}): Promise<SqlResult> {
    if (text.trim() === "")
      throw new InvalidInputError("The SQL text is empty; write a statement, such as SELECT * FROM trades");
    return await retried(() => runSql(text, this.#options, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Holds nothing of its own: sources are closed with each answer.
  }

  /** What memory knows to have come by then is answered when the tables show it: a time has one answer ever after. */
  async #untilShown(listing: Listing, atUs: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, liveBooks, clock = systemClock } = this.#options;
    const ahead = booksAhead(liveBooks?.(listing.index) ?? [], atUs);
    for (let waitedMs = 0; ahead.length > 0 && waitedMs < SHOWN_MS_MAX; waitedMs += SHOWN_EVERY_MS) {
      const isShown = await this.#ask([BOOK_CHANGES, BOOK_SNAPSHOTS], {}, signal, (sources) =>
        areShown(listing, ahead, { sources, store, signal }),
      );
      if (isShown) return;
      await clock.sleep(SHOWN_EVERY_MS, { signal });
    }
  }

  async #ask<T>(
    tables: readonly TableDefinition[],
    { asOf }: Pick<RangeRequest, "asOf">,
    signal: AbortSignal | undefined,
    answer: (sources: Sources) => Promise<T>,
  ): Promise<T> {
    const { store, lake } = this.#options;
    return await retried(async () => {
      using sources = await Sources.open({ store, lake, tables, asOf }, { signal });
      return await answer(sources);
    });
  }
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const isGone = error instanceof SqlError && FILE_GONE.test(error.message);
      if (!isGone || attempt === TRIES_MAX) throw error;
    }
  }
}
