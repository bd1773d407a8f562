import { compareDecimals, parseDecimal } from "../../domain/index.ts";
import { JsonNumber } from "../decode/lexeme-json.ts";
import { isDecimalText } from "../decode/trade-fields.ts";

const DEPTH_MAX = 5;

/**
 * The text by which the venue itself told a number, where ccxt's `info` still has it: one of `info`'s texts that is the same
 * number. What `info` has as JSON numbers went through doubles, and proves nothing.
 *
 * @returns undefined where there is none
 */
export function venueText(number: string, info: unknown): string | undefined {
  if (!isDecimalText(number)) return undefined;
  const value = parseDecimal(number);
  const isSame = (text: string): boolean => isDecimalText(text) && compareDecimals(parseDecimal(text), value) === 0;
  return findText(info, isSame, 0);
}

function findText(within: unknown, isWanted: (text: string) => boolean, depth: number): string | undefined {
  if (typeof within === "string") return isWanted(within) ? within : undefined;
  if (depth === DEPTH_MAX || typeof within !== "object" || within === null || within instanceof JsonNumber)
    return undefined;
  for (const part of Object.values(within)) {
    const found = findText(part, isWanted, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
