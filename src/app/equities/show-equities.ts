import { InvalidInputError, systemClock } from "../../base/index.ts";
import { CANDLES, type Decimal, formatShortest } from "../../domain/index.ts";
import {
  actionsKnownAt,
  adjust,
  type KnownAction,
  type PriceBasis,
  rawEquitySymbol,
  roundedBar,
  type Vendor,
} from "../../equities/index.ts";
import type { Config } from "../config.ts";
import { canonicalSymbol } from "./canonical-symbol.ts";
import { type EquitiesLake, openEquitiesLake, tableRows } from "./equities-lake.ts";
import { type StoredAction, storedActions, storedBars } from "./stored-statements.ts";

export interface ShowEquitiesOptions {
  /** Canonical id, or the ticker of a configured one. */
  readonly symbol: string;
  readonly vendor: Vendor;
  readonly interval: string;
  /** Of candles: inclusive and exclusive. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
  /** What was known then; default: now. */
  readonly asOfUs?: number | undefined;
  readonly basis: PriceBasis;
  /** After the point, of prices that are derived. */
  readonly digits?: number | undefined;
}

export interface ShownBar {
  readonly startUs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface ShownEquities {
  readonly symbol: string;
  readonly vendor: Vendor;
  readonly asOfUs: number;
  /** Oldest first. */
  readonly bars: readonly ShownBar[];
  /** Known at the time asked for, whenever they happened. */
  readonly actions: readonly StoredAction[];
  readonly ignored: readonly string[];
  /** When the first statement about a candle of the series was made; undefined where there is none. */
  readonly knownFromUs: number | undefined;
}

const DIGITS_DEFAULT = 6;

/** A vendor's candles as traded or adjusted, as known at a time. Reads the tables alone, beside a running K2 or not. */
export async function showEquities(config: Config, options: ShowEquitiesOptions): Promise<ShownEquities> {
  await using lake = await openEquitiesLake(config);
  return await shownEquities(lake, config, options);
}

export async function shownEquities(
  lake: Pick<EquitiesLake, "lake" | "run">,
  config: Pick<Config, "equities">,
  options: ShowEquitiesOptions,
): Promise<ShownEquities> {
  const { vendor, interval, basis, startUs = -Infinity, endUs = Infinity, digits = DIGITS_DEFAULT } = options;
  const symbol = canonicalSymbol(config, options.symbol);
  const rawSymbol = rawEquitySymbol(vendor, symbol);
  if (rawSymbol === undefined)
    throw new InvalidInputError(`${vendor} has no spelling of ${symbol}; name a share, such as AAPL-XNAS-EQ`);
  const asOfUs = options.asOfUs ?? Number(systemClock.nowNs() / 1000n);
  const actions = await storedActions(lake, { vendor, rawSymbol });
  const stored = await storedBars(lake, { vendor, rawSymbol, interval });
  const { bars, ignored } = adjust(stored, actions, { asOfUs, basis });
  const text = (value: Decimal): string => formatShortest(value);
  const shown = bars
    .filter(({ startUs: time }) => time >= startUs && time < endUs)
    .map((bar): ShownBar => {
      // As traded nothing is derived, so nothing is rounded.
      const values = basis === "raw" ? bar.traded : roundedBar(bar, digits);
      const { open, high, low, close, volume } = values;
      return {
        ...{ startUs: bar.startUs, open: text(open), high: text(high), low: text(low), close: text(close) },
        volume: text(volume),
      };
    });
  const known = actionsKnownAt<StoredAction & KnownAction>(actions, asOfUs);
  const knownFromUs = stored.reduce((least, { knownAtUs }) => Math.min(least, knownAtUs), Number.POSITIVE_INFINITY);
  return {
    ...{ symbol, vendor, asOfUs, bars: shown, actions: known, ignored },
    knownFromUs: stored.length === 0 ? undefined : knownFromUs,
  };
}

export interface SeriesRow {
  readonly vendor: string;
  readonly symbol: string;
  readonly interval: string;
  readonly candles: number;
  /** Rows: each time a candle was said otherwise is one more. */
  readonly statements: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly knownAtUs: number;
}

/** What there is. */
export async function listEquities(config: Config): Promise<readonly SeriesRow[]> {
  await using lake = await openEquitiesLake(config);
  const rows: SeriesRow[] = [];
  for (const vendor of ["alphavantage", "yahoo"] satisfies readonly Vendor[]) {
    const found = await tableRows(lake, CANDLES, {
      filter: { venue: vendor },
      select: [
        ...["symbol", '"interval"', "count(DISTINCT start)::VARCHAR", "count(*)::VARCHAR"],
        ...["epoch_us(min(start))::VARCHAR", "epoch_us(max(start))::VARCHAR", "epoch_us(max(known_at))::VARCHAR"],
      ],
      groupBy: 'symbol, "interval"',
      orderBy: 'symbol, "interval"',
    });
    for (const [symbol, interval, candles, statements, first, last, known] of found) {
      rows.push({
        ...{ vendor, symbol: String(symbol), interval: String(interval) },
        ...{ candles: Number(candles), statements: Number(statements) },
        ...{ firstUs: Number(first), lastUs: Number(last), knownAtUs: Number(known) },
      });
    }
  }
  return rows;
}
