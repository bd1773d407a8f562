import { expect, test } from "vitest";
import type { Clock } from "../../base/index.ts";
import type { Gap } from "../../domain/index.ts";
import type { WantedTrades } from "../../feeds/index.ts";
import type { Asked } from "./ask-venue.ts";
import { Covered, type TimeSpan } from "./covered.ts";
import { NewestWatch } from "./newest-watch.ts";

const MS = 1_000;
const GAP: Gap = {
  ...{ gapId: "one/0#1", venue: "one", feed: "one", connection: "one/0", epoch: 1, rawSymbols: ["BTC", "ETH"] },
  ...{ cause: "disconnect", state: "open", fromUs: 0, toUs: undefined, detail: "", resolution: undefined, source: 0 },
};
const PAGE = 60;

/** Time that passes only while somebody sleeps, or asks: each request takes `requestMs`. */
function venue(
  tradesPerSecond: Readonly<Record<string, number>>,
  { requestMs, endMs }: Readonly<Record<string, number>>,
) {
  let nowMs = 0;
  const stopping = new AbortController();
  const pass = (ms: number): void => {
    nowMs += ms;
    if (nowMs >= (endMs ?? 0)) stopping.abort();
  };
  const clock: Clock = {
    nowNs: () => BigInt(Math.round(nowMs * MS)) * 1000n,
    monotonicMs: () => nowMs,
    sleep: async (ms) => pass(ms),
  };
  const asks: string[] = [];
  const ask = async ({ rawSymbol, fromUs }: WantedTrades): Promise<Asked> => {
    pass(requestMs ?? 0);
    asks.push(rawSymbol);
    const newestUs = nowMs * MS;
    const oldestUs = newestUs - (PAGE / (tradesPerSecond[rawSymbol] ?? 1)) * 1e6;
    const coverage = oldestUs < fromUs ? "whole" : "beyond";
    return { requests: 1, trades: PAGE, newestId: -1, oldestUs, newestUs, coverage, detail: "" };
  };
  const wanted = (rawSymbol: string): WantedTrades => ({ rawSymbol, channel: "trade", fromUs: 0, toUs: 0 });
  const pages = { BTC: new Covered(), ETH: new Covered() };
  const covered = ({ rawSymbol }: Pick<WantedTrades, "rawSymbol">): Covered => pages[rawSymbol as "BTC" | "ETH"];
  const plan = ({ rawSymbols }: Gap): readonly WantedTrades[] => rawSymbols.map(wanted);
  const watch = new NewestWatch({ gap: GAP, plan, ask, covered, clock });
  const holes = (rawSymbol: string): readonly TimeSpan[] => covered({ rawSymbol }).holes({ fromUs: 1, toUs: 1e15 });
  return { watch, asks, holes, run: () => watch.run(stopping.signal) };
}

test("a page that lasts a second is asked for more than twice a second, one that lasts a minute every 24 seconds", async () => {
  const { run, asks, holes } = venue({ BTC: 60, ETH: 1 }, { requestMs: 5, endMs: 60_000 });
  await run();
  expect([holes("BTC"), holes("ETH")]).toEqual([[], []]);
  const count = (symbol: string): number => asks.filter((asked) => asked === symbol).length;
  expect(count("BTC")).toBeGreaterThan(120);
  expect(count("BTC")).toBeLessThan(180);
  expect(count("ETH")).toBe(3);
});

test("where pages are pushed out faster than they can be asked for, what lies between them is a hole", async () => {
  const { run, holes } = venue({ BTC: 600, ETH: 1 }, { requestMs: 200, endMs: 2_000 });
  await run();
  expect(holes("BTC").length).toBeGreaterThan(3);
  expect(holes("ETH")).toEqual([]);
  for (const { fromUs, toUs } of holes("BTC")) expect(toUs).toBeGreaterThan(fromUs);
});

test("an answer that could not be had is no page, and does not make the venue be asked more often", async () => {
  let asked = 0;
  let nowMs = 0;
  const stopping = new AbortController();
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
    if (nowMs > 12_000) stopping.abort();
  };
  const covered = new Covered();
  const watch = new NewestWatch({
    gap: GAP,
    covered: () => covered,
    plan: () => [{ rawSymbol: "BTC", channel: "trade", fromUs: 0, toUs: 0 }],
    ask: async () => {
      asked += 1;
      const times = { oldestUs: Number.POSITIVE_INFINITY, newestUs: Number.NEGATIVE_INFINITY };
      return { requests: 1, trades: 0, newestId: -1, ...times, coverage: "givenUp", detail: "HTTP 503" };
    },
    clock: { nowNs: () => 0n, monotonicMs: () => nowMs, sleep },
  });
  await watch.run(stopping.signal);
  expect(asked).toBe(7);
  expect(watch.requests).toBe(7);
  expect(covered.holes({ fromUs: 0, toUs: 1 })).toEqual([]);
});
