import { expect, test } from "vitest";
import { TOPICS } from "../../domain/index.ts";
import { openPipeline, type Pipeline } from "../pipeline.ts";
import { frame, MemoryLog, opened, scriptedRules, T0 } from "../test-support.ts";
import { type Books, openBooks } from "./books.ts";
import { bookFrame, levelRows, scriptedBooks } from "./test-books.ts";

interface Both {
  readonly log: MemoryLog;
  readonly pipeline: Pipeline;
  readonly books: Books;
  readonly stop: () => Promise<void>;
  readonly ends: Promise<readonly PromiseSettledResult<void>[]>;
}

async function runBoth(log: MemoryLog): Promise<Both> {
  const common = { raw: log, events: log, rawTopics: ["raw.one"] };
  const pipeline = await openPipeline({ ...common, rules: scriptedRules, recall: log.recall });
  const books = await openBooks({ ...common, rules: scriptedBooks, desk: pipeline.listingDesk });
  const stopping = new AbortController();
  const { signal } = stopping;
  const ends = Promise.allSettled([books.run({ signal }), pipeline.run({ signal })]);
  return {
    log,
    pipeline,
    books,
    ends,
    stop: async () => {
      stopping.abort();
      await ends;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

function takenIn({ pipeline, books }: Both, frames: number): boolean {
  return [pipeline, books].every((part) => part.status().positions[0]?.offset === frames);
}

test("a listing that only books have named yet is written by the pipeline, before any record that names it", async () => {
  const log = new MemoryLog();
  log.putFrames([
    opened(T0, 1),
    bookFrame(T0 + 1, [{ s: "BTC", seq: 1, snap: true, b: [["0.0000000001", "5"]] }]),
    bookFrame(T0 + 2, [{ s: "ETH", seq: 1, snap: true, b: [["1.5", "0"]] }]),
  ]);
  const order: string[] = [];
  const append = log.append.bind(log);
  log.append = (entries, progress) => {
    order.push(...entries.map(({ topic }) => topic));
    return append(entries, progress);
  };
  const both = await runBoth(log);
  await until(() => takenIn(both, 3));
  expect(log.listings()).toEqual([
    { index: 0, venue: "one", rawSymbol: "BTC", symbol: "BTC-USD-SPOT", unitExponent: 3 },
    { index: 1, venue: "one", rawSymbol: "ETH", symbol: "ETH-USD-SPOT", unitExponent: 0 },
  ]);
  expect(order.indexOf(TOPICS.listings)).toBeLessThan(order.indexOf(TOPICS.bookChanges));
  // Trades of the same symbol have the same listing and its unit.
  log.putFrames([frame(T0 + 3, { trades: [{ s: "BTC", id: 1, p: "0.0000000002", q: "7", t: T0 }] })]);
  await until(() => takenIn(both, 4));
  await both.stop();
  expect(log.trades()).toMatchObject([
    { rawSymbol: "BTC", price: { mantissa: 2n * 10n }, size: { mantissa: 700_000n } },
  ]);
  expect((await levelRows(log)).map(({ price }) => price)).toEqual([10n, 150_000_000n]);

  const again = await runBoth(log.copy());
  expect(again.pipeline.listings.count).toBe(2);
  await again.stop();
  expect(again.log.eventBytes()).toEqual(log.eventBytes());
});

test("where the pipeline has failed, books that wait for a listing fail with it, and have written nothing", async () => {
  const log = new MemoryLog();
  log.putFrames([bookFrame(T0, [{ s: "BTC", seq: 1, snap: true, b: [["1", "1"]] }])]);
  log.beforeAppend = () => {
    throw new Error("the log broke");
  };
  const both = await runBoth(log);
  const ends = await both.ends;
  expect(ends.map((end) => end.status === "rejected" && String(end.reason))).toEqual([
    "Error: the log broke",
    "Error: the log broke",
  ]);
  expect(await levelRows(log)).toEqual([]);
});
