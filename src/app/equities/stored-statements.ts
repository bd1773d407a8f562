import { CANDLES, CORPORATE_ACTIONS, type Decimal, parseDecimal } from "../../domain/index.ts";
import type { Adjustment, KnownAction, KnownBar, Vendor } from "../../equities/index.ts";
import { type EquitiesLake, microseconds, tableRows } from "./equities-lake.ts";

/** One vendor's candles of one symbol at one interval. */
export interface Series {
  readonly vendor: Vendor;
  readonly rawSymbol: string;
  readonly interval: string;
}

/** A candle's statement with the batch that it came in. */
export interface StoredBar extends KnownBar {
  readonly batch: string;
}

export type StoredAction = KnownAction & { readonly batch: string };

const BAR_COLUMNS = ["open", "high", "low", "close", "volume"].map((name) => `"${name}"::VARCHAR`);

/** Every statement about the series' candles, any order. */
export async function storedBars(
  lake: Pick<EquitiesLake, "lake" | "run">,
  { vendor, rawSymbol, interval }: Series,
): Promise<readonly StoredBar[]> {
  const select = [microseconds("start"), ...BAR_COLUMNS, "adjustment", microseconds("known_at"), "revision", "batch"];
  const filter = { venue: vendor, raw_symbol: rawSymbol, interval };
  const rows = await tableRows(lake, CANDLES, { filter, select });
  return rows.map(([start, open, high, low, close, volume, adjustment, knownAt, revision, batch]) => ({
    startUs: Number(start),
    ...{ open: decimal(open), high: decimal(high), low: decimal(low), close: decimal(close), volume: decimal(volume) },
    adjustment: adjustment as Adjustment,
    knownAtUs: Number(knownAt),
    revision: Number(revision),
    batch: String(batch),
  }));
}

/** Every statement about the symbol's corporate actions, any order. */
export async function storedActions(
  lake: Pick<EquitiesLake, "lake" | "run">,
  { vendor, rawSymbol }: Pick<Series, "vendor" | "rawSymbol">,
): Promise<readonly StoredAction[]> {
  const values = ["split_to::VARCHAR", "split_from::VARCHAR", "amount::VARCHAR", "adjustment", "state"];
  const select = ["kind", microseconds("ex_date"), ...values, microseconds("known_at"), "revision", "batch"];
  const rows = await tableRows(lake, CORPORATE_ACTIONS, { filter: { venue: vendor, raw_symbol: rawSymbol }, select });
  return rows.map(([kind, exDate, to, from, amount, adjustment, state, knownAt, revision, batch]) => {
    const said = {
      exDateUs: Number(exDate),
      state: state as KnownAction["state"],
      ...{ knownAtUs: Number(knownAt), revision: Number(revision), batch: String(batch) },
    };
    return kind === "split"
      ? { kind, to: BigInt(String(to)), from: BigInt(String(from)), ...said }
      : { kind: "dividend", amount: decimal(amount), adjustment: adjustment as Adjustment, ...said };
  });
}

/** The stored scale is eight digits; what is not there is not part of the value. */
function decimal(text: unknown): Decimal {
  const { mantissa, scale } = parseDecimal(
    String(text)
      .replace(/(\.\d*?)0+$/, "$1")
      .replace(/\.$/, ""),
  );
  return { mantissa, scale };
}
