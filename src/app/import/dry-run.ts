import type { Abortable, Clock } from "../../base/index.ts";
import { rawTopic } from "../../domain/index.ts";
import { derive, type LogRecords } from "../../pipeline/index.ts";
import { feedRules } from "../feed-rules.ts";
import { importFeed } from "./import-feeds.ts";
import type { TextReport } from "./import-report.ts";
import type { ImportJob } from "./plan-imports.ts";
import { readAside } from "./read-aside.ts";
import { textFrames } from "./text-frames.ts";
import { TextTally } from "./text-tally.ts";

/** Decodes and checks a whole text as an import would, and writes nothing. Repeated are the trades that it has twice. */
export async function dryRun(
  job: ImportJob,
  { clock, signal }: Abortable & { readonly clock: Clock },
): Promise<TextReport> {
  const { books, venueData } = job.format;
  if (books !== undefined || venueData !== undefined) return await dryRunAside(job, { clock, signal });
  const feed = importFeed(job.format.id);
  const tally = new TextTally();
  let rows = 0;
  let fromRow: number | undefined;
  const frames = async function* (): AsyncGenerator<LogRecords> {
    let firstOffset = 0;
    for await (const batch of textFrames(job, { from: job.firstLine.rowsAt, clock, signal })) {
      rows += batch.rows;
      fromRow ??= batch.fromRow;
      yield { topic: rawTopic(feed), partition: 0, firstOffset, records: batch.records };
      firstOffset += batch.records.count;
    }
  };
  const derived = await derive(frames(), {
    rules: feedRules([]),
    signal,
    onTaken: ({ trades, refusals }) => {
      tally.sawTrades(trades);
      tally.sawRefusals(refusals);
    },
  });
  const counts = derived.feeds[feed];
  const repeated = (counts?.duplicates ?? 0) + (counts?.unproven ?? 0);
  return {
    path: job.path,
    text: job.source.name,
    format: job.format.id,
    symbols: [...derived.listings.values()].map(({ listing }) => listing.symbol),
    state: "dry-run",
    fromRow,
    rows,
    added: tally.added,
    repeated,
    refused: rows - tally.added - repeated,
    refusals: tally.refusals,
    barsMade: 0,
    barsRevised: 0,
    firstUs: tally.firstUs,
    lastUs: tally.lastUs,
  };
}

async function dryRunAside(job: ImportJob, options: Abortable & { readonly clock: Clock }): Promise<TextReport> {
  const tally = new TextTally();
  const { rows, fromRow } = await readAside(job, tally, options);
  const { added, repeated, refusals, firstUs, lastUs } = tally;
  return {
    path: job.path,
    text: job.source.name,
    format: job.format.id,
    symbols: [...new Set(job.identity.listings.map(({ symbol }) => symbol))].filter((symbol) => symbol !== ""),
    state: "dry-run",
    fromRow,
    rows,
    added,
    repeated,
    refused: rows - added - repeated,
    refusals,
    barsMade: 0,
    barsRevised: 0,
    firstUs,
    lastUs,
  };
}
