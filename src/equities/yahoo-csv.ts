import { formatShortest, parseDecimal } from "../domain/index.ts";
import { BarCollector, barRange, isStorable } from "./bar-columns.ts";
import { type CsvRows, rowCells } from "./csv-rows.ts";
import { decimalOfVendorNumber } from "./float-decimal.ts";
import { splitOfDecimal } from "./split-ratio.ts";
import { nextDay, tradingDayUs } from "./trading-time.ts";
import type { CorporateAction, Reading } from "./vendor-answer.ts";

/*
 * Daily files that come from Yahoo Finance, oldest first:
 *   Date,Open,High,Low,Close,Adj Close,Volume                          the site's download (v7/finance/download, until 2024)
 *   Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits   written by yfinance with auto_adjust off and actions on
 * Prices, volume and dividends are in shares of the day of the download. `Adj Close` is derived, so it is not taken.
 */
const PRICES = ["date", "open", "high", "low", "close", "adj close", "volume"];
const ACTIONS = ["dividends", "stock splits"];

export function isYahooCsv({ header }: CsvRows): boolean {
  return PRICES.every((name) => header.includes(name));
}

export function readYahooCsv(csv: CsvRows): Reading {
  const hasActions = ACTIONS.every((name) => csv.header.includes(name));
  const collector = new BarCollector("splits", decimalOfVendorNumber);
  const actions: CorporateAction[] = [];
  for (const [index, row] of csv.rows.entries()) {
    const cell = rowCells(csv, row);
    const dayUs = tradingDayUs(cell?.("date")?.slice(0, 10) ?? "");
    if (cell === undefined || dayUs === undefined) {
      collector.refuse(index, "malformed", `not a row of the header: ${row.join(",").slice(0, 80)}`);
      continue;
    }
    const [open, high, low] = [cell("open"), cell("high"), cell("low")];
    collector.add(index, dayUs, { open, high, low, close: cell("close"), volume: wholeVolume(cell("volume")) });
    if (!hasActions) continue;
    const found = rowActions(dayUs, cell("dividends") ?? "0", cell("stock splits") ?? "0");
    if (found === undefined) collector.refuse(index, "malformed", "the dividend or the split cannot be read exactly");
    else actions.push(...found);
  }
  const range = barRange(collector.bars);
  const complete = hasActions && range !== undefined ? { kinds: ["split", "dividend"] as const, ...range } : undefined;
  const { bars, refused, emptyBars } = collector;
  const madeAfterUs = range === undefined ? undefined : nextDay(range.toUs);
  const unnamed = { rawSymbol: undefined, mic: undefined, currency: undefined, quote: undefined };
  return {
    kind: "answer",
    answer: { vendor: "yahoo", ...unnamed, interval: "1d", bars, actions, refused, emptyBars, complete, madeAfterUs },
  };
}

/** `1234.0` is 1234 shares. */
function wholeVolume(text: string | undefined): string | undefined {
  return text !== undefined && /^\d+\.0+$/.test(text) ? text.slice(0, text.indexOf(".")) : text;
}

const NUMBER = /^\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Zero stands for none. */
function rowActions(exDateUs: number, dividend: string, split: string): readonly CorporateAction[] | undefined {
  if (!NUMBER.test(dividend) || !NUMBER.test(split)) return undefined;
  const actions: CorporateAction[] = [];
  const ratio = parseDecimal(formatShortest(parseDecimal(split)));
  if (ratio.mantissa !== 0n) {
    const parts = splitOfDecimal(ratio);
    if (parts === undefined) return undefined;
    actions.push({ kind: "split", exDateUs, ...parts });
  }
  const amount = decimalOfVendorNumber(dividend);
  if (amount === undefined || !isStorable(amount)) return undefined;
  if (amount.mantissa !== 0n) actions.push({ kind: "dividend", exDateUs, amount, adjustment: "splits" });
  return actions;
}
