import { expect, test } from "vitest";
import { BARS, type Bar } from "../domain/index.ts";
import { barsChunk, testBar } from "../store/test-records.ts";
import type { BarRow, BarsRequest } from "./index.ts";
import { TestPlatform } from "./test-platform.ts";

const MINUTE = 60_000_000;
const T0 = 1_700_000_040_000_000; // A whole minute.
const REQUEST: BarsRequest = { interval: "1m", order: "ascending", limit: 100, includeOpen: false, fill: "none" };

test("a bar is its latest revision, wherever the revisions lie", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(barsChunk([testBar({ startUs: T0 }), testBar({ startUs: T0 + MINUTE })]));
  await platform.land(BARS);
  await platform.evict();
  const late = { startUs: T0, revision: 1, cause: "late", high: 130n * 10n ** 8n, volume: 4n * 10n ** 8n } as const;
  await platform.store.apply(barsChunk([testBar(late)], 2));
  const { rows } = await platform.query.bars(REQUEST);
  expect(rows).toEqual([
    {
      venue: "binance",
      symbol: "BTC-USDT-SPOT",
      rawSymbol: "BTCUSDT",
      interval: "1m",
      start: "2023-11-14T22:14:00.000000Z",
      open: "100",
      high: "130",
      low: "90",
      close: "110",
      volume: "4",
      quoteVolume: "320",
      buyVolume: "2",
      sellVolume: "1",
      vwap: "80",
      trades: 3,
      revision: 1,
      knownAt: "2023-11-14T22:14:00.000000Z",
      cause: "late",
      complete: true,
      source: "simulated",
    },
    expect.objectContaining({ start: "2023-11-14T22:15:00.000000Z", revision: 0, vwap: "106.666666667" }),
  ]);
});

test("open bars come after the closed ones, when asked for, and never hide a closed one", async () => {
  const open: readonly Bar[] = [
    testBar({ startUs: T0 + MINUTE, complete: false, close: 7n * 10n ** 8n }),
    testBar({ startUs: T0, complete: false, close: 1n }),
    testBar({ startUs: T0 + MINUTE, complete: false, listing: 1 }),
    testBar({ startUs: T0 + MINUTE, complete: false, listing: 2, open: 5n, volume: 3n, quoteVolume: 1n }),
  ];
  await using platform = await TestPlatform.open({
    openBars: ({ intervals }) => open.filter(({ interval }) => intervals.includes(interval)),
  });
  await platform.store.apply(barsChunk([testBar({ startUs: T0 })]));
  const { rows } = await platform.query.bars({ ...REQUEST, includeOpen: true });
  expect(
    rows.map(({ start, rawSymbol, complete, close }) => [start.slice(14, 19), rawSymbol, complete, close]),
  ).toEqual([
    ["14:00", "BTCUSDT", true, "110"],
    ["15:00", "BTCUSDT", false, "7"],
    ["15:00", "TINYUSDT", false, "0.00011"],
    ["15:00", "BTC/USD", false, "110"],
  ]);
  expect(rows[2]).toMatchObject({ open: "0.00000000000005", volume: "0.03", quoteVolume: "0.0000000000000001" });
  expect((await platform.query.bars(REQUEST)).rows.length).toBe(1);
  const other: BarsRequest = { ...REQUEST, includeOpen: true, interval: "1h" };
  expect((await platform.query.bars(other)).rows).toEqual([]);
  const one = await platform.query.bars({ ...REQUEST, includeOpen: true, order: "descending", limit: 2 });
  expect(one.rows.map(({ rawSymbol }) => rawSymbol)).toEqual(["BTC/USD", "TINYUSDT"]);
  const { rows: rest } = await platform.query.bars({
    ...REQUEST,
    includeOpen: true,
    order: "descending",
    cursor: one.cursor,
  });
  expect(rest.map(({ start }) => start.slice(14, 19))).toEqual(["15:00", "14:00"]);
});

test("filled bars stand at the previous close, between a listing's first and last bar, the same on any pages", async () => {
  await using platform = await TestPlatform.open();
  const at = (minute: number, bar: Partial<Bar> = {}): Bar =>
    testBar({ startUs: T0 + minute * MINUTE, close: BigInt(minute + 1) * 10n ** 8n, ...bar });
  await platform.store.apply(barsChunk([at(0), at(2), at(1, { listing: 1 }), at(3, { listing: 1 })]));
  await platform.land(BARS);
  await platform.store.apply(barsChunk([at(6), at(4, { listing: 1, revision: 0 })], 4));
  const filled: BarsRequest = { ...REQUEST, fill: "previous" };
  const { rows } = await platform.query.bars(filled);
  const shown = (row: BarRow): unknown[] => [minuteOf(row), row.rawSymbol, row.close, row.trades];
  expect(rows.map(shown)).toEqual([
    [0, "BTCUSDT", "1", 3],
    [1, "BTCUSDT", "1", 0],
    [1, "BTC/USD", "2", 3],
    [2, "BTCUSDT", "3", 3],
    [2, "BTC/USD", "2", 0],
    [3, "BTCUSDT", "3", 0],
    [3, "BTC/USD", "4", 3],
    [4, "BTCUSDT", "3", 0],
    [4, "BTC/USD", "5", 3],
    [5, "BTCUSDT", "3", 0],
    [6, "BTCUSDT", "7", 3],
  ]);
  expect(rows[1]).toMatchObject({ open: "1", high: "1", low: "1", volume: "0", quoteVolume: "0", vwap: null });
  for (const limit of [1, 2, 3, 5]) {
    expect((await allPages(platform, { ...filled, limit })).map(shown)).toEqual(rows.map(shown));
    const descending = await allPages(platform, { ...filled, limit, order: "descending" });
    expect(descending.map(shown)).toEqual(rows.map(shown).reverse());
  }
  const part = await platform.query.bars({ ...filled, startUs: T0 + MINUTE, endUs: T0 + 4 * MINUTE });
  expect(part.rows.map(shown)).toEqual([
    [1, "BTC/USD", "2", 3],
    [2, "BTCUSDT", "3", 3],
    [2, "BTC/USD", "2", 0],
    [3, "BTC/USD", "4", 3],
  ]);
});

test("pages of bars hold every bar once, over years as over minutes", async () => {
  await using platform = await TestPlatform.open();
  const bars = Array.from({ length: 60 }, (_, index) =>
    testBar({ startUs: T0 - index * index * index * MINUTE, listing: index % 2 }),
  );
  await platform.store.apply(barsChunk(bars.slice(0, 40)));
  await platform.land(BARS);
  await platform.store.apply(barsChunk(bars.slice(40), 40));
  const starts = bars.map(({ startUs }) => startUs).sort((a, b) => a - b);
  const found = await allPages(platform, { ...REQUEST, limit: 11 });
  expect(found.map(({ start }) => Date.parse(start) * 1000)).toEqual(starts);
  const symbols = ["BTC-USD-SPOT"];
  const ofOne = await allPages(platform, { ...REQUEST, limit: 7, order: "descending", symbols });
  expect(ofOne.length).toBe(30);
});

async function allPages(platform: TestPlatform, request: BarsRequest): Promise<readonly BarRow[]> {
  const rows: BarRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await platform.query.bars({ ...request, cursor });
    rows.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return rows;
}

function minuteOf({ start }: BarRow): number {
  return (Date.parse(start) * 1000 - T0) / MINUTE;
}
