import { InvalidInputError } from "../../base/index.ts";
import type { Config } from "../config.ts";

/**
 * AAPL, where it is the ticker of one configured symbol, or AAPL-XNAS-EQ.
 *
 * @throws {InvalidInputError} where a ticker is that of none, or of several
 */
export function canonicalSymbol({ equities }: Pick<Config, "equities">, text: string): string {
  if (text.includes("-")) return text;
  const found = equities.symbols.filter((symbol) => symbol.startsWith(`${text.toUpperCase()}-`));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const what = found.length === 0 ? "no configured symbol" : found.join(" and of ");
  throw new InvalidInputError(`${text} is the ticker of ${what}. Write it in full, such as AAPL-XNAS-EQ`);
}
