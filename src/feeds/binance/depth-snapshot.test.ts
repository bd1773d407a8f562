import { expect, test } from "vitest";
import { KeepingContext } from "../decode/test-book-context.ts";
import { frame } from "../decode/test-support.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance.ts";
import { symbolOfSnapshot } from "./depth-snapshot.ts";
import { type EarlyBudget, EarlyEvents } from "./early-events.ts";

const DEPTH_URL = "http://127.0.0.1:8000/binance/api/v3/depth?symbol=BTCUSDT&limit=5000";

test.each([
  [binance, undefined, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000", 250],
  [binance, 20, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=20", 5],
  [binance, 101, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=101", 25],
  [binance, 9999, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000", 250],
  [binanceUsdm, undefined, "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000", 20],
  [binanceUsdm, 21, "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=50", 2],
  [binanceCoinm, 500, "https://dapi.binance.com/dapi/v1/depth?symbol=BTCUSDT&limit=500", 10],
] as const)(
  "%# a snapshot is asked for with a limit that the market has, and its weight",
  (feed, depth, url, weight) => {
    expect(feed.books?.snapshotRequest?.("BTCUSDT", depth)).toEqual({ url, weight });
  },
);

test("an answer is a snapshot by what was asked, of whichever host", () => {
  expect(symbolOfSnapshot(DEPTH_URL)).toBe("BTCUSDT");
  expect(symbolOfSnapshot("https://www.binance.com/api/v1/depth?symbol=DOTUSDT&limit=1000")).toBe("DOTUSDT");
  for (const url of ["https://api.binance.com/api/v3/exchangeInfo", "https://api.binance.com/api/v3/depth", "", "x"])
    expect(symbolOfSnapshot(url)).toBeUndefined();
});

/** A reader of spot depth with what its context saw. */
function spotReader() {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = binance.books?.createBookReader({ channels: ["depth"] });
  return {
    context,
    depth: (first: number, last: number) =>
      reader?.read(
        frame(
          `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1763712000100,"s":"BTCUSDT","U":${first},"u":${last},"b":[["100.0","${last}"]],"a":[["101.0","1.0"]]}}`,
        ),
        context,
      ),
    snapshot: (lastUpdateId: number, body?: string) =>
      reader?.fetched?.(
        DEPTH_URL,
        frame(body ?? `{"lastUpdateId":${lastUpdateId},"bids":[["100.0","7.0"]],"asks":[["101.0","1.0"]]}`),
        context,
      ),
    verdicts: () => context.messages.splice(0).map(({ verdict, sequence }) => [verdict, sequence]),
  };
}

test("what was early comes again after the snapshot, in order", () => {
  const { depth, snapshot, verdicts } = spotReader();
  for (const [first, last] of [
    [1, 5],
    [6, 8],
    [9, 12],
  ] as const)
    depth(first, last);
  expect(verdicts()).toEqual([
    ["early", 5],
    ["early", 8],
    ["early", 12],
  ]);
  expect(snapshot(6)).toBe("book");
  expect(verdicts()).toEqual([
    ["replace", 6],
    ["old", 5],
    ["apply", 8],
    ["apply", 12],
  ]);
  depth(13, 13);
  expect(verdicts()).toEqual([["apply", 13]]);
});

test("a snapshot from before the first event that was kept proves nothing; a later one does", () => {
  const { depth, snapshot, verdicts } = spotReader();
  depth(10, 12);
  snapshot(7);
  expect(verdicts()).toEqual([
    ["early", 12],
    ["gap", 7],
  ]);
  snapshot(9);
  expect(verdicts()).toEqual([
    ["replace", 9],
    ["apply", 12],
  ]);
});

test("after a loss the events wait again, the one that told of it among them", () => {
  const { depth, snapshot, verdicts } = spotReader();
  depth(1, 1);
  snapshot(1);
  depth(3, 4);
  depth(5, 6);
  expect(verdicts()).toEqual([
    ["early", 1],
    ["replace", 1],
    ["old", 1],
    ["gap", 4],
    ["early", 6],
  ]);
  snapshot(4);
  expect(verdicts()).toEqual([
    ["replace", 4],
    ["old", 4],
    ["apply", 6],
  ]);
});

test("a snapshot that is older than a proven book is old news, and an answer that is none is refused", () => {
  const { context, depth, snapshot, verdicts } = spotReader();
  depth(1, 1);
  snapshot(1);
  depth(2, 3);
  verdicts();
  snapshot(2);
  expect(verdicts()).toEqual([["old", 2]]);
  expect(snapshot(0, '{"code":-1121,"msg":"Invalid symbol."}')).toBe("refused");
  expect(snapshot(0, "<html>")).toBe("refused");
  expect(context.refusals.map(({ reason }) => reason)).toEqual(["venue_error", "malformed"]);
  depth(4, 4);
  expect(verdicts()).toEqual([["apply", 4]]);
});

test("what waits is bounded: the oldest goes first, and all of it is given back to the budget", () => {
  const budget: EarlyBudget = { bytes: 0 };
  const early = new EarlyEvents(budget);
  const payload = new Uint8Array(1024);
  for (let id = 1; id <= 10_050; id += 1) early.keep({ first: id, last: id }, payload);
  expect(budget.bytes).toBe(10_000 * 1024);
  expect(early.firstBeyond(50)).toBeUndefined();
  expect(early.firstBeyond(49)).toEqual({ first: 51, last: 51 });
  expect(early.takeAll()).toHaveLength(10_000);
  expect(budget.bytes).toBe(0);
  const large = new Uint8Array(50 * 1_048_576);
  early.keep({ first: 1, last: 1 }, large);
  early.keep({ first: 2, last: 2 }, large);
  expect(early.takeAll()).toHaveLength(1);
});
