import { systemClock } from "../../base/index.ts";
import { FRAMES, rawTopic, TICKERS } from "../../domain/index.ts";
import { batchOf, pollQuotes, type QuoteEvent } from "../../equities/index.ts";
import { CommitConflictError } from "../../lake/index.ts";
import type { Config } from "../config.ts";
import { Positions } from "../positions.ts";
import { openEquitiesLake } from "./equities-lake.ts";
import { COMMITTED_BY_ANOTHER, EquitiesWriter } from "./equities-writer.ts";
import { frameRow, type Landed, tickerRow } from "./equity-rows.ts";
import { quoteAsker, rawSymbols, type VendorAccess } from "./fetch-equities.ts";
import { QUOTE_PARTITION } from "./stored-frames.ts";

export interface PublishQuotesOptions extends VendorAccess {
  readonly symbols?: readonly string[] | undefined;
  /** Between the beginnings of two rounds over all symbols. */
  readonly cadenceMs: number;
  readonly roundsMax?: number | undefined;
  /** Quotes that have waited so long are committed. */
  readonly commitAgeMs: number;
  readonly onQuote: (event: QuoteEvent, symbol: string) => void;
  readonly signal: AbortSignal;
}

/** Another writer than that of answers and files, so that both run at once. */
const QUOTES_WRITER = "k2-equities-quotes";
/** Of what waits for a commit. */
const WAITING_MAX = 2_000;
const RETRIES_MAX = 20;

export interface PublishReport {
  readonly quotes: number;
  readonly failures: number;
  readonly commits: number;
}

/**
 * Asks for last prices at a cadence, tells each at once, and keeps them: the answers in bronze.frames, the prices in
 * silver.tickers. Ends when aborted, with everything told also kept.
 */
export async function publishQuotes(config: Config, options: PublishQuotesOptions): Promise<PublishReport> {
  const { vendor, cadenceMs, roundsMax, commitAgeMs, onQuote, signal } = options;
  const symbolOf = new Map([...rawSymbols(config, vendor, options.symbols)].map(([symbol, raw]) => [raw, symbol]));
  const clock = options.clock ?? systemClock;
  const ask = quoteAsker(config, options);
  await using lake = await openEquitiesLake(config);
  const keeper = new QuoteKeeper(new EquitiesWriter(lake, QUOTES_WRITER));
  let [quotes, failures, lastCommitMs] = [0, 0, clock.monotonicMs()];
  const polled = pollQuotes({ vendor, rawSymbols: [...symbolOf.keys()], cadenceMs, roundsMax, ask, clock, signal });
  for await (const event of polled) {
    const symbol = symbolOf.get(event.rawSymbol) ?? event.rawSymbol;
    onQuote(event, symbol);
    if (event.kind === "failed") {
      failures += 1;
      continue;
    }
    quotes += 1;
    keeper.add(event, symbol);
    const isDue = clock.monotonicMs() - lastCommitMs >= commitAgeMs || keeper.waiting >= WAITING_MAX;
    if (!isDue) continue;
    await keeper.commit();
    lastCommitMs = clock.monotonicMs();
  }
  await keeper.commit();
  return { quotes, failures, commits: keeper.commits };
}

type Quote = Extract<QuoteEvent, { readonly kind: "quote" }>;

class QuoteKeeper {
  commits = 0;
  readonly #writer: EquitiesWriter;
  #quotes: { readonly event: Quote; readonly symbol: string }[] = [];

  constructor(writer: EquitiesWriter) {
    this.#writer = writer;
  }

  get waiting(): number {
    return this.#quotes.length;
  }

  add(event: Quote, symbol: string): void {
    this.#quotes.push({ event, symbol });
  }

  /** @throws {CommitConflictError} when other processes are first again and again */
  async commit(): Promise<void> {
    for (let attempt = 1; this.#quotes.length > 0; attempt += 1) {
      await this.#writer.look();
      if ((await this.#tryCommit()) !== COMMITTED_BY_ANOTHER) {
        this.#quotes = [];
        this.commits += 1;
      } else if (attempt === RETRIES_MAX) {
        throw new CommitConflictError(
          `Others have committed quotes first ${RETRIES_MAX} times in a row; those that waited are not kept`,
        );
      }
    }
  }

  #tryCommit(): Promise<undefined | typeof COMMITTED_BY_ANOTHER> {
    const next = new Map<string, number>();
    const [frames, tickers] = [[], []] as [ReturnType<typeof frameRow>[], ReturnType<typeof tickerRow>[]];
    for (const { event, symbol } of this.#quotes) {
      const { fetched, rawSymbol, quote } = event;
      const { vendor, currency } = fetched.answer;
      const topic = rawTopic(vendor);
      const rawOffset = next.get(topic) ?? this.#writer.next(topic, QUOTE_PARTITION);
      next.set(topic, rawOffset + 1);
      const batch = batchOf(vendor, fetched.bytes, fetched.knownAtUs);
      const landed: Landed = { batch, source: "live", rawPartition: QUOTE_PARTITION, rawOffset };
      frames.push(frameRow(landed, `${vendor}/quotes`));
      tickers.push(tickerRow(landed, { symbol, rawSymbol, currency }, quote));
    }
    const positions = Positions.of([...next].map(([topic, offset]) => ({ topic, partition: QUOTE_PARTITION, offset })));
    const tables = [
      { table: FRAMES, rows: frames },
      { table: TICKERS, rows: tickers },
    ];
    return this.#writer.commit(tables, { frames: positions, summary: {} });
  }
}
