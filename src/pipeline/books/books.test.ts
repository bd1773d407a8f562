import { expect, test } from "vitest";
import type { Frame } from "../../domain/index.ts";
import { TOPICS } from "../../domain/index.ts";
import { closed, frame, MemoryLog, opened, T0 } from "../test-support.ts";
import { type Books, type BooksOptions, openBooks } from "./books.ts";
import {
  bookFrame,
  gapsOf,
  levelRows,
  quoteTexts,
  ReadyDesk,
  refusalsOf,
  type ScriptedMessage,
  scriptedBooks,
} from "./test-books.ts";

const SECOND = 1_000_000;
const SNAPSHOTS = { everyMs: 10_000, depth: 2 };

async function read(frames: readonly Frame[], of: Partial<BooksOptions> = {}): Promise<MemoryLog> {
  const log = new MemoryLog();
  log.putFrames(frames);
  const books = await openBooks({
    raw: log,
    events: log,
    rules: scriptedBooks,
    rawTopics: ["raw.one"],
    desk: new ReadyDesk(),
    snapshots: SNAPSHOTS,
    ...of,
  });
  await books.run({ follow: false });
  return log;
}

const snapshot = (seq: number, of: Partial<ScriptedMessage> = {}): ScriptedMessage => ({
  s: "BTC",
  seq,
  snap: true,
  b: [
    ["100", "1"],
    ["99", "2"],
    ["98", "3"],
  ],
  a: [
    ["101", "1"],
    ["102", "2"],
  ],
  ...of,
});
const change = (seq: number, of: Partial<ScriptedMessage> = {}): ScriptedMessage => ({ s: "BTC", seq, ...of });

test("a snapshot and its changes become rows a level, quotes where the best changed, and snapshots with their proof", async () => {
  const log = await read([
    opened(T0, 1),
    bookFrame(T0 + 1, [snapshot(5, { t: T0, sum: 3002 })]),
    bookFrame(T0 + 2, [change(6, { b: [["98", "0"]] })]),
    bookFrame(T0 + 3, [change(7, { b: [["100", "0"]], a: [["101", "4"]] })]),
  ]);
  const rows = await levelRows(log);
  expect(rows.map(({ side, price, size }) => [side, Number(price) / 1e8, Number(size) / 1e8])).toEqual([
    ["bid", 100, 1],
    ["bid", 99, 2],
    ["bid", 98, 3],
    ["ask", 101, 1],
    ["ask", 102, 2],
    ["bid", 98, 0],
    ["bid", 100, 0],
    ["ask", 101, 4],
  ]);
  expect(rows.map(({ flags }) => flags.join())).toEqual([
    ...Array(4).fill("snapshot"),
    "snapshot,last",
    "last,noEventTime",
    "noEventTime",
    "last,noEventTime",
  ]);
  expect(rows.map(({ rawOffset, index }) => `${rawOffset}.${index}`)).toEqual([
    "1.0",
    "1.1",
    "1.2",
    "1.3",
    "1.4",
    "2.0",
    "3.0",
    "3.1",
  ]);
  expect(await quoteTexts(log)).toEqual(["100×1 101×1 derived", "99×2 101×4 derived"]);
  const snapshots = await levelRows(log, TOPICS.bookSnapshots);
  expect(snapshots.map(({ side, level, price }) => [side, level, Number(price) / 1e8])).toEqual([
    ["bid", 0, 100],
    ["bid", 1, 99],
    ["ask", 0, 101],
    ["ask", 1, 102],
  ]);
  expect(snapshots[0]?.flags).toEqual(["snapshot", "checksumOk"]);
  expect(await gapsOf(log)).toEqual([]);
});

test("a missing message opens the book's gap at the last good one; changes are flagged until a snapshot closes it", async () => {
  const log = await read([
    opened(T0, 1),
    bookFrame(T0 + 1 * SECOND, [snapshot(5)]),
    bookFrame(T0 + 2 * SECOND, [change(6, { b: [["97", "1"]] })]),
    bookFrame(T0 + 3 * SECOND, [change(8, { b: [["96", "1"]] })]),
    bookFrame(T0 + 4 * SECOND, [change(9, { b: [["100", "9"]] })]),
    bookFrame(T0 + 5 * SECOND, [snapshot(20)]),
  ]);
  expect(await gapsOf(log)).toEqual([
    {
      gapId: "one/0#1/BTC@3.0",
      venue: "one",
      feed: "one",
      connection: "one/0",
      epoch: 1,
      rawSymbols: ["BTC"],
      cause: "missed",
      state: "open",
      fromUs: T0 + 2 * SECOND,
      toUs: undefined,
      detail: "8 does not follow 6",
      resolution: undefined,
      source: 0,
    },
    expect.objectContaining({
      gapId: "one/0#1/BTC@3.0",
      state: "closed",
      fromUs: T0 + 2 * SECOND,
      toUs: T0 + 5 * SECOND,
      resolution: "resynchronised",
    }),
  ]);
  const flagged = (await levelRows(log)).filter(({ flags }) => flags.includes("maybeBad"));
  expect(flagged.map(({ sequence }) => sequence)).toEqual([8n, 9n]);
  // Nothing is derived from a book that is not proven.
  expect(await quoteTexts(log)).toEqual(["100×1 101×1 derived", "100×1 101×1 derived"]);
});

test("a checksum that fails, and a crossing, leave a book unproven; a checksum that holds ends the crossing, a snapshot both", async () => {
  const log = await read([
    bookFrame(T0 + 1, [snapshot(1, { sum: 3002 })]),
    bookFrame(T0 + 2, [change(2, { b: [["101", "1"]], sum: 4002 })]),
    bookFrame(T0 + 3, [change(3, { b: [["101", "0"]] })]),
    bookFrame(T0 + 4, [change(4, { b: [["50", "1"]], sum: 4002 })]),
    bookFrame(T0 + 5, [change(5, { b: [["51", "1"]], sum: 1 })]),
    bookFrame(T0 + 6, [change(6, { b: [["52", "1"]], sum: 6002 })]),
    bookFrame(T0 + 7, [snapshot(7, { sum: 3002 })]),
  ]);
  expect(
    (await gapsOf(log)).map(({ cause, state, resolution, fromUs, toUs }) => [
      cause,
      state,
      resolution,
      fromUs - T0,
      toUs && toUs - T0,
    ]),
  ).toEqual([
    ["crossed", "open", undefined, 1, undefined],
    ["crossed", "closed", "uncrossed", 1, 4],
    ["checksum", "open", undefined, 4, undefined],
    ["checksum", "closed", "resynchronised", 4, 7],
  ]);
});

test("messages lost on a socket leave all of its books unproven, since the frame before", async () => {
  const log = await read([
    bookFrame(T0 + 1, [snapshot(1), snapshot(1, { s: "ETH" })]),
    bookFrame(T0 + 2, [change(2, { b: [["90", "1"]] })]),
    frame(T0 + 3, { lost: "sequence 9 after 7" }),
    bookFrame(T0 + 4, [snapshot(3, { s: "ETH" })]),
  ]);
  expect(
    (await gapsOf(log)).map(({ rawSymbols, state, cause, fromUs, toUs, detail }) => [
      rawSymbols[0],
      state,
      cause,
      fromUs - T0,
      toUs && toUs - T0,
      detail,
    ]),
  ).toEqual([
    ["BTC", "open", "missed", 2, undefined, "sequence 9 after 7"],
    ["ETH", "open", "missed", 2, undefined, "sequence 9 after 7"],
    ["ETH", "closed", "missed", 2, 4, "sequence 9 after 7"],
  ]);
});

test("a book goes with its socket; in a planned change-over the new socket takes over with its snapshot, without a gap", async () => {
  const log = await read([
    opened(T0, 1),
    bookFrame(T0 + 1, [snapshot(1)]),
    opened(T0 + 2, 2, { planned: true }),
    bookFrame(T0 + 3, [change(9, { b: [["100.5", "7"]] })], { epoch: 2 }),
    bookFrame(T0 + 4, [change(2, { b: [["100.1", "1"]] })]),
    bookFrame(T0 + 5, [snapshot(10, { b: [["100.2", "1"]] })], { epoch: 2 }),
    bookFrame(T0 + 6, [change(3, { b: [["100.3", "1"]] })]),
    closed(T0 + 7, 1, { cause: "planned" }),
    bookFrame(T0 + 8, [change(11, { b: [["100.4", "1"]] })], { epoch: 2 }),
    closed(T0 + 9, 2, { cause: "stale", detail: "silent" }),
    opened(T0 + 10, 3),
    opened(T0 + 11, 4),
    bookFrame(T0 + 12, [snapshot(1)], { epoch: 4 }),
  ]);
  expect(await quoteTexts(log)).toEqual([
    "100×1 101×1 derived",
    "100.1×1 101×1 derived",
    "100.2×1 101×1 derived",
    "100.4×1 101×1 derived",
    "100×1 101×1 derived",
  ]);
  expect(
    (await gapsOf(log)).map(({ gapId, cause, state, fromUs, toUs }) => [
      gapId,
      cause,
      state,
      fromUs - T0,
      toUs && toUs - T0,
    ]),
  ).toEqual([
    ["one/0#2/BTC@9.0", "stale", "open", 8, undefined],
    ["one/0#2/BTC@9.0", "stale", "closed", 8, 12],
  ]);
});

test("a quote channel tells each change once, locked and crossed ones as such", async () => {
  const quote = (bid: string, ask: string): ScriptedMessage => ({
    s: "BTC",
    quote: true,
    b: [[bid, "1"]],
    a: [[ask, "2"]],
  });
  const log = await read([
    bookFrame(T0 + 1, [quote("10", "11")]),
    bookFrame(T0 + 2, [quote("10", "11")]),
    bookFrame(T0 + 3, [quote("11", "11")]),
    bookFrame(T0 + 4, [quote("12", "11")]),
    bookFrame(T0 + 5, [{ s: "BTC", quote: true, a: [["11", "2"]] }]),
  ]);
  expect(await quoteTexts(log)).toEqual(["10×1 11×2 ", "11×1 11×2 locked", "12×1 11×2 crossed", "0×0 11×2 noBid"]);
});

test("a snapshot comes again with the first change of each period, cut to its depth, and says whether the book is proven", async () => {
  const start = Math.ceil(T0 / (10 * SECOND)) * 10 * SECOND;
  const log = await read([
    bookFrame(start + 1, [snapshot(1)]),
    bookFrame(start + 9 * SECOND, [change(2, { b: [["97", "1"]] })]),
    bookFrame(start + 11 * SECOND, [change(3, { b: [["100", "0"]] })]),
    bookFrame(start + 12 * SECOND, [change(4, { b: [["95", "1"]] })]),
    bookFrame(start + 21 * SECOND, [change(9, { b: [["94", "1"]] })]),
    bookFrame(start + 22 * SECOND, [{ s: "BTC", seq: 10, snap: true }]),
  ]);
  const rows = await levelRows(log, TOPICS.bookSnapshots);
  const text = (row: (typeof rows)[number]): string =>
    `${(Number(row.receiveTimeUs) - start) / SECOND} ${row.side} ${Number(row.price) / 1e8} ${row.flags.filter((flag) => flag !== "noEventTime" && flag !== "last").join(",")}`;
  expect(rows.filter(({ side }) => side !== "ask").map(text)).toEqual([
    "0.000001 bid 100 snapshot",
    "0.000001 bid 99 snapshot",
    "11 bid 99 periodic",
    "11 bid 98 periodic",
    "21 bid 99 maybeBad,periodic",
    "21 bid 98 maybeBad,periodic",
    "22 none 0 snapshot,oneSided",
  ]);
});

test("a snapshot comes sooner where much changes: never more than twenty changed levels for each that the book has", async () => {
  const changes = Array.from({ length: 500 }, (_, index) => change(2 + index, { b: [["50", `${1 + index}`]] }));
  const log = await read(
    [bookFrame(T0, [snapshot(1)]), ...changes.map((one, index) => bookFrame(T0 + 1 + index, [one]))],
    { snapshots: { everyMs: 60_000, depth: 2, changesMin: 30 } },
  );
  const offsets = new Set((await levelRows(log, TOPICS.bookSnapshots)).map(({ rawOffset }) => Number(rawOffset)));
  // Two levels a side are written of it.
  expect([...offsets]).toEqual([0, 80, 160, 240, 320, 400, 480]);
});

test("a book that its venue sends without a level has them deleted one by one: no row would say it otherwise", async () => {
  const empty: ScriptedMessage = { s: "BTC", seq: 2, snap: true };
  const log = await read([bookFrame(T0, [snapshot(1)]), bookFrame(T0 + 1, [empty]), bookFrame(T0 + 2, [change(3)])]);
  const rows = (await levelRows(log)).filter(({ rawOffset }) => rawOffset === 1n);
  expect(rows.map(({ side, price, size, flags }) => [side, Number(price) / 1e8, size, flags.join()])).toEqual([
    ["bid", 100, 0n, "noEventTime"],
    ["bid", 99, 0n, "noEventTime"],
    ["bid", 98, 0n, "noEventTime"],
    ["ask", 101, 0n, "noEventTime"],
    ["ask", 102, 0n, "last,noEventTime"],
  ]);
  expect(await quoteTexts(log)).toEqual(["100×1 101×1 derived", "0×0 0×0 derived,noBid,noAsk"]);
});

test("a book is at hand as it stands, but not while frames are read again whose events are told", async () => {
  const log = new MemoryLog();
  const desk = new ReadyDesk();
  const seen: string[] = [];
  const start = (): Promise<Books> =>
    openBooks({ ...{ raw: log, events: log, rules: scriptedBooks, rawTopics: ["raw.one"], desk }, framesMax: 1 });
  const standing = (books: Books): void => {
    for (const { bids, rawOffset, throughOffset, isProven, messages, gap } of books.live(0))
      seen.push(`${rawOffset} of ${throughOffset}: ${bids.length} bids, ${isProven ? messages : gap?.cause}`);
  };
  log.putFrames([bookFrame(T0, [snapshot(1)]), bookFrame(T0 + 1, [change(2, { b: [["97", "1"]] })])]);
  const first = await start();
  expect(first.live(0)).toEqual([]);
  log.afterAppend = () => standing(first);
  await first.run({ follow: false });
  log.putFrames([frame(T0 + 2, { other: true }), bookFrame(T0 + 3, [change(4, { b: [["96", "1"]] })])]);
  const second = await start();
  expect(second.live(0)).toEqual([]);
  log.afterAppend = () => standing(second);
  await second.run({ follow: false });
  expect(seen).toEqual(["0 of 0: 3 bids, 0", "1 of 1: 4 bids, 1", "1 of 2: 4 bids, 1", "3 of 3: 5 bids, missed"]);
});

test("what a reader refuses, or breaks at, goes to quarantine with its bytes, and its book is not proven", async () => {
  const log = await read([
    bookFrame(T0 + 1, [snapshot(1), snapshot(1, { s: "ETH" })]),
    frame(T0 + 2, "not JSON"),
    bookFrame(T0 + 3, [change(2, { b: [["90.123456789", "1"]] })]),
    bookFrame(T0 + 4, [{ s: "UNKNOWN", seq: 1, snap: true }]),
    frame(T0 + 5, { throw: true }),
  ]);
  const refusals = await refusalsOf(log);
  expect(refusals.map(({ stage, reason, rawSymbol, rawOffset }) => [stage, reason, rawSymbol, rawOffset])).toEqual([
    ["book", "malformed", undefined, 1],
    ["book", "inexact_price", "BTC", 2],
    ["book", "unknown_symbol", "UNKNOWN", 3],
    ["book", "malformed", undefined, 4],
  ]);
  expect(new TextDecoder().decode(refusals[0]?.payload)).toBe("not JSON");
  expect((await gapsOf(log)).map(({ rawSymbols, cause }) => [rawSymbols[0], cause])).toEqual([
    ["BTC", "missed"],
    ["ETH", "missed"],
  ]);
});

test("a message of more levels than a record holds is several records, and the same levels", async () => {
  const b = Array.from({ length: 9_000 }, (_, index) => [`${10_000 - index}`, "1"] as const);
  const log = await read([bookFrame(T0 + 1, [snapshot(1, { b, a: [["10001", "1"]] })])]);
  const rows = await levelRows(log);
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 9_001 }, (_, index) => index));
  expect(rows.filter(({ flags }) => flags.includes("last")).map(({ side }) => side)).toEqual(["ask"]);
  expect(await log.bounds(TOPICS.bookChanges)).toMatchObject([{ endOffset: 3 }, { endOffset: 0 }]);
});
