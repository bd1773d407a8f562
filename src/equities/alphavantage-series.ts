import { isObject, type JsonObject, textOf } from "../base/index.ts";
import { type Decimal, parseDecimal } from "../domain/index.ts";
import { alphaVantageNotice } from "./alphavantage-notice.ts";
import { BarCollector, barRange, isStorable } from "./bar-columns.ts";
import { type CsvRows, rowCells } from "./csv-rows.ts";
import { splitOfDecimal } from "./split-ratio.ts";
import { dayOf, nextDay, tradingDayUs, zonedTimeUs } from "./trading-time.ts";
import {
  type ActionKind,
  type CorporateAction,
  type Reading,
  refused,
  type VendorAnswer,
  type VendorQuote,
} from "./vendor-answer.ts";

/*
 * Alpha Vantage, newest first, all numbers texts of decimals. Prices, volumes and dividends are as traded.
 *
 *   timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient      TIME_SERIES_DAILY_ADJUSTED
 *   timestamp,open,high,low,close,volume                                            TIME_SERIES_DAILY, TIME_SERIES_INTRADAY
 *   {"Meta Data":{"2. Symbol","4. Interval","6. Time Zone",…},"Time Series (1min)":{"2017-12-18 14:56:00":{"1. open",…},…}}
 *   {"Global Quote":{"01. symbol","05. price","07. latest trading day",…}}
 *
 * `adjusted_close` is derived, so it is not taken. A dividend of 0 and a split of 1 stand for none.
 */
const EASTERN = "America/New_York";
const COLUMNS = ["timestamp", "open", "high", "low", "close", "volume"];
const INTERVALS: Readonly<Record<string, string>> = {
  "1min": "1m",
  "5min": "5m",
  "15min": "15m",
  "30min": "30m",
  "60min": "1h",
};
const INTERVAL_US: Readonly<Record<string, number>> = {
  "1m": 60e6,
  "5m": 300e6,
  "15m": 900e6,
  "30m": 1800e6,
  "1h": 3600e6,
};

/** One record of a series, however it was written. */
interface SeriesRow {
  readonly time: string;
  readonly cell: (name: string) => string | undefined;
}

interface Series {
  readonly rows: readonly (SeriesRow | string)[];
  readonly rawSymbol: string | undefined;
  /** As Alpha Vantage writes it, such as 1min; undefined for a day. */
  readonly interval: string | undefined;
  readonly timeZone: string;
  readonly hasActions: boolean;
}

export function isAlphaVantageCsv({ header }: CsvRows): boolean {
  return COLUMNS.every((name) => header.includes(name));
}

export function readAlphaVantageCsv(csv: CsvRows): Reading {
  const rows = csv.rows.map((row): SeriesRow | string => {
    const cell = rowCells(csv, row);
    return cell === undefined ? row.join(",") : { time: cell("timestamp") ?? "", cell };
  });
  const isIntraday = rows.some((row) => typeof row !== "string" && row.time.includes(":"));
  const interval = isIntraday ? spacing(rows) : undefined;
  if (isIntraday && interval === undefined)
    return refused("malformed", "the interval of the candles cannot be told from their times");
  const hasActions = csv.header.includes("dividend_amount") && csv.header.includes("split_coefficient");
  return readSeries({ rows, rawSymbol: undefined, interval, timeZone: EASTERN, hasActions });
}

export function isAlphaVantageJson(json: unknown): json is JsonObject {
  if (!isObject(json)) return false;
  return ["Meta Data", "Global Quote", "Note", "Information", "Error Message"].some((name) => name in json);
}

export function readAlphaVantageJson(json: JsonObject): Reading {
  const notice = alphaVantageNotice(json);
  if (notice !== undefined) return notice;
  if (isObject(json["Global Quote"])) return readGlobalQuote(json["Global Quote"]);
  const [name, series] =
    Object.entries(json).find(([key]) => /^(Weekly |Monthly )?(Adjusted )?Time Series/.test(key)) ?? [];
  const period = /^Time Series \((.+)\)$/.exec(name ?? "")?.[1];
  if (!isObject(series) || period === undefined || (period !== "Daily" && INTERVALS[period] === undefined)) {
    return refused(
      "unknown_message",
      `no daily or intraday series in it, but ${Object.keys(json).join(", ").slice(0, 120)}`,
    );
  }
  const meta = numbered(json["Meta Data"]);
  const rows = Object.entries(series).map(([time, values]): SeriesRow => ({ time, cell: jsonCells(values) }));
  const hasActions = rows[0]?.cell("dividend_amount") !== undefined;
  const interval = period === "Daily" ? undefined : period;
  return readSeries({ rows, rawSymbol: meta("Symbol"), interval, timeZone: meta("Time Zone") ?? EASTERN, hasActions });
}

/** Members by their names without the numbers before them. */
function numbered(object: unknown): (name: string) => string | undefined {
  const members = Object.entries(isObject(object) ? object : {});
  const byName = new Map(members.map(([name, value]) => [name.replace(/^\d+[.:] /, ""), textOf(value)]));
  return (name) => byName.get(name);
}

function jsonCells(values: unknown): (name: string) => string | undefined {
  const cell = numbered(values);
  return (name) => cell(name.replaceAll("_", " "));
}

/** The most frequent distance between two times that follow each other. */
function spacing(rows: Series["rows"]): string | undefined {
  const times = rows.flatMap((row) => (typeof row === "string" ? [] : [zonedTimeUs(row.time, EASTERN) ?? Number.NaN]));
  const counts = new Map<number, number>();
  for (const [index, time] of times.entries()) {
    const distance = Math.abs(time - (times[index + 1] ?? Number.NaN));
    if (!Number.isNaN(distance)) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  const interval = Object.entries(INTERVAL_US).find(([, us]) => us === most?.[0])?.[0];
  return Object.entries(INTERVALS).find(([, name]) => name === interval)?.[0];
}

function readSeries(series: Series): Reading {
  const collector = new BarCollector("none", parseDecimal);
  const actions: CorporateAction[] = [];
  const startOf = starts(series);
  let actionProblems = 0;
  for (const [index, row] of series.rows.entries()) {
    if (typeof row === "string") {
      collector.refuse(index, "malformed", `not a row of the header: ${row.slice(0, 80)}`);
      continue;
    }
    const { time, cell } = row;
    const startUs = startOf(time);
    const [open, high, low] = [cell("open"), cell("high"), cell("low")];
    collector.add(index, startUs, { open, high, low, close: cell("close"), volume: cell("volume") });
    if (!series.hasActions || startUs === undefined) continue;
    const found = rowActions(startUs, cell("dividend_amount"), cell("split_coefficient"));
    actions.push(...(found ?? []));
    if (found !== undefined) continue;
    actionProblems += 1;
    collector.refuse(index, "malformed", `the dividend or the split of ${time} cannot be read exactly`);
  }
  const { bars, refused: refusals, emptyBars } = collector;
  const range = barRange(bars);
  const kinds: readonly ActionKind[] = ["split", "dividend"];
  const isComplete = series.hasActions && actionProblems === 0;
  const answer: VendorAnswer = {
    ...{ vendor: "alphavantage", rawSymbol: series.rawSymbol, mic: undefined, currency: undefined, quote: undefined },
    interval: series.interval === undefined ? "1d" : INTERVALS[series.interval],
    ...{ bars, actions, refused: refusals, emptyBars },
    complete: isComplete && range !== undefined ? { kinds, ...range } : undefined,
    madeAfterUs: range === undefined ? undefined : nextDay(dayOf(range.toUs)),
  };
  return { kind: "answer", answer };
}

/**
 * K2 stamps a candle at its opening. Alpha Vantage stamped intraday candles at their end until 2021, and stamps them at
 * their opening since; which of the two a series does, its own times tell: the first candle of a session (9:30) or of the
 * hours before it (4:00) has that time only by its opening, and the last (16:00, 20:00) only by its end. A series with
 * none of them and from before 2021 is stamped at the end.
 */
function starts({ rows, interval, timeZone }: Series): (time: string) => number | undefined {
  if (interval === undefined) return tradingDayUs;
  const times = rows.flatMap((row) => (typeof row === "string" ? [] : [row.time]));
  const has = (...clocks: readonly string[]): boolean =>
    times.some((time) => clocks.some((clock) => time.endsWith(` ${clock}:00`)));
  const first = has("09:30", "04:00");
  const last = has("16:00", "20:00");
  const atEnd = first === last ? times.some((time) => time < "2021") : last;
  const shiftUs = atEnd ? (INTERVAL_US[INTERVALS[interval] ?? ""] ?? 0) : 0;
  return (time) => {
    const us = zonedTimeUs(time, timeZone);
    return us === undefined ? undefined : us - shiftUs;
  };
}

function rowActions(exDateUs: number, dividend = "0", split = "1"): readonly CorporateAction[] | undefined {
  const [amount, ratio] = [decimalOf(dividend), decimalOf(split)];
  const parts = ratio === undefined ? undefined : splitOfDecimal(ratio);
  if (amount === undefined || parts === undefined || amount.mantissa < 0n || !isStorable(amount)) return undefined;
  const actions: CorporateAction[] = [];
  if (parts.to !== parts.from) actions.push({ kind: "split", exDateUs, ...parts });
  if (amount.mantissa !== 0n) actions.push({ kind: "dividend", exDateUs, amount, adjustment: "none" });
  return actions;
}

function decimalOf(text: string | undefined): Decimal | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? parseDecimal(text) : undefined;
}

function readGlobalQuote(object: JsonObject): Reading {
  const cell = numbered(object);
  const read = (name: string): Decimal | undefined => {
    const value = decimalOf(cell(name));
    return value !== undefined && value.mantissa > 0n && isStorable(value) ? value : undefined;
  };
  const [price, timeUs] = [read("price"), tradingDayUs(cell("latest trading day") ?? "")];
  if (price === undefined || timeUs === undefined) return refused("malformed", "the quote has no price or no day");
  const quote: VendorQuote = {
    ...{ price, timeUs, open: read("open"), high: read("high"), low: read("low") },
    ...{ previousClose: read("previous close"), volume: read("volume") },
  };
  const none = { bars: [], actions: [], refused: [], emptyBars: 0, complete: undefined };
  const unnamed = { mic: undefined, currency: undefined, interval: undefined };
  const rawSymbol = cell("symbol");
  return {
    kind: "answer",
    answer: { vendor: "alphavantage", rawSymbol, ...unnamed, quote, ...none, madeAfterUs: timeUs },
  };
}
