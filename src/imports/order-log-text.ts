import { DBN_FILE_NAME, databentoTradesText } from "./databento/databento-trades.ts";
import { parseLobsterFileName } from "./lobster/lobster-file.ts";
import { lobsterTradesText } from "./lobster/lobster-trades.ts";
import type { TextSource } from "./text/text-source.ts";

/** The trades of a file that is no table of trades itself, as such a table; all other texts as they are. */
export function tradesText(text: TextSource): TextSource {
  if (DBN_FILE_NAME.test(text.name)) return databentoTradesText(text);
  const lobster = parseLobsterFileName(text.name);
  return lobster?.kind === "message" ? lobsterTradesText(text, lobster) : text;
}
