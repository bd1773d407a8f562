import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { CANDLES, CORPORATE_ACTIONS, FRAMES, QUARANTINE, type TableDefinition, TICKERS } from "../../domain/index.ts";
import { tradingDayUs } from "../../equities/index.ts";
import { type Config, readConfig } from "../config.ts";
import { openEquitiesLake, tableRows } from "./equities-lake.ts";
import { fetchEquities } from "./fetch-equities.ts";
import { importEquities } from "./import-equities.ts";
import { publishQuotes } from "./publish-quotes.ts";
import { listEquities, type ShowEquitiesOptions, showEquities } from "./show-equities.ts";

interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly config: Config;
  file(name: string, text: string): Promise<string>;
}

async function place(equities: object = {}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "k2-equities-test-"));
  const config = readConfig({ environment: {}, overrides: { mode: "live", data: join(folder, "data"), equities } });
  return {
    folder,
    config,
    async file(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const HEADER = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient";
const JANUARY = `${HEADER}\n2020-01-03,101,103,100,102,102,1000,0.0000,1.0\n2020-01-02,100,101,99,100,100,900,0.0000,1.0\n`;
/** Later: a dividend that was not known, a corrected close, a further day. */
const FEBRUARY = `${HEADER}\n2020-02-03,50,51,49,50,50,2000,0.0000,2.0\n2020-01-03,101,103,100,101,50,1000,1.0000,1.0\n2020-01-02,100,101,99,100,49,900,0.0000,1.0\n`;
const FEBRUARY_US = tradingDayUs("2020-02-04") ?? 0;
const JANUARY_US = tradingDayUs("2020-01-04") ?? 0;

const AAPL: ShowEquitiesOptions = { symbol: "AAPL", vendor: "alphavantage", interval: "1d", basis: "full" };

async function closes(config: Config, options: Partial<ShowEquitiesOptions>): Promise<readonly string[]> {
  return (await showEquities(config, { ...AAPL, ...options })).bars.map(({ close }) => close);
}

async function count(config: Config, table: TableDefinition): Promise<number> {
  await using lake = await openEquitiesLake(config);
  return Number((await tableRows(lake, table, { filter: {}, select: ["count(*)::VARCHAR"] }))[0]?.[0]);
}

test("two vintages give two states of knowledge, whichever is imported first, and importing again changes nothing", async () => {
  const shown: unknown[] = [];
  for (const order of [
    ["january", "february"],
    ["february", "january"],
  ]) {
    await using here = await place();
    const { config } = here;
    const paths = new Map([
      ["january", await here.file("daily_adjusted_AAPL.csv", JANUARY)],
      ["february", await here.file("AAPL-february.csv", FEBRUARY)],
    ]);
    for (const name of order) {
      const [report] = await importEquities(config, { files: [paths.get(name) ?? ""] });
      expect(report).toMatchObject({ outcome: "landed", symbol: "AAPL-XNAS-EQ", interval: "1d" });
    }
    expect(await closes(config, { asOfUs: JANUARY_US })).toEqual(["100", "102"]);
    expect(await closes(config, { asOfUs: FEBRUARY_US, basis: "raw" })).toEqual(["100", "101", "50"]);
    // 100 × (1 − 1 ÷ 100) ÷ 2, then 101 ÷ 2.
    expect(await closes(config, { asOfUs: FEBRUARY_US })).toEqual(["49.5", "50.5", "50"]);
    expect(await closes(config, { asOfUs: FEBRUARY_US, basis: "splits" })).toEqual(["50", "50.5", "50"]);
    const statements = await count(config, CANDLES);
    const again = await importEquities(config, { files: [...paths.values()] });
    expect(again.map(({ outcome }) => outcome)).toEqual(["known already", "known already"]);
    expect([await count(config, CANDLES), await count(config, FRAMES)]).toEqual([statements, 2]);
    shown.push(await showEquities(config, { ...AAPL, asOfUs: FEBRUARY_US }).then(({ bars }) => bars));
  }
  expect(shown[0]).toEqual(shown[1]);
});

test("a vintage that comes late between two that agree leaves the later one's word standing", async () => {
  await using here = await place();
  const { config } = here;
  const path = await here.file("AAPL.csv", JANUARY);
  const day = (text: string): number => tradingDayUs(text) ?? 0;
  await importEquities(config, { files: [path], knownAtUs: day("2020-01-10") });
  await here.file("AAPL.csv", `${JANUARY}\n`); // The same figures in other bytes.
  await importEquities(config, { files: [path], knownAtUs: day("2020-01-30") });
  expect(await count(config, CANDLES)).toBe(2);
  await here.file("AAPL.csv", JANUARY.replace("100,102,102", "100,109,109"));
  await importEquities(config, { files: [path], knownAtUs: day("2020-01-20") });
  const at = async (text: string): Promise<string | undefined> =>
    (await closes(config, { basis: "raw", asOfUs: day(text) })).at(-1);
  expect([await at("2020-01-15"), await at("2020-01-25"), await at("2020-02-01")]).toEqual(["102", "109", "102"]);
});

test("what is no data is kept with its reason, says nothing and takes nothing back", async () => {
  await using here = await place();
  const { config } = here;
  await importEquities(config, { files: [await here.file("daily_adjusted_AAPL.csv", JANUARY)] });
  const files = [
    await here.file("alpha-note.json", '{"Note":"Our standard API call frequency is 5 calls per minute."}'),
    await here.file(
      "chart.json",
      '{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}',
    ),
    await here.file("AAPL-holes.csv", `${HEADER}\n2020-01-06,0,1,1,1,1,1,0,1\n2020-01-07,7,7,7,7,7,7,0,1\n`),
    await here.file("daily_ZZZZ.csv", JANUARY),
  ];
  const reports = await importEquities(config, { files });
  expect(new Map(reports.map(({ name, outcome, refusedRecords }) => [name, [outcome, refusedRecords]]))).toEqual(
    new Map([
      ["alpha-note.json", ["refused", 0]],
      ["chart.json", ["refused", 0]],
      ["AAPL-holes.csv", ["landed", 1]],
      ["daily_ZZZZ.csv", ["refused", 0]],
    ]),
  );
  await using lake = await openEquitiesLake(config);
  const rows = await tableRows(lake, QUARANTINE, {
    filter: {},
    select: ["reason", "detail"],
    orderBy: "reason, detail",
  });
  expect(rows.map(([reason, detail]) => `${reason}: ${String(detail).slice(0, 40)}`)).toEqual([
    "non_positive_price: open is 0",
    "unknown_symbol: its symbol is named nowhere, and is none",
    "venue_error: Not Found: No data found, symbol may be ",
    "venue_error: Our standard API call frequency is 5 cal",
  ]);
  expect(await closes(config, { basis: "raw" })).toEqual(["100", "102", "7"]);
  expect((await importEquities(config, { files })).map(({ outcome }) => outcome)).toEqual(
    Array(4).fill("known already"),
  );
});

test("two imports at once both come in, each once", async () => {
  await using here = await place();
  const { config } = here;
  const files = await Promise.all(["AAPL", "MSFT", "V"].map((name) => here.file(`${name}.csv`, JANUARY)));
  await Promise.all([...files, files[0] ?? ""].map((path) => importEquities(config, { files: [path] })));
  expect((await listEquities(config)).map(({ symbol, candles, statements }) => [symbol, candles, statements])).toEqual([
    ["AAPL-XNAS-EQ", 2, 2],
    ["MSFT-XNAS-EQ", 2, 2],
    ["V-XNYS-EQ", 2, 2],
  ]);
  await using lake = await openEquitiesLake(config);
  const offsets = await tableRows(lake, FRAMES, { filter: {}, select: ["_offset::VARCHAR"], orderBy: "_offset" });
  expect(offsets.flat()).toEqual(["0", "1", "2"]);
});

test("an import that is stopped before its commit leaves nothing", async () => {
  await using here = await place();
  const path = await here.file("AAPL.csv", JANUARY);
  const stop = AbortSignal.abort(new Error("enough"));
  await expect(importEquities(here.config, { files: [path], signal: stop })).rejects.toThrow("enough");
  expect(await count(here.config, CANDLES)).toBe(0);
});

interface Recorded extends AsyncDisposable {
  readonly url: string;
  readonly requests: string[];
}

/** Serves the recorded answer of a symbol; every `busyEvery`th request is asked to come back. */
async function recordedVendor(
  answers: Readonly<Record<string, string>>,
  busyEvery = Number.POSITIVE_INFINITY,
): Promise<Recorded> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const symbol = /\/chart\/([^?]+)/.exec(request.url ?? "")?.[1] ?? "";
    if (requests.length % busyEvery === 0) response.writeHead(429, { "retry-after": "0" }).end("Too Many Requests");
    else if (answers[symbol] !== undefined) response.end(answers[symbol]);
    else
      response
        .writeHead(404)
        .end('{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const CHARTS = "stocks/yahoo-chart-api";

function recordedBody(name: string): string {
  const text = gunzipSync(readFileSync(sharedData(`${CHARTS}/${name}`) ?? "")).toString();
  const { response } = JSON.parse(text) as { readonly response: { readonly bodyJson: unknown } };
  return JSON.stringify(response.bodyJson);
}

describe.skipIf(sharedData(CHARTS) === undefined)("with recorded answers", () => {
  const answers = (): Readonly<Record<string, string>> => ({
    AAPL: recordedBody("chart-AAPL-2020-08-31-to-2020-11-07.json.gz"),
    MSFT: recordedBody("historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json.gz"),
  });

  test("fetching keeps candles, splits and dividends, once however often it is done, past a vendor that is busy", async () => {
    await using vendor = await recordedVendor(answers(), 2);
    await using here = await place({ yahooUrl: vendor.url, requestsPerMinute: 1e6 });
    const { config } = here;
    const options = {
      vendor: "yahoo",
      interval: "1d",
      startUs: 0,
      endUs: 1,
      symbols: ["AAPL-XNAS-EQ", "MSFT-XNAS-EQ"],
    } as const;
    const first = await fetchEquities(config, options);
    expect(first.map(({ symbol, outcome, newBars, newActions }) => [symbol, outcome, newBars, newActions])).toEqual([
      ["AAPL-XNAS-EQ", "landed", 49, 2],
      ["MSFT-XNAS-EQ", "landed", 252, 4],
    ]);
    const again = await fetchEquities(config, options);
    expect(again.map(({ outcome }) => outcome)).toEqual(["known already", "known already"]);
    expect(await count(config, CANDLES)).toBe(301);
    const { bars } = await showEquities(config, { ...AAPL, vendor: "yahoo", basis: "raw" });
    expect([bars[0]?.close, bars.at(-1)?.close]).toEqual(["129.04", "118.69"]);
    const landed: string[] = [];
    const failed = fetchEquities(config, {
      ...{ ...options, symbols: ["V-XNYS-EQ", "AAPL-XNAS-EQ", "JPM-XNYS-EQ"] },
      onLanded: ({ symbol }) => void landed.push(symbol ?? ""),
    });
    // What the vendor refuses holds up no other, and all of it is told.
    await expect(failed).rejects.toMatchObject({
      code: "K2_VENDOR_REFUSED",
      message: expect.stringMatching(/\/V\?.*\n.*\/JPM\?/),
    });
    expect(landed).toEqual(["AAPL-XNAS-EQ"]);
    expect(await count(config, CANDLES)).toBe(301);
  });

  test("last prices are published at a cadence while answers are fetched and files imported", async () => {
    await using vendor = await recordedVendor(answers());
    await using here = await place({ yahooUrl: vendor.url, requestsPerMinute: 1e6 });
    const { config } = here;
    const symbols = ["AAPL-XNAS-EQ", "MSFT-XNAS-EQ", "V-XNYS-EQ"];
    const told: string[] = [];
    const stop = new AbortController();
    const publishing = publishQuotes(config, {
      ...{ vendor: "yahoo", symbols, cadenceMs: 20, commitAgeMs: 50, roundsMax: 5, signal: stop.signal },
      onQuote: (event, symbol) =>
        void told.push(`${symbol} ${event.kind === "quote" ? event.quote.price.mantissa : event.detail.slice(0, 60)}`),
    });
    const fetching = fetchEquities(config, {
      vendor: "yahoo",
      interval: "1d",
      startUs: 0,
      endUs: 1,
      symbols: symbols.slice(0, 2),
    });
    const importing = importEquities(config, { files: [await here.file("AAPL.csv", JANUARY)] });
    const [published, fetched] = await Promise.all([publishing, fetching, importing]);
    expect(published).toMatchObject({ quotes: 10, failures: 5 });
    expect(told.filter((line) => line === "AAPL-XNAS-EQ 24487")).toHaveLength(5);
    expect(told.filter((line) => line.startsWith("V-XNYS-EQ 127.0.0.1"))).toHaveLength(5);
    expect(fetched.map(({ outcome }) => outcome)).toEqual(["landed", "landed"]);
    expect(await count(config, TICKERS)).toBe(10 + 2); // An answer with candles has a last price as well.
    await using lake = await openEquitiesLake(config);
    const frames = await tableRows(lake, FRAMES, {
      filter: { feed: "yahoo" },
      select: ["_partition::VARCHAR", "count(*)::VARCHAR", "max(_offset)::VARCHAR"],
      groupBy: "_partition",
      orderBy: "_partition",
    });
    expect(frames).toEqual([
      ["0", "2", "1"],
      ["1", "10", "9"],
    ]);
  });

  test("publishing ends when it is stopped, with everything told also kept", async () => {
    await using vendor = await recordedVendor(answers());
    await using here = await place({ yahooUrl: vendor.url, requestsPerMinute: 1e6 });
    const stop = new AbortController();
    let told = 0;
    const report = await publishQuotes(here.config, {
      ...{ vendor: "yahoo", symbols: ["AAPL-XNAS-EQ"], cadenceMs: 1, commitAgeMs: 3_600_000, signal: stop.signal },
      onQuote: () => {
        told += 1;
        if (told === 3) stop.abort(new Error("enough"));
      },
    });
    expect(report).toEqual({ quotes: 3, failures: 0, commits: 1 });
    expect(await count(here.config, TICKERS)).toBe(3);
  });
});

const DAILY = "stocks/yfinance-daily";
const SYMBOLS = ["AAPL", "MSFT", "GOOGL", "AMZN", "META", "TSLA", "NVDA", "INTC", "JPM", "V"];

test.skipIf(sharedData(DAILY) === undefined)(
  "the daily files of ten symbols come in whole, and a year of each can be shown",
  async () => {
    await using here = await place();
    const { config } = here;
    const reports = await importEquities(config, {
      files: SYMBOLS.map((symbol) => sharedData(`${DAILY}/${symbol}.csv.gz`) ?? ""),
    });
    expect(reports.map(({ newBars, refusedRecords }) => [newBars, refusedRecords])).toEqual(
      SYMBOLS.map(() => [1_921, 0]),
    );
    expect(reports.reduce((sum, { newActions }) => sum + newActions, 0)).toBe(await count(config, CORPORATE_ACTIONS));
    for (const symbol of SYMBOLS) {
      const year = { startUs: tradingDayUs("2024-01-01"), endUs: tradingDayUs("2025-01-01") };
      const { bars } = await showEquities(config, { ...AAPL, vendor: "yahoo", symbol, ...year });
      expect([symbol, bars.length]).toEqual([symbol, 252]);
    }
    const [first] = (await showEquities(config, { ...AAPL, vendor: "yahoo", symbol: "TSLA", basis: "raw" })).bars;
    expect(first).toMatchObject({ open: "312", high: "322.11", low: "311", close: "320.53" });
  },
);
