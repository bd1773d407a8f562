import { expect, test } from "vitest";
import { BARS, TRADES } from "../../domain/index.ts";
import type { BarRow, Page, TradeRow } from "../../query/index.ts";
import { barsChunk, seededTrades, type TestTrade, testBar, tradesChunk } from "../../store/test-records.ts";
import { TestApi } from "../test-api.ts";

const T0 = 1_700_000_000_000_000; // 2023-11-14T22:13:20Z
const MINUTE = 60_000_000;

type Trades = Omit<Page<TradeRow>, "cursor"> & { readonly cursor: string | null };
type Bars = Omit<Page<BarRow>, "cursor"> & { readonly cursor: string | null };

async function withTrades(trades: readonly TestTrade[], work: (api: TestApi) => Promise<void>): Promise<void> {
  await using api = await TestApi.open({ platform: {} });
  if (trades.length > 0) await api.platform.store.apply(tradesChunk(trades));
  await work(api);
}

const ids = ({ rows }: Trades): readonly string[] => rows.map(({ tradeId }) => tradeId);

test("GET /v1/trades answers exact rows, a null cursor at the end, and a receipt", async () => {
  const trades = [
    { price: 4_212_345_000_000n, size: 150_000_000n, eventUs: T0, eventNanos: 7, id: 12n, side: 2, flags: 5 },
  ];
  await withTrades(trades, async (api) => {
    const response = await api.get("/v1/trades");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toEqual({
      rows: [
        {
          venue: "binance",
          symbol: "BTC-USDT-SPOT",
          rawSymbol: "BTCUSDT",
          tradeId: "12",
          price: "42123.45",
          size: "1.5",
          side: "sell",
          eventTime: "2023-11-14T22:13:20.000000007Z",
          receiveTime: "2023-11-14T22:13:20.001000Z",
          executions: 1,
          flags: ["aggregated", "nonMarket"],
          source: "simulated",
        },
      ],
      cursor: null,
      receipt: {
        snapshots: {},
        lakeOffsets: { "silver.trades": [] },
        tailOffsets: { "silver.trades": ["0:1"] },
      },
    });
  });
});

test("trades are chosen by symbol, venue and time, start inclusive and end exclusive", async () => {
  const trades = [0, 1, 2].flatMap((listing) =>
    [0, 1, 2].map((minute) => ({ listing, eventUs: T0 + minute * MINUTE, id: BigInt(10 * listing + minute) })),
  );
  await withTrades(trades, async (api) => {
    const chosen = async (query: string): Promise<readonly string[]> =>
      ids(await api.json<Trades>(`/v1/trades?${query}`));
    expect([...(await chosen(""))].sort()).toEqual(["0", "1", "10", "11", "12", "2", "20", "21", "22"]);
    expect(await chosen("symbol=BTC-USD-SPOT&order=asc")).toEqual(["10", "11", "12"]);
    expect(await chosen("symbol=BTC-USD-SPOT&order=desc")).toEqual(["12", "11", "10"]);
    expect(await chosen("symbol=BTC-USD-SPOT"), "newest first by default").toEqual(["12", "11", "10"]);
    expect(await chosen("symbol=BTC-USD-SPOT&start=2023-11-14"), "oldest first from a start").toEqual([
      "10",
      "11",
      "12",
    ]);
    expect([...(await chosen("venue=binance&symbol=BTC-USDT-SPOT,BTC-USD-SPOT&order=asc"))]).toEqual(["0", "1", "2"]);
    expect((await chosen("venue=kraken,binance")).length).toBe(9);
    expect(await chosen("venue=bybit-linear")).toEqual([]);
    // The same two minutes in every spelling of a time.
    for (const [start, end] of [
      ["2023-11-14T22:13:20Z", "2023-11-14T22:15:20Z"],
      ["2023-11-14T23:13:20%2B01:00", "2023-11-14T22:15:20.000000Z"],
      [T0 / 1_000_000, (T0 + 2 * MINUTE) / 1_000_000],
      [T0 / 1000, (T0 + 2 * MINUTE) / 1000],
      [T0, T0 + 2 * MINUTE],
      [`${T0}000`, `${T0 + 2 * MINUTE}000`],
    ]) {
      expect(await chosen(`symbol=BTC-USDT-SPOT&start=${start}&end=${end}`), String(start)).toEqual(["0", "1"]);
    }
    expect(await chosen(`start=${T0 + 1}&end=${T0 + 1}`), "an empty range").toEqual([]);
    expect(await chosen(`symbol=BTC-USDT-SPOT&start=${T0 + 1}`), "a microsecond later").toEqual(["1", "2"]);
  });
});

test.each(["asc", "desc"])(
  "pages by cursor (%s) hold every trade once, while new ones arrive and the lake takes the old",
  async (order) => {
    await withTrades(seededTrades(1, 500), async (api) => {
      const known = await everyId(api);
      const seen: string[] = [];
      for await (const page of everyPage(api, `order=${order}&limit=37`)) {
        seen.push(...ids(page));
        if (seen.length === 37 * 3) await api.platform.land(TRADES);
        if (seen.length === 37 * 5) await api.platform.evict();
        if (seen.length < 400) await applyMore(api, 20);
      }
      // The new ones are of a later time: seen at the end when ascending, not at all when descending.
      expect(seen).toEqual(order === "asc" ? await everyId(api) : [...known].reverse());
      expect(new Set(seen).size).toBe(seen.length);
    });
  },
);

async function* everyPage(api: TestApi, query: string): AsyncGenerator<Trades> {
  let page = await api.json<Trades>(`/v1/trades?${query}`);
  yield page;
  while (page.cursor !== null) {
    page = await api.json<Trades>(`/v1/trades?${query}&cursor=${page.cursor}`);
    yield page;
  }
}

async function everyId(api: TestApi): Promise<readonly string[]> {
  return ids(await api.json<Trades>("/v1/trades?order=asc&limit=10000"));
}

async function applyMore({ platform }: TestApi, count: number): Promise<void> {
  const firstOffset = platform.store.positions("market.trades")[0]?.end ?? 0;
  await platform.store.apply(tradesChunk(seededTrades(1, count, firstOffset + 10), { firstOffset }));
}

test("as_of answers from the lake as it was at a snapshot or a time, without the live tail", async () => {
  await withTrades(seededTrades(1, 10), async (api) => {
    const snapshot = await api.platform.land(TRADES);
    await applyMore(api, 5);
    expect(ids(await api.json("/v1/trades")).length).toBe(15);
    const then = await api.json<Trades>(`/v1/trades?as_of=${snapshot}`);
    expect(then.rows.length).toBe(10);
    expect(then.receipt.snapshots).toEqual({ "silver.trades": String(snapshot) });
    expect(then.receipt.tailOffsets).toEqual({ "silver.trades": [] });
    const inAMinute = new Date(Date.now() + 60_000).toISOString();
    expect((await api.json<Trades>(`/v1/trades?as_of=${inAMinute}`)).rows).toEqual(then.rows);
    const unknown = await api.get("/v1/trades?as_of=12345");
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({ code: "K2_LAKE_NOT_FOUND", remedy: "fix-input", status: 400 });
  });
});

test("limits from 1 to 10,000 are served, and a page of 10,000 rows in every format", async () => {
  await withTrades(seededTrades(3, 10_050), async (api) => {
    expect(ids(await api.json("/v1/trades?limit=1")).length).toBe(1);
    const page = await api.json<Trades>("/v1/trades?limit=10000");
    expect(page.rows.length).toBe(10_000);
    expect(page.cursor).toBeTypeOf("string");
    const ndjson = await (await api.get("/v1/trades?limit=10000&format=ndjson")).text();
    expect(
      ndjson
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(page.rows);
    const csv = await (await api.get("/v1/trades?limit=10000&format=csv")).text();
    expect(csv.split("\r\n").length).toBe(10_002);
    expect((await api.json<Trades>("/v1/trades")).rows.length, "100 by default").toBe(100);
  });
});

test("NDJSON and CSV carry the same rows; cursor and receipt are in headers", async () => {
  const trades = [
    { id: 'a"b,c\nd', listing: 2, price: 123_456n, size: 1n, flags: 10 },
    { id: 7n, eventUs: T0 + MINUTE },
  ];
  await withTrades(trades, async (api) => {
    const json = await api.json<Trades>("/v1/trades?order=asc");
    const ndjson = await api.get("/v1/trades?order=asc&format=ndjson");
    expect(ndjson.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(ndjson.headers.get("k2-cursor")).toBeNull();
    expect(JSON.parse(ndjson.headers.get("k2-receipt") ?? "")).toEqual(json.receipt);
    expect(
      (await ndjson.text())
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual(json.rows);
    const csv = await api.get("/v1/trades?order=asc&limit=1", { accept: "text/csv" });
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(csv.headers.get("vary")).toBe("accept");
    expect(await csv.text()).toBe(
      "venue,symbol,rawSymbol,tradeId,price,size,side,eventTime,receiveTime,executions,flags,source\r\n" +
        'binance,TINY-USDT-SPOT,TINYUSDT,"a""b,c\nd",0.00000000123456,0.01,buy,2023-11-14T22:13:20.000000Z,' +
        "2023-11-14T22:13:20.001000Z,1,snapshot syntheticId,simulated\r\n",
    );
    const rest = await api.json<Trades>(`/v1/trades?order=asc&cursor=${csv.headers.get("k2-cursor")}`);
    expect(ids(rest)).toEqual(["7"]);
  });
});

test("without a row JSON has none, NDJSON is empty and CSV is its header", async () => {
  await withTrades([], async (api) => {
    const json = await api.json<Trades>("/v1/trades");
    expect([json.rows, json.cursor]).toEqual([[], null]);
    expect(await (await api.get("/v1/trades?format=ndjson")).text()).toBe("");
    expect(await (await api.get("/v1/bars?format=csv")).text()).toBe(
      "venue,symbol,rawSymbol,interval,start,open,high,low,close,volume,quoteVolume,buyVolume,sellVolume,vwap,trades," +
        "revision,knownAt,cause,complete,source\r\n",
    );
    const head = await fetch(`${api.url}/v1/trades?format=csv`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

test("GET /v1/bars answers the latest revision, open bars unless they are not wanted, and fills gaps on request", async () => {
  const start = 1_699_999_980_000_000; // 22:13:00
  const openBar = testBar({ startUs: start + 3 * MINUTE, complete: false, trades: 1, volume: 0n, quoteVolume: 0n });
  await using api = await TestApi.open({ platform: { openBars: () => [openBar] } });
  await api.platform.store.apply(
    barsChunk([testBar(), testBar({ revision: 1, cause: "late", trades: 4 }), testBar({ listing: 1 })]),
  );
  const page = await api.json<Bars>("/v1/bars?symbol=BTC-USDT-SPOT");
  expect(page.rows.map(({ start: at, complete, revision }) => [at, complete, revision])).toEqual([
    ["2023-11-14T22:16:00.000000Z", false, 0],
    ["2023-11-14T22:13:00.000000Z", true, 1],
  ]);
  expect(page.rows[0]?.vwap).toBeNull();
  expect(page.rows[1]).toEqual({
    venue: "binance",
    symbol: "BTC-USDT-SPOT",
    rawSymbol: "BTCUSDT",
    interval: "1m",
    start: "2023-11-14T22:13:00.000000Z",
    open: "100",
    high: "120",
    low: "90",
    close: "110",
    volume: "3",
    quoteVolume: "320",
    buyVolume: "2",
    sellVolume: "1",
    vwap: "106.666666667",
    trades: 4,
    revision: 1,
    knownAt: "2023-11-14T22:14:00.000000Z",
    cause: "late",
    complete: true,
    source: "simulated",
  });
  const starts = async (query: string): Promise<readonly string[]> =>
    (await api.json<Bars>(`/v1/bars?symbol=BTC-USDT-SPOT&order=asc&${query}`)).rows.map(({ start: at }) =>
      at.slice(11, 16),
    );
  expect(await starts("open=false")).toEqual(["22:13"]);
  expect(await starts("open=true&fill=previous")).toEqual(["22:13", "22:14", "22:15", "22:16"]);
  expect(await starts("interval=5m")).toEqual([]);
  expect(await starts("limit=1&end=2023-11-14T22:14:00Z")).toEqual(["22:13"]);
  const csv = (await (await api.get("/v1/bars?symbol=BTC-USDT-SPOT&open=true&format=csv")).text()).split("\r\n");
  expect(csv[1]).toContain(",0,0,2,1,,1,0,"); // No vwap: an empty field.
  const snapshot = await api.platform.land(BARS);
  expect(await starts(`as_of=${snapshot}&open=true`), "the lake has no open bar").toEqual(["22:13"]);
});

test("GET /v1/instruments answers every listing with its unit", async () => {
  await withTrades([], async (api) => {
    expect(await api.json("/v1/instruments")).toEqual({
      rows: [
        { venue: "binance", symbol: "BTC-USDT-SPOT", rawSymbol: "BTCUSDT", unit: "1" },
        { venue: "kraken", symbol: "BTC-USD-SPOT", rawSymbol: "BTC/USD", unit: "1" },
        { venue: "binance", symbol: "TINY-USDT-SPOT", rawSymbol: "TINYUSDT", unit: "1000000" },
      ],
    });
  });
});
