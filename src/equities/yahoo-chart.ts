import { isObject, type JsonObject, numberTextOf, textOf } from "../base/index.ts";
import { BarCollector, barRange, isStorable } from "./bar-columns.ts";
import { decimalOfVendorNumber } from "./float-decimal.ts";
import { tradingDayAt } from "./trading-time.ts";
import { type ActionKind, type CorporateAction, type Reading, refused, type VendorQuote } from "./vendor-answer.ts";

/*
 * GET v8/finance/chart/{symbol}?interval=1d&period1=…&period2=…&events=div|split
 *
 *   {"chart":{"result":[{"meta":{"symbol","currency","exchangeName","instrumentType","exchangeTimezoneName","dataGranularity",
 *     "regularMarketPrice","regularMarketTime",…},"timestamp":[…],"events":{"dividends":{…},"splits":{…}},
 *     "indicators":{"quote":[{"open":[…],"high":[…],"low":[…],"close":[…],"volume":[…]}],"adjclose":[…]}}],"error":null}}
 *
 * A place of the columns that is null is a day without a candle. Prices, volumes and dividends are in shares of the day of
 * the answer; `adjclose` is derived, so it is not taken. An error is {"chart":{"result":null,"error":{"code","description"}}}.
 */
const COLUMNS = ["open", "high", "low", "close", "volume"] as const;

/** Yahoo's own codes of exchanges, as ISO 10383 names them. */
const MICS: Readonly<Record<string, string>> = {
  NMS: "XNAS",
  NGM: "XNAS",
  NCM: "XNAS",
  NYQ: "XNYS",
  ASE: "XASE",
  PCX: "ARCX",
  BTS: "BATS",
  LSE: "XLON",
  GER: "XETR",
  PAR: "XPAR",
  AMS: "XAMS",
  JPX: "XTKS",
  HKG: "XHKG",
  TOR: "XTSE",
  ASX: "XASX",
  EBS: "XSWX",
};
const SHARES: ReadonlySet<string> = new Set(["EQUITY", "ETF", "MUTUALFUND"]);
/** As K2 spells intervals; others stay as they are. */
const INTERVALS: Readonly<Record<string, string>> = { "60m": "1h", "1wk": "1w" };
/** Candles that stand for dates, not moments. */
const DAILY: ReadonlySet<string> = new Set(["1d", "5d", "1w", "1mo", "3mo"]);

export function isYahooChart(json: unknown): json is JsonObject {
  return isObject(json) && ["chart", "finance"].some((name) => isObject(json[name]));
}

/** @param askedFor kinds of events that the request asked for: of the others the answer says nothing */
export function readYahooChart(json: JsonObject, askedFor: readonly ActionKind[]): Reading {
  const chart = json["chart"] ?? json["finance"];
  if (!isObject(chart)) return refused("malformed", "no chart in it");
  if (isObject(chart["error"])) return readError(chart["error"]);
  const result: unknown = Array.isArray(chart["result"]) ? chart["result"][0] : undefined;
  const meta = isObject(result) ? result["meta"] : undefined;
  if (!isObject(result) || !isObject(meta)) return refused("malformed", "neither a result nor an error in it");
  const type = textOf(meta["instrumentType"]) ?? "EQUITY";
  const rawSymbol = textOf(meta["symbol"]);
  if (!SHARES.has(type)) return refused("unknown_symbol", `${rawSymbol} is ${type}, and no share of a company or fund`);
  return readResult(result, { meta, rawSymbol, askedFor });
}

function readError(error: JsonObject): Reading {
  const detail = `${textOf(error["code"]) ?? "error"}: ${textOf(error["description"]) ?? "no description"}`;
  return /too many requests/i.test(detail) ? { kind: "rate-limited", detail } : refused("venue_error", detail);
}

interface ResultContext {
  readonly meta: JsonObject;
  readonly rawSymbol: string | undefined;
  readonly askedFor: readonly ActionKind[];
}

function readResult(result: JsonObject, { meta, rawSymbol, askedFor }: ResultContext): Reading {
  const zone = textOf(meta["exchangeTimezoneName"]) ?? "UTC";
  const granularity = textOf(meta["dataGranularity"]) ?? "1d";
  const interval = INTERVALS[granularity] ?? granularity;
  const collector = readBars(result, { interval, zone });
  if (collector === undefined) return refused("malformed", "the columns of the candles are not as long as their times");
  const { actions, problems } = readEvents(result["events"], zone);
  for (const detail of problems) collector.refuse(collector.places, "malformed", detail);
  const { bars, refused: refusals, emptyBars } = collector;
  const range = barRange(bars);
  const isComplete = interval === "1d" && problems.length === 0 && askedFor.length > 0;
  const marketSeconds = secondsOf(meta["regularMarketTime"]);
  const mic = MICS[textOf(meta["exchangeName"]) ?? ""];
  return {
    kind: "answer",
    answer: {
      ...{ vendor: "yahoo", rawSymbol, mic, currency: textOf(meta["currency"]), interval },
      ...{ bars, actions, refused: refusals, emptyBars, quote: quoteOf(meta, marketSeconds) },
      complete: isComplete && range !== undefined ? { kinds: askedFor, ...range } : undefined,
      madeAfterUs: marketSeconds === undefined ? undefined : marketSeconds * 1_000_000,
    },
  };
}

function readBars(
  result: JsonObject,
  { interval, zone }: { readonly interval: string; readonly zone: string },
): BarCollector | undefined {
  const times = Array.isArray(result["timestamp"]) ? result["timestamp"].map(secondsOf) : [];
  const columns = quoteColumns(result["indicators"], times.length);
  if (columns === undefined) return undefined;
  const collector = new BarCollector("splits", decimalOfVendorNumber);
  for (const [index, seconds] of times.entries()) {
    const timeUs = seconds === undefined ? undefined : seconds * 1_000_000;
    const startUs = timeUs === undefined || !DAILY.has(interval) ? timeUs : tradingDayAt(timeUs, zone);
    const [open, high, low, close, volume] = columns.map((column) => column[index]);
    collector.add(index, startUs, { open, high, low, close, volume });
  }
  return collector;
}

type TextColumn = readonly (string | undefined)[];

function quoteColumns(indicators: unknown, length: number): readonly TextColumn[] | undefined {
  const quotes: unknown = isObject(indicators) ? indicators["quote"] : undefined;
  const quote: unknown = Array.isArray(quotes) ? quotes[0] : undefined;
  const columns = COLUMNS.map((name) => {
    const values: unknown = isObject(quote) ? quote[name] : undefined;
    return Array.isArray(values) ? values.map(cellText) : [];
  });
  return columns.every((column) => column.length === length) ? columns : undefined;
}

/** What is neither a number nor null is handed on, to be refused. */
function cellText(value: unknown): string | undefined {
  return value === null ? undefined : (numberTextOf(value) ?? JSON.stringify(value));
}

function secondsOf(value: unknown): number | undefined {
  const seconds = Number(numberTextOf(value));
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** Yahoo names the opening of the ex-date's session. */
function readEvents(
  events: unknown,
  zone: string,
): { readonly actions: readonly CorporateAction[]; readonly problems: readonly string[] } {
  const actions: CorporateAction[] = [];
  const problems: string[] = [];
  for (const [kind, name] of [
    ["dividend", "dividends"],
    ["split", "splits"],
  ] as const) {
    const entries = isObject(events) ? events[name] : undefined;
    for (const entry of isObject(entries) ? Object.values(entries) : []) {
      const action = isObject(entry) ? readEvent(kind, entry, zone) : undefined;
      if (action === undefined) problems.push(`a ${kind} cannot be read: ${JSON.stringify(entry).slice(0, 120)}`);
      else actions.push(action);
    }
  }
  return { actions, problems };
}

function readEvent(kind: ActionKind, entry: JsonObject, zone: string): CorporateAction | undefined {
  const seconds = secondsOf(entry["date"]);
  const exDateUs = seconds === undefined ? undefined : tradingDayAt(seconds * 1_000_000, zone);
  if (exDateUs === undefined) return undefined;
  if (kind === "split") {
    const [to, from] = [entry["numerator"], entry["denominator"]].map((part) => wholeOf(numberTextOf(part)));
    return to === undefined || from === undefined ? undefined : { kind, exDateUs, to, from };
  }
  const text = numberTextOf(entry["amount"]);
  const amount = text === undefined ? undefined : decimalOfVendorNumber(text);
  if (amount === undefined || amount.mantissa <= 0n || !isStorable(amount)) return undefined;
  return { kind, exDateUs, amount, adjustment: "splits" };
}

function wholeOf(text: string | undefined): bigint | undefined {
  const decimal = text === undefined ? undefined : decimalOfVendorNumber(text);
  if (decimal === undefined) return undefined;
  const { mantissa, scale } = decimal;
  const unit = 10n ** BigInt(scale);
  return mantissa > 0n && mantissa % unit === 0n ? mantissa / unit : undefined;
}

function quoteOf(meta: JsonObject, marketSeconds: number | undefined): VendorQuote | undefined {
  const read = (name: string): VendorQuote["open"] => {
    const text = numberTextOf(meta[name]);
    const value = text === undefined ? undefined : decimalOfVendorNumber(text);
    return value !== undefined && value.mantissa > 0n && isStorable(value) ? value : undefined;
  };
  const price = read("regularMarketPrice");
  if (price === undefined || marketSeconds === undefined) return undefined;
  return {
    price,
    open: read("regularMarketOpen"),
    high: read("regularMarketDayHigh"),
    low: read("regularMarketDayLow"),
    previousClose: read("previousClose"),
    volume: read("regularMarketVolume"),
    timeUs: marketSeconds * 1_000_000,
  };
}
