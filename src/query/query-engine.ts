import { type Abortable, InvalidInputError } from "../base/index.ts";
import {
  BARS,
  type Bar,
  type BarInterval,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  GAPS,
  QUALITY,
  QUOTE_QUALITY,
  type TableDefinition,
  TRADES,
  VENUE_DATA_TABLES,
} from "../domain/index.ts";
import { SqlError, type Store } from "../store/index.ts";
import { barsPage } from "./bars.ts";
import { bookAt } from "./book/book-at.ts";
import type { BookAnswer, BookRequest } from "./book/book-request.ts";
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
}

/** Files of an expired snapshot may go while a question reads them; a newer snapshot has the same rows. */
const TRIES_MAX = 3;
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
    return await this.#ask([BOOK_SNAPSHOTS, BOOK_CHANGES, GAPS], {}, signal, (sources) =>
      bookAt(request, sources, this.#options.store, { signal }),
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
