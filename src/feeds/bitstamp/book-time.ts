import type { Instant } from "../../domain/index.ts";
import { textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";

/** `microtimestamp`, a text of 16 digits: the only number that tells Bitstamp's messages of books apart. */
export function timeOf(microtimestamp: unknown): Instant | undefined {
  const text = textOf(microtimestamp) ?? "";
  return text.length === 16 ? unixTime(text) : undefined;
}
