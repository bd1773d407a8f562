import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type Abortable,
  type Clock,
  describeError,
  InvalidInputError,
  type Logger,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import { rawTopic } from "../../domain/index.ts";
import { hasTextIds, type Mapping, type PieceCounts, parseMapping } from "../../imports/index.ts";
import type { FeedCounts } from "../../pipeline/index.ts";
import type { Config } from "../config.ts";
import { CandleReading } from "./candle-reading.ts";
import { DefinitionReading } from "./definition-reading.ts";
import { dryRun } from "./dry-run.ts";
import { type ImportEngine, openImportEngine } from "./import-engine.ts";
import { importFeed } from "./import-feeds.ts";
import { progressAt, readProgress } from "./import-journal.ts";
import type { ImportReport, TextReport } from "./import-report.ts";
import { KnownRows, type KnownRowsOptions } from "./known-rows.ts";
import { knownSpans } from "./known-spans.ts";
import { type ImportJob, type PlanOptions, planImports } from "./plan-imports.ts";
import { textFrames } from "./text-frames.ts";
import { TextTally } from "./text-tally.ts";
import { TradeIdReading } from "./trade-id-reading.ts";

export interface ImportOptions extends Omit<PlanOptions, "feeds" | "signal" | "mapped">, Abortable {
  readonly paths: readonly string[];
  /** A file that says which columns are what, instead of a format. */
  readonly mappingPath?: string | undefined;
  /** Reads and decodes everything, and writes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: RunningImport) => void;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Where an import stands. */
export interface RunningImport {
  readonly text: string;
  /** Rows of this text so far, and of all texts in this run. */
  readonly rows: number;
  readonly rowsOfRun: number;
  readonly seconds: number;
}

/**
 * Takes files of history in, by the path of live data: each piece into the raw log, then decoded, validated, de-duplicated,
 * made into bars and landed in the lake. Stopped or killed at any moment and started again it goes on where it was; a
 * file that was imported is known by its bytes and adds nothing.
 *
 * @throws {InvalidInputError} when a file cannot be told or read, before anything is written; or when a K2 runs
 * @throws the signal's reason when aborted: what was written stays, and the next run goes on behind it
 */
export async function importFiles(config: Config, options: ImportOptions): Promise<ImportReport> {
  const { clock = systemClock, signal } = options;
  const startedMs = clock.monotonicMs();
  const mapped = options.mappingPath === undefined ? undefined : await readMapping(options.mappingPath);
  const plan = await planImports(options.paths, { ...options, feeds: config.feeds, mapped });
  const seconds = (): number => (clock.monotonicMs() - startedMs) / 1000;
  if (options.dryRun === true) {
    const texts: TextReport[] = [];
    for (const job of plan.jobs) texts.push(await dryRun(job, { clock, signal }));
    return { texts, leftOut: plan.leftOut, seconds: seconds() };
  }
  const tallies = new Tallies();
  await using engine = await openImportEngine(config, {
    logger: options.logger ?? silentLogger,
    clock,
    topics: [...new Set(plan.jobs.map(({ format }) => rawTopic(importFeed(format.id))))],
    onEvents: ({ trades, bars, refusals }) => {
      tallies.current.sawTrades(trades);
      tallies.current.sawBars(bars);
      tallies.current.sawRefusals(refusals);
    },
    onPiece: (counts) => tallies.sawPiece(counts),
  });
  await engine.taken(); // What an earlier run left behind is not this one's.
  const run: ImportRun = { engine, clock, signal, tallies, seconds, rows: 0, onProgress: options.onProgress };
  const texts: TextReport[] = [];
  for (const job of plan.jobs) texts.push(await importText(job, run));
  await engine.finish();
  return { texts, leftOut: plan.leftOut, seconds: seconds() };
}

async function readMapping(path: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new InvalidInputError(`Cannot read the mapping ${path}: ${describeError(error)}. Nothing was imported`, {
      cause: error,
    });
  }
  return parseMapping(text, path);
}

/** Of which text, imported with which symbols, and from where on. */
interface TextPlace extends Pick<PieceCounts, "format" | "file" | "listings"> {
  readonly from: number;
}

/** The tally of the text that is being imported. */
class Tallies {
  current: TextTally = new TextTally();
  #of: TextPlace = { format: "", file: "", listings: [], from: 0 };

  begin(tally: TextTally, of: TextPlace): void {
    this.current = tally;
    this.#of = of;
  }

  /** Pieces of before are read again when books begin. */
  sawPiece(counts: PieceCounts): void {
    const { format, file, listings, from } = this.#of;
    if (counts.format !== format || counts.file !== file || counts.byte < from) return;
    if (isDeepStrictEqual(counts.listings, listings)) this.current.sawPiece(counts);
  }
}

interface ImportRun extends Abortable {
  readonly engine: ImportEngine;
  readonly clock: Clock;
  readonly tallies: Tallies;
  readonly seconds: () => number;
  readonly onProgress: ImportOptions["onProgress"] | undefined;
  rows: number;
}

async function importText(job: ImportJob, run: ImportRun): Promise<TextReport> {
  const { engine } = run;
  const before = await readProgress(engine.log, job.id);
  const tally = new TextTally();
  if (before.isDone) return reportOf(job, tally, { state: "known", fromRow: undefined, rows: 0 });
  const from = before.byte ?? job.firstLine.rowsAt;
  run.tallies.begin(tally, { ...job.identity, from });
  const feed = importFeed(job.format.id);
  const countsBefore = engine.pipeline.status().feeds[feed];
  const appended = await appendText(job, run, from);
  await engine.taken();
  const counts = difference(engine.pipeline.status().feeds[feed], countsBefore);
  const state = before.byte === undefined ? "imported" : "resumed";
  const { books, venueData } = job.format;
  const isTrades = books === undefined && venueData === undefined;
  const repeated = isTrades ? appended.repeated + counts.repeated : tally.repeated;
  return reportOf(job, tally, { state, ...appended, repeated });
}

/** Whether K2 is asked for each row whether it has it: trades with ids that are texts, and candles. */
function rowsAreKnown(format: ImportJob["format"]): boolean {
  if (format.venueData === "candle" || format.venueData === "status") return true;
  return format.venueData === undefined && format.books === undefined && hasTextIds(format);
}

/** Appends the text's frames, each batch with how far it goes. */
async function appendText(
  job: ImportJob,
  run: ImportRun,
  from: number,
): Promise<{ readonly rows: number; readonly repeated: number; readonly fromRow: number | undefined }> {
  const { engine, clock, signal } = run;
  const { query, pipeline, visible } = engine;
  const { books, venueData } = job.format;
  const readingOf: KnownRowsOptions["readingOf"] = (head) => {
    if (venueData === "status") return new DefinitionReading(head);
    return venueData === "candle" ? new CandleReading(head) : new TradeIdReading(head, pipeline.listings);
  };
  const known = rowsAreKnown(job.format) ? new KnownRows({ query, visible, readingOf }) : undefined;
  const isKnownByTime = books !== undefined || venueData === "funding" || venueData === "liquidation";
  const spans = isKnownByTime ? await knownSpans(job, engine) : undefined;
  const topic = rawTopic(importFeed(job.format.id));
  let rows = 0;
  let repeated = 0;
  let fromRow: number | undefined;
  let appending: Promise<unknown> = Promise.resolve();
  try {
    for await (const batch of textFrames(job, { from, clock, signal, known, spans })) {
      await appending;
      await engine.keepPace();
      signal?.throwIfAborted();
      appending = engine.log.append(
        [{ topic, partition: 0, records: batch.records }],
        progressAt(job.id, { topic, ...batch }),
      );
      appending.catch(() => {}); // Awaited in the next turn.
      fromRow ??= batch.fromRow;
      rows += batch.rows;
      repeated += batch.repeated;
      run.rows += batch.rows;
      run.onProgress?.({ text: job.source.name, rows, rowsOfRun: run.rows, seconds: run.seconds() });
    }
  } finally {
    await appending;
  }
  return { rows, repeated, fromRow };
}

function difference(after: FeedCounts | undefined, before: FeedCounts | undefined): { readonly repeated: number } {
  const repeated = (counts: FeedCounts | undefined): number => (counts?.duplicates ?? 0) + (counts?.unproven ?? 0);
  return { repeated: repeated(after) - repeated(before) };
}

function reportOf(
  { path, source, format, identity }: ImportJob,
  tally: TextTally,
  facts: Pick<TextReport, "state" | "fromRow" | "rows"> & { readonly repeated?: number },
): TextReport {
  const { added, barsMade, barsRevised, firstUs, lastUs, refusals } = tally;
  const { repeated = 0, ...rest } = facts;
  return {
    path,
    text: source.name,
    format: format.id,
    symbols: [...new Set(identity.listings.map(({ symbol }) => symbol))].filter((symbol) => symbol !== ""),
    ...rest,
    added,
    repeated,
    refused: facts.rows - added - repeated,
    refusals,
    barsMade,
    barsRevised,
    firstUs,
    lastUs,
  };
}
