import { databentoBooksText } from "./databento/databento-books.ts";
import { DBN_FILE_NAME, databentoTradesText } from "./databento/databento-trades.ts";
import { parseLobsterFileName } from "./lobster/lobster-file.ts";
import { lobsterTradesText } from "./lobster/lobster-trades.ts";
import { bitstampOrdersText, databentoOrdersText, lobsterOrdersText } from "./orders/orders-text.ts";
import type { TextSource } from "./text/text-source.ts";

/**
 * What a format takes out of a file that is no table itself, as such a table; all other texts as they are.
 *
 * @param format ImportFormat.id, or "auto": the trades
 */
export function tableText(text: TextSource, format: string): TextSource {
  if (format === "bitstamp-orders") return bitstampOrdersText(text);
  const lobster = parseLobsterFileName(text.name);
  if (lobster?.kind === "message")
    return format === "lobster-orders" ? lobsterOrdersText(text, lobster) : lobsterTradesText(text, lobster);
  if (!DBN_FILE_NAME.test(text.name)) return text;
  if (format === "databento-orders") return databentoOrdersText(text);
  const depth = format === "databento-quotes" ? 1 : format === "databento-books" ? 10 : 0;
  return depth === 0 ? databentoTradesText(text) : databentoBooksText(text, depth);
}
