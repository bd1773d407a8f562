import type { LevelText } from "./book-levels-text.ts";
import { numberTextOf } from "./lexeme-json.ts";

/** Levels written as lists that begin with a price and a size, as texts; undefined where they are not. */
export function levelPairs(levels: unknown, side: number): readonly LevelText[] | undefined {
  if (!Array.isArray(levels)) return undefined;
  const texts: LevelText[] = [];
  for (const level of levels as readonly unknown[]) {
    const [price, size] = Array.isArray(level) ? (level as readonly unknown[]) : [];
    if (typeof price !== "string" || typeof size !== "string") return undefined;
    texts.push({ side, price, size });
  }
  return texts;
}

/** A JSON number, or with `isText` a text, that is whole, not negative and below 2^53. */
export function wholeNumber(
  value: unknown,
  { isText = false }: { readonly isText?: boolean } = {},
): number | undefined {
  const text = isText ? value : numberTextOf(value);
  if (typeof text !== "string" || !/^(?:0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
