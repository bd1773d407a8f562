import type { Instrument } from "../../domain/index.ts";

/** Quarterly futures carry the letter of their month, as on most futures markets. */
const QUARTERS: Readonly<Record<string, string>> = { "03": "H", "06": "M", "09": "U", "12": "Z" };

/**
 * An inverse contract as every generation of Bybit's protocols spells it: BTCUSD, and BTCUSDZ26 for the quarter that
 * ends in December 2026.
 *
 * @see https://bybit-exchange.github.io/docs/v5/enum#symbol
 */
export function inverseSymbol(instrument: Instrument): string | undefined {
  if (instrument.kind !== "perpetual" && instrument.kind !== "future") return undefined;
  const { base, quote, settle } = instrument;
  if (quote !== "USD" || settle !== base) return undefined;
  if (instrument.kind === "perpetual") return base + quote;
  const letter = QUARTERS[instrument.expiry.slice(4, 6)];
  return letter === undefined ? undefined : base + quote + letter + instrument.expiry.slice(2, 4);
}
