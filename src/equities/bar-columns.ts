import { type Decimal, type RefusalReason, STORED_MANTISSA_LIMIT, STORED_SCALE, storedPrice } from "../domain/index.ts";
import { isNumberText } from "./float-decimal.ts";
import type { Adjustment, RefusedRecord, VendorBar } from "./vendor-answer.ts";

/** The texts of one candle; undefined for what the vendor left out. */
export interface BarTexts {
  readonly open: string | undefined;
  readonly high: string | undefined;
  readonly low: string | undefined;
  readonly close: string | undefined;
  readonly volume: string | undefined;
}

type Read = (text: string) => Decimal | undefined;

/** Collects the candles of an answer, and what has to be refused. */
export class BarCollector {
  readonly bars: VendorBar[] = [];
  readonly refused: RefusedRecord[] = [];
  emptyBars = 0;
  /** Places of the answer seen so far. */
  places = 0;
  readonly #adjustment: Adjustment;
  readonly #read: Read;
  readonly #byStart = new Map<number, VendorBar>();

  /** @param read the exact decimal behind a number as the vendor writes it; undefined when there is none */
  constructor(adjustment: Adjustment, read: Read) {
    this.#adjustment = adjustment;
    this.#read = read;
  }

  add(index: number, startUs: number | undefined, texts: BarTexts): void {
    this.places += 1;
    const fields = Object.entries(texts) as [keyof BarTexts, string | undefined][];
    const missing = fields.filter(([, text]) => text === undefined).map(([name]) => name);
    if (missing.length === fields.length) {
      this.emptyBars += 1;
      return;
    }
    if (startUs === undefined) {
      this.refuse(index, "malformed", "the time of the candle cannot be read");
      return;
    }
    if (missing.length > 0) {
      this.refuse(index, "malformed", `the candle has no ${missing.join(", ")}`);
      return;
    }
    const values = this.#values(index, fields as [keyof BarTexts, string][]);
    if (values === undefined) return;
    this.#keep(index, { startUs, ...values, adjustment: this.#adjustment });
  }

  refuse(index: number, reason: RefusalReason, detail: string): void {
    this.refused.push({ index, reason, detail });
  }

  #values(
    index: number,
    fields: readonly (readonly [keyof BarTexts, string])[],
  ): Record<keyof BarTexts, Decimal> | undefined {
    const values: Partial<Record<keyof BarTexts, Decimal>> = {};
    for (const [name, text] of fields) {
      const problem = isNumberText(text) ? undefined : "malformed";
      const value = problem === undefined ? this.#read(text) : undefined;
      const reason = problem ?? reasonAgainst(name, value);
      if (reason !== undefined || value === undefined) {
        this.refuse(index, reason ?? "malformed", `${name} is ${text.slice(0, 40)}`);
        return undefined;
      }
      values[name] = value;
    }
    return values as Record<keyof BarTexts, Decimal>;
  }

  #keep(index: number, bar: VendorBar): void {
    const other = this.#byStart.get(bar.startUs);
    if (other !== undefined) {
      if (!sameBar(bar, other))
        this.refuse(index, "conflicting_duplicate", "another candle of this answer has the same time");
      return;
    }
    this.#byStart.set(bar.startUs, bar);
    this.bars.push(bar);
  }
}

function reasonAgainst(name: keyof BarTexts, value: Decimal | undefined): RefusalReason | undefined {
  if (name === "volume") {
    if (value === undefined || value.scale > STORED_SCALE) return "inexact_size";
    return value.mantissa < 0n ? "non_positive_size" : undefined;
  }
  if (value === undefined || value.scale > STORED_SCALE) return "inexact_price";
  if (value.mantissa <= 0n) return "non_positive_price";
  return storedPrice(value, 0) === undefined ? "out_of_range_price" : undefined;
}

/** From the first candle to the last; undefined without candles. */
export function barRange(bars: readonly VendorBar[]): { readonly fromUs: number; readonly toUs: number } | undefined {
  let [fromUs, toUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { startUs } of bars) {
    fromUs = Math.min(fromUs, startUs);
    toUs = Math.max(toUs, startUs);
  }
  return bars.length === 0 ? undefined : { fromUs, toUs };
}

/** An amount that the column of dividends holds. */
export function isStorable(amount: Decimal): boolean {
  return (
    amount.scale <= STORED_SCALE && amount.mantissa * 10n ** BigInt(STORED_SCALE - amount.scale) < STORED_MANTISSA_LIMIT
  );
}

export function sameBar(a: VendorBar, b: VendorBar): boolean {
  return (
    a.adjustment === b.adjustment &&
    (["open", "high", "low", "close", "volume"] as const).every((name) => sameDecimal(a[name], b[name]))
  );
}

export function sameDecimal(a: Decimal, b: Decimal): boolean {
  return a.mantissa * 10n ** BigInt(b.scale) === b.mantissa * 10n ** BigInt(a.scale);
}
