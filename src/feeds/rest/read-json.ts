import type { FetchedAnswer } from "../../domain/index.ts";
import { parseLexemes } from "../decode/lexeme-json.ts";
import type { RestAnswer } from "./rest-trades.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a JSON body whose path ends as one of the venue's requests for trades does. An answer that names no symbol was
 * only a probe (`RestRequest.isProbe`), or something else: "other".
 *
 * @param read gets the body, its numbers as JsonNumber, and the path's end that it was found by
 */
export function readJsonTrades(
  { url, symbol, body }: FetchedAnswer,
  pathEnds: readonly string[],
  read: (body: unknown, symbol: string, pathEnd: string) => RestAnswer,
): RestAnswer {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  const pathEnd = pathEnds.find((end) => path.endsWith(end));
  if (pathEnd === undefined || symbol === undefined) return { kind: "other" };
  try {
    return read(parseLexemes(utf8.decode(body)), symbol, pathEnd);
  } catch (error) {
    return { kind: "malformed", detail: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function malformedAnswer(detail: string): RestAnswer {
  return { kind: "malformed", detail };
}
