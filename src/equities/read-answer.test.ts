import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { formatShortest } from "../domain/index.ts";
import { readVendorBytes } from "./read-answer.ts";
import type { CorporateAction, VendorAnswer } from "./vendor-answer.ts";

const encoder = new TextEncoder();
const DAY_US = 86_400_000_000;

function reading(
  text: string | object,
  url = "file:some.csv",
  status = 200,
): ReturnType<typeof readVendorBytes>["reading"] {
  const body = encoder.encode(typeof text === "string" ? text : JSON.stringify(text));
  return readVendorBytes({ url, status, body }).reading;
}

function answer(text: string | object, url?: string): VendorAnswer {
  const found = reading(text, url);
  if (found.kind !== "answer") throw new Error(`${found.kind}: ${found.detail}`);
  return found.answer;
}

function lines({ bars }: VendorAnswer): readonly string[] {
  return bars.map(({ startUs, open, high, low, close, volume }) =>
    [
      new Date(startUs / 1000).toISOString().replace(":00.000Z", "Z"),
      ...[open, high, low, close, volume].map(formatShortest),
    ].join(" "),
  );
}

function actionText(action: CorporateAction): string {
  const date = new Date(action.exDateUs / 1000).toISOString().slice(0, 10);
  return action.kind === "split"
    ? `${date} ${action.to}:${action.from}`
    : `${date} ${formatShortest(action.amount)} ${action.adjustment}`;
}

/** By the documented grammar, with made-up prices. A doubled one stands for a 32-bit float: 10.1 is 10.100000381469727. */
function chart(more: object = {}, meta: object = {}): object {
  const quote = {
    open: [10.100000381469727, null, 10.5, null],
    high: [11, null, 10.699999809265137, 12],
    low: [10, null, 10.25, 10],
    close: [10.100000381469727, null, 10.600000381469727, 11],
    volume: [100, null, 250, 300],
  };
  const result = {
    meta: {
      ...{ currency: "USD", symbol: "XYZ", exchangeName: "NYQ", instrumentType: "EQUITY" },
      ...{ exchangeTimezoneName: "America/New_York", dataGranularity: "1d" },
      ...{ regularMarketPrice: 10.7, regularMarketTime: 1_700_240_400, ...meta },
    },
    timestamp: [1_699_972_200, 1_700_058_600, 1_700_145_000, 1_700_231_400],
    indicators: { quote: [quote], adjclose: [{ adjclose: [1, null, 1, 1] }] },
    ...more,
  };
  return { chart: { result: [result], error: null } };
}

describe("a chart of Yahoo's form", () => {
  test("columns of floats become exact candles; a place of nulls is none, and a hole in a candle is refused", () => {
    const read = answer(chart());
    expect(lines(read)).toEqual([
      "2023-11-14T00:00Z 10.1 11 10 10.1 100",
      "2023-11-16T00:00Z 10.5 10.7 10.25 10.6 250",
    ]);
    expect(read).toMatchObject({
      rawSymbol: "XYZ",
      mic: "XNYS",
      currency: "USD",
      interval: "1d",
      emptyBars: 1,
      complete: undefined,
    });
    expect(read.refused).toEqual([{ index: 3, reason: "malformed", detail: "the candle has no open" }]);
    expect(read.quote === undefined ? "" : formatShortest(read.quote.price)).toBe("10.7");
  });

  test("its events are splits and dividends, complete where they were asked for", () => {
    const events = {
      dividends: { "1700145000": { amount: 0.205, date: 1_700_145_000 } },
      splits: { "1699972200": { date: 1_699_972_200, numerator: 3, denominator: 2, splitRatio: "3:2" } },
    };
    const read = answer(chart({ events }), "https://host/v8/finance/chart/XYZ?events=div%7Csplit&interval=1d");
    expect(read.actions.map(actionText)).toEqual(["2023-11-16 0.205 splits", "2023-11-14 3:2"]);
    expect(read.complete).toEqual({
      kinds: ["split", "dividend"],
      fromUs: 1_699_920_000_000_000,
      toUs: 1_700_092_800_000_000,
    });
    const unreadable = answer(
      chart({ events: { splits: { x: { date: 1, numerator: 0, denominator: 1 } } } }),
      "https://host/?events=split",
    );
    expect(unreadable.complete).toBeUndefined();
    expect(unreadable.refused.at(-1)?.detail).toContain("a split cannot be read");
  });

  test("a daylight saving change does not move a day", () => {
    const winter = answer(chart({ timestamp: [1_699_972_200, 1, 2, 3].map((time) => time) }));
    expect(winter.bars[0]?.startUs).toBe(Date.parse("2023-11-14T00:00:00Z") * 1000);
    const summer = answer(chart({ timestamp: [1_690_983_000, 1_691_069_400, 1_691_155_800, 1_691_415_000] }));
    expect(lines(summer).map((line) => line.slice(0, 10))).toEqual(["2023-08-02", "2023-08-04"]);
  });

  test("minutes keep their own time", () => {
    expect(lines(answer(chart({}, { dataGranularity: "1m" })))[0]).toBe("2023-11-14T14:30Z 10.1 11 10 10.1 100");
  });

  test("noise, zero, text and columns of different lengths are refused by name", () => {
    const noisy = chart({
      indicators: {
        quote: [
          {
            open: [182.64000000000001, 0, "9", 9],
            high: [1, 1, 1, 9],
            low: [1, 1, 1, 9],
            close: [1, 1, 1, 9],
            volume: [1, 1, 1, 1.123456789],
          },
        ],
      },
    });
    expect(answer(noisy).refused.map(({ reason, detail }) => `${reason}: ${detail}`)).toEqual(
      [
        "inexact_price: open is 182.64000000000001",
        "non_positive_price: open is 0",
        'malformed: open is "9"',
        "inexact_size: volume is 1.123456789",
      ].map((text) => text.replace("182.64000000000001", String(182.64000000000001))),
    );
    const short = chart({ timestamp: [1_699_972_200] });
    expect(reading(short)).toMatchObject({ kind: "refused", reason: "malformed" });
  });

  test("an error is no data, whatever its status", () => {
    const error = {
      chart: { result: null, error: { code: "Not Found", description: "No data found, symbol may be delisted" } },
    };
    expect(reading(error)).toEqual({
      kind: "refused",
      reason: "venue_error",
      detail: "Not Found: No data found, symbol may be delisted",
    });
    expect(reading("Too Many Requests\r\n", "https://host/", 429)).toEqual({
      kind: "rate-limited",
      detail: "HTTP 429: Too Many Requests",
    });
    expect(reading("<html>gateway</html>", "https://host/", 502)).toMatchObject({
      kind: "refused",
      reason: "venue_error",
    });
    expect(reading('{"chart":', "https://host/")).toMatchObject({ kind: "refused", reason: "malformed" });
    expect(reading(chart({}, { instrumentType: "CRYPTOCURRENCY" }))).toMatchObject({
      kind: "refused",
      reason: "unknown_symbol",
    });
  });
});

describe("daily files of Yahoo", () => {
  test("the old download prints floats with six digits", () => {
    const read = answer(
      "Date,Open,High,Low,Close,Adj Close,Volume\n2017-08-10,159.899994,160.000000,154.630005,155.320007,150.1,40804300\n2017-08-11,null,null,null,null,null,null\n",
    );
    expect(lines(read)).toEqual(["2017-08-10T00:00Z 159.9 160 154.63 155.32 40804300"]);
    expect(read).toMatchObject({
      emptyBars: 1,
      complete: undefined,
      madeAfterUs: (Date.parse("2017-08-11") + 0) * 1000,
    });
  });

  test("yfinance writes dividends and splits beside the candles; zero is none, and a short row is refused", () => {
    const header = "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits";
    const rows = [
      "2020-08-07 00:00:00-04:00,2,2,2,2,2,10,0.205,0.0",
      "2020-08-31 00:00:00-04:00,2,2,2,2,2,10.0,0.0,4.0",
      "2020-09-01,1",
    ];
    const read = answer([header, ...rows].join("\n"));
    expect(read.actions.map(actionText)).toEqual(["2020-08-07 0.205 splits", "2020-08-31 4:1"]);
    expect(read.refused).toEqual([{ index: 2, reason: "malformed", detail: "not a row of the header: 2020-09-01,1" }]);
    expect(read.bars.map(({ adjustment }) => adjustment)).toEqual(["splits", "splits"]);
  });
});

describe("Alpha Vantage", () => {
  const HEADER = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient";

  test("daily adjusted files are as traded, in either spelling of dates", () => {
    const read = answer(
      [
        HEADER,
        "9/1/2020,132.76,134.8,130.53,134.18,134.18,100,0,1",
        "2020-08-31,127.58,131.0000,126,129.04,129.04,200,0.0000,4.0000",
        "2020-08-07,1,1,1,1,1,1,0.8200,1.0",
      ].join("\r\n"),
    );
    expect(lines(read)[0]).toBe("2020-09-01T00:00Z 132.76 134.8 130.53 134.18 100");
    expect(read.actions.map(actionText)).toEqual(["2020-08-31 4:1", "2020-08-07 0.82 none"]);
    expect(read.bars.every(({ adjustment }) => adjustment === "none")).toBe(true);
  });

  test.each([
    ["0.1250", "1:8"],
    ["1.5", "3:2"],
    ["0.3333", "1:3"],
    ["1.998", "999:500"],
  ])("a split coefficient of %s is %s", (coefficient, ratio) => {
    const read = answer(`${HEADER}\n2020-08-31,1,1,1,1,1,1,0,${coefficient}`);
    expect(read.actions.map(actionText)).toEqual([`2020-08-31 ${ratio}`]);
  });

  test("intraday candles are stamped at their opening, in summer and in winter", () => {
    const atEnd = "timestamp,open,high,low,close,volume\n2020-01-29 16:00:00,2,2,2,2,5\n2020-01-29 15:59:00,1,1,1,1,4";
    expect(lines(answer(atEnd))).toEqual(["2020-01-29T20:59Z 2 2 2 2 5", "2020-01-29T20:58Z 1 1 1 1 4"]);
    const series = (time: string): object => ({
      [time]: { "1. open": "1.0", "2. high": "1.0", "3. low": "1.0", "4. close": "1.0", "5. volume": "3" },
    });
    const meta = { "2. Symbol": "XYZ", "4. Interval": "5min", "6. Time Zone": "US/Eastern" };
    const read = answer({
      "Meta Data": meta,
      "Time Series (5min)": { ...series("2024-07-01 09:35:00"), ...series("2024-07-01 09:30:00") },
    });
    expect(read).toMatchObject({ rawSymbol: "XYZ", interval: "5m" });
    expect(lines(read)).toEqual(["2024-07-01T13:35Z 1 1 1 1 3", "2024-07-01T13:30Z 1 1 1 1 3"]);
  });

  test("notes, notices and errors come with HTTP 200 and are never data", () => {
    const note = {
      Note: "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day.",
    };
    expect(reading(note)).toMatchObject({ kind: "rate-limited" });
    const limit = {
      Information:
        "We have detected your API key as ABCDEFGH12345678 and our standard API rate limit is 25 requests per day.",
    };
    expect(reading(limit)).toMatchObject({ kind: "rate-limited" });
    expect(JSON.stringify(reading(limit))).not.toContain("ABCDEFGH12345678");
    expect(reading({ Information: "Thank you! This is a premium endpoint." })).toMatchObject({
      kind: "refused",
      reason: "venue_error",
    });
    const error = {
      "Error Message": "Invalid API call. Please retry or visit the documentation for TIME_SERIES_DAILY.",
    };
    expect(reading(error)).toMatchObject({ kind: "refused", reason: "venue_error" });
    expect(reading({})).toMatchObject({ kind: "refused", reason: "unknown_message" });
  });
});

test("gzip is opened, a bomb is not, and what is neither text nor JSON is refused", () => {
  const body = gzipSync("timestamp,open,high,low,close,volume\n2020-01-29,1,1,1,1,5");
  expect(readVendorBytes({ url: "file:x.csv.gz", status: 200, body }).reading).toMatchObject({ kind: "answer" });
  const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, "1"));
  expect(readVendorBytes({ url: "file:x.csv.gz", status: 200, body: bomb }).reading).toMatchObject({
    kind: "refused",
    reason: "malformed",
  });
  expect(
    readVendorBytes({ url: "file:x", status: 200, body: new Uint8Array([0xff, 0xfe, 0x80]) }).reading,
  ).toMatchObject({ reason: "malformed" });
  expect(reading("")).toMatchObject({ kind: "refused", reason: "unknown_message" });
});

describe.skipIf(sharedData("stocks") === undefined)("recorded answers and files", () => {
  const read = (path: string): ReturnType<typeof readVendorBytes> =>
    readVendorBytes({ url: `file:${path}`, status: 200, body: readFileSync(sharedData(`stocks/${path}`) ?? "") });
  const told = (path: string): VendorAnswer => {
    const { reading: found } = read(path);
    if (found.kind !== "answer") throw new Error(found.detail);
    return found.answer;
  };

  test.each([
    ["yahoo-chart-api/chart-AAPL-2020-08-31-to-2020-11-07.json.gz", "1d", 49, 2],
    ["yahoo-chart-api/historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json.gz", "1d", 252, 4],
    ["yahoo-chart-api/chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json.gz", "1m", 0, 0],
    ["yahoo-chart-api/chart-AMZN-2020-01-01-to-2020-01-03.json.gz", "1d", 1, 0],
    ["yahoo-download-csv/AAPL_2018.csv.gz", "1d", 253, 0],
    ["yahoo-download-csv/GOOG.csv.gz", "1d", 1_761, 0],
    ["yahoo-download-csv/HPQ.csv.gz", "1d", 2_014, 0],
    ["alphavantage-api/mock_time_series.json", "1m", 100, 0],
    ["alphavantage-intraday/GOOG_1min.csv.gz", "1m", 1_685, 0],
    ["alphavantage-daily-adjusted/vintage-2020-01-16/daily_adjusted_AAPL.csv.gz", "1d", 5_033, 33],
    ["alphavantage-daily-adjusted/vintage-2020-09-01/daily_adjusted_AAPL.csv.gz", "1d", 5_200, 37],
  ])("%s: %s, %i candles, %i actions, none refused", (path, interval, bars, actions) => {
    const found = told(path);
    expect(found).toMatchObject({ interval, refused: [], emptyBars: 0 });
    expect([found.bars.length, found.actions.length]).toEqual([bars, actions]);
  });

  test("a recorded exchange says what was asked, and when it was answered", () => {
    const { url, answeredAtUs } = read("yahoo-chart-api/chart-AAPL-2020-08-31-to-2020-11-07.json.gz");
    expect(url).toContain("/v8/finance/chart/AAPL?");
    expect(answeredAtUs).toBe(Date.parse("2025-02-20T11:47:42Z") * 1000);
  });

  test("the first minute of a session is stamped 9:30 in New York", () => {
    const opening = told("alphavantage-intraday/GOOG_1min.csv.gz").bars.find(
      ({ startUs }) => startUs === Date.parse("2020-01-23T14:30:00Z") * 1000,
    );
    expect(opening === undefined ? "" : formatShortest(opening.open)).toBe("1487.8");
  });

  test("closes of the old download are the cents that Alpha Vantage has for the same days", () => {
    const raw = new Map(
      told("alphavantage-daily-adjusted/vintage-2020-01-16/daily_adjusted_AAPL.csv.gz").bars.map((bar) => [
        bar.startUs,
        formatShortest(bar.close),
      ]),
    );
    const bars = told("yahoo-download-csv/AAPL_2018.csv.gz").bars.filter(({ startUs }) => raw.has(startUs));
    expect(bars).toHaveLength(253);
    expect(bars.filter((bar) => raw.get(bar.startUs) !== formatShortest(bar.close))).toEqual([]);
  });

  test("what is no share, no series or no format of a vendor is refused by its reason", () => {
    expect(read("yahoo-chart-api/chart-BTC-USD-2020-01-01-to-2020-01-03.json.gz").reading).toMatchObject({
      reason: "unknown_symbol",
    });
    expect(read("yahoo-chart-api/chart-EURUSD=X-2020-01-01-to-2020-01-03.json.gz").reading).toMatchObject({
      reason: "unknown_symbol",
    });
    expect(read("alphavantage-api/mock_technical_indicator.json").reading).toMatchObject({ reason: "unknown_message" });
    expect(read("alphavantage-api/symbol_search.json").reading).toMatchObject({ reason: "unknown_message" });
    expect(told("alphavantage-api/global_quote.json").quote?.timeUs).toBe(Date.parse("2018-10-05") * 1000);
  });
});

test("days are days of UTC", () => {
  expect(answer("timestamp,open,high,low,close,volume\n2020-01-29,1,1,1,1,5").madeAfterUs).toBe(
    Date.parse("2020-01-29") * 1000 + DAY_US,
  );
});
