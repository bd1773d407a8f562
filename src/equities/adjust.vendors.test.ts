import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { formatShortest, parseDecimal } from "../domain/index.ts";
import { adjust, adjustedValue } from "./adjust.ts";
import type { KnownAction, KnownBar } from "./known.ts";
import { compareRationals, difference, quotient, type Rational, rationalOfDecimal } from "./rational.ts";
import { readVendorBytes } from "./read-answer.ts";
import { dayText, tradingDayUs } from "./trading-time.ts";
import type { VendorAnswer } from "./vendor-answer.ts";

/** Adjusted closes of two vendors as the referee: recorded files of ten symbols and of two vintages of one series. */

const SYMBOLS = ["AAPL", "MSFT", "GOOGL", "AMZN", "META", "TSLA", "NVDA", "INTC", "JPM", "V"];
const FOLDER = sharedData("stocks/yfinance-daily");

interface File {
  readonly bars: readonly KnownBar[];
  readonly actions: readonly KnownAction[];
  readonly answer: VendorAnswer;
  /** The vendor's own adjusted close, by date. */
  readonly adjustedCloses: ReadonlyMap<number, string>;
}

const files = new Map<string, File>();

function read(path: string, adjustedColumn: string, knownAtUs?: number): File {
  const key = `${path} ${knownAtUs}`;
  const file = files.get(key) ?? readAnew(path, adjustedColumn, knownAtUs);
  files.set(key, file);
  return file;
}

function readAnew(path: string, adjustedColumn: string, knownAtUs?: number): File {
  const body = readFileSync(sharedData(path) ?? "");
  const { reading } = readVendorBytes({ url: `file:${path}`, status: 200, body });
  if (reading.kind !== "answer") throw new Error(reading.detail);
  const { answer } = reading;
  const said = { knownAtUs: knownAtUs ?? answer.madeAfterUs ?? 0, revision: 0 };
  const [header = "", ...lines] = gunzipSync(body).toString().trim().split(/\r?\n/);
  const column = header.split(",").indexOf(adjustedColumn);
  const cells = lines.map((line) => line.split(","));
  return {
    bars: answer.bars.map((bar) => ({ ...bar, ...said })),
    actions: answer.actions.map((action) => ({ ...action, ...said, state: "stated" })),
    answer,
    adjustedCloses: new Map(cells.map((row) => [tradingDayUs(row[0]?.split(" ")[0] ?? "") ?? 0, row[column] ?? ""])),
  };
}

/** The largest |ours − theirs| ÷ theirs. */
function largestError(
  { bars, actions, adjustedCloses }: File,
  asOfUs: number,
): { readonly error: number; readonly compared: number } {
  let largest: Rational = { numerator: 0n, denominator: 1n };
  let compared = 0;
  for (const bar of adjust(bars, actions, { asOfUs }).bars) {
    const theirs = rationalOfDecimal(parseDecimal(adjustedCloses.get(bar.startUs) ?? "0"));
    const ratio = quotient(difference(adjustedValue(bar, "close"), theirs), theirs);
    const error = { ...ratio, numerator: ratio.numerator < 0n ? -ratio.numerator : ratio.numerator };
    if (compareRationals(error, largest) > 0) largest = error;
    compared += 1;
  }
  return { error: Number((largest.numerator * 10n ** 15n) / largest.denominator) / 1e15, compared };
}

const NOW_US = tradingDayUs("2026-11-21") ?? 0;

describe.skipIf(FOLDER === undefined)("recorded daily files of ten symbols", () => {
  test.each(SYMBOLS)("%s: the adjusted close is the vendor's within 1e-6 on all 1,921 days", (symbol) => {
    const file = read(`stocks/yfinance-daily/${symbol}.csv.gz`, "Adj Close");
    expect(file.answer.refused).toEqual([]);
    const { error, compared } = largestError(file, NOW_US);
    expect(compared).toBe(1_921);
    expect(error).toBeLessThan(1e-6);
  });

  test("splits and dividends are those that the files are known to have", () => {
    const splits = SYMBOLS.flatMap((symbol) =>
      read(`stocks/yfinance-daily/${symbol}.csv.gz`, "Adj Close").answer.actions.flatMap((action) =>
        action.kind === "split" ? [`${symbol} ${dayText(action.exDateUs)} ${action.to}:${action.from}`] : [],
      ),
    );
    expect(splits).toEqual([
      ...["AAPL 2020-08-31 4:1", "GOOGL 2022-07-18 20:1", "AMZN 2022-06-06 20:1", "TSLA 2020-08-31 5:1"],
      ...["TSLA 2022-08-25 3:1", "NVDA 2021-07-20 4:1", "NVDA 2024-06-10 10:1"],
    ]);
  });

  test("closes as traded, taken back from floats after splits, are whole cents", () => {
    for (const symbol of SYMBOLS) {
      const { bars, actions } = read(`stocks/yfinance-daily/${symbol}.csv.gz`, "Adj Close");
      const odd = adjust(bars, actions, { asOfUs: NOW_US, basis: "raw" }).bars.filter(
        ({ traded }) => traded.close.scale > 2,
      );
      expect(odd.map(({ startUs, traded }) => `${symbol} ${dayText(startUs)} ${formatShortest(traded.close)}`)).toEqual(
        [],
      );
    }
  });
});

const VINTAGES = "stocks/alphavantage-daily-adjusted";
const [BEFORE_US, AFTER_US] = [tradingDayUs("2020-01-17") ?? 0, tradingDayUs("2020-09-02") ?? 0];

describe.skipIf(sharedData(VINTAGES) === undefined || FOLDER === undefined)("two vendors", () => {
  test.each([
    { symbol: "AAPL", vintage: "2020-09-01", days: 672, unlike: [] },
    { symbol: "MSFT", vintage: "2020-09-01", days: 672, unlike: [] },
    { symbol: "V", vintage: "2020-09-01", days: 672, unlike: [] },
    // The file was made while that day was traded.
    { symbol: "JPM", vintage: "2020-01-16", days: 514, unlike: ["2020-01-16: 137.25 and 137.32"] },
  ])(
    "$symbol: closes as traded from Yahoo's floats are Alpha Vantage's to the cent",
    ({ symbol, vintage, days, unlike }) => {
      const yahoo = read(`stocks/yfinance-daily/${symbol}.csv.gz`, "Adj Close");
      const other = read(`${VINTAGES}/vintage-${vintage}/daily_adjusted_${symbol}.csv.gz`, "adjusted_close");
      const theirs = new Map(other.bars.map(({ startUs, close }) => [startUs, formatShortest(close)]));
      const shared = adjust(yahoo.bars, yahoo.actions, { asOfUs: NOW_US, basis: "raw" }).bars.filter(({ startUs }) =>
        theirs.has(startUs),
      );
      expect(shared).toHaveLength(days);
      const different = shared
        .map(({ startUs, traded }) => ({ startUs, ours: formatShortest(traded.close), vendor: theirs.get(startUs) }))
        .filter(({ ours, vendor }) => ours !== vendor);
      expect(different.map(({ startUs, ours, vendor }) => `${dayText(startUs)}: ${ours} and ${vendor}`)).toEqual(
        unlike,
      );
    },
  );

  test("two vintages of one series around a split are two states of knowledge", () => {
    const before = read(`${VINTAGES}/vintage-2020-01-16/daily_adjusted_AAPL.csv.gz`, "adjusted_close", BEFORE_US);
    const after = read(`${VINTAGES}/vintage-2020-09-01/daily_adjusted_AAPL.csv.gz`, "adjusted_close", AFTER_US);
    const bars = [...before.bars, ...after.bars];
    const actions = [...before.actions, ...after.actions];
    for (const [{ adjustedCloses }, asOfUs, days] of [
      [before, BEFORE_US, 5_033],
      [after, AFTER_US, 5_200],
    ] as const) {
      const { error, compared } = largestError({ bars, actions, answer: before.answer, adjustedCloses }, asOfUs);
      expect(compared).toBe(days);
      expect(error).toBeLessThan(4e-4); // The vendor prints four digits, of prices that are cents when it starts.
    }
  });
});

const FACTORS = sharedData("stocks/corporate-actions/factor_files/aapl.csv");

test.skipIf(FACTORS === undefined || sharedData(VINTAGES) === undefined)(
  "factors of twenty years are those of a third source, four splits and 33 dividends long",
  () => {
    const { bars, actions } = read(
      `${VINTAGES}/vintage-2020-09-01/daily_adjusted_AAPL.csv.gz`,
      "adjusted_close",
      AFTER_US,
    );
    const ours = new Map(adjust(bars, actions, { asOfUs: AFTER_US }).bars.map((bar) => [bar.startUs, bar]));
    // date, price factor, split factor, close: of all days up to that date, with dividends paid until 2021.
    const rows = readFileSync(FACTORS ?? "", "utf8")
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(",").map(Number));
    const paidLater = rows.find(([date]) => date === 20201105)?.[1] ?? Number.NaN;
    let compared = 0;
    for (const [date = 0, price = 0, split = 0] of rows) {
      const text = String(date).replace(/(\d{4})(\d{2})(\d{2})/, "$1-$2-$3");
      const bar = ours.get(tradingDayUs(text) ?? 0);
      if (bar === undefined) continue;
      compared += 1;
      const volume = Number(bar.volumeFactor.numerator) / Number(bar.volumeFactor.denominator);
      expect(Math.abs(volume * split - 1), text).toBeLessThan(1e-5);
      const { numerator, denominator } = bar.priceFactor;
      const factor = Number((numerator * 10n ** 15n) / denominator) / 1e15;
      expect(Math.abs((factor * paidLater) / (price * split) - 1), text).toBeLessThan(5e-4);
    }
    expect(compared).toBe(37);
  },
);
