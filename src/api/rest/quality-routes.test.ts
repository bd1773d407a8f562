import { expect, test } from "vitest";
import { encodeQuality, TOPICS } from "../../domain/index.ts";
import type { QualityRow } from "../../query/index.ts";
import { TestApi } from "../test-api.ts";

const T0 = 1_700_000_040_000_000;
const ROW = {
  startUs: T0,
  trades: 7,
  duplicates: 0,
  refused: 0,
  outOfOrder: 0,
  gapUs: 0,
  latency: undefined,
  priceOutliers: 0,
  sizeOutliers: 0,
  outlierIds: [],
  divergencePpm: undefined,
  expectedTrades: undefined,
  flags: ["partial", "silent"],
  source: 1,
} as const;

test("the quality of minutes is asked for by symbol, venue and time, page by page, as JSON or CSV", async () => {
  await using api = await TestApi.open({ platform: {} });
  const records = encodeQuality([
    { ...ROW, listing: 0 },
    { ...ROW, listing: 1, trades: 8 },
    { ...ROW, listing: 0, startUs: T0 + 60_000_000, trades: 9 },
  ]);
  await api.platform.store.apply({ topic: TOPICS.quality, partition: 0, firstOffset: 0, appendedMs: 0, records });
  type Answer = { readonly rows: readonly QualityRow[]; readonly cursor: string | null };
  const first = await api.json<Answer>("/v1/quality?venue=binance&limit=1&order=asc");
  expect(first.rows).toMatchObject([{ venue: "binance", trades: 7, latencyP50Us: null, flags: ["partial", "silent"] }]);
  const next = await api.json<Answer>(`/v1/quality?venue=binance&limit=1&order=asc&cursor=${first.cursor}`);
  expect([next.rows.map(({ trades }) => trades), next.cursor]).toEqual([[9], null]);
  const csv = await (await api.get("/v1/quality?symbol=BTC-USD-SPOT&format=csv")).text();
  expect(csv.split("\r\n")[1]).toBe(
    "kraken,BTC-USD-SPOT,BTC/USD,2023-11-14T22:14:00.000000Z,8,0,0,0,0,,,,,0,0,,,,partial silent,simulated",
  );
  expect((await api.json<Answer>(`/v1/quality?start=${T0 + 60_000_000}`)).rows.map(({ trades }) => trades)).toEqual([
    9,
  ]);
  expect(await api.json("/v1/quality/quotes")).toMatchObject({ rows: [], cursor: null });
  expect((await api.get("/v1/quality?limit=0")).status).toBe(400);
  expect((await api.get("/v1/quality/quotes?interval=1m")).status).toBe(400);
  const wrong = await api.get(`/v1/quality/quotes?cursor=${first.cursor}&order=asc`);
  expect((await wrong.json()) as object).toMatchObject({ status: 400, code: "K2_INVALID_INPUT" });
});
