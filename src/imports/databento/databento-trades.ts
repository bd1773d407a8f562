import { TRADE_FLAGS } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";
import type { TextSource } from "../text/text-source.ts";
import { DBN_FILE_NAME, recordText } from "./record-text.ts";
import type { DbnSymbolMap } from "./symbol-map.ts";
import { DbnTradeRows, TRADE_ROW_HEADER } from "./trade-rows.ts";

/**
 * Trades of Databento's DBN files and CSV of the schemas trades, tbbo, mbp-1, mbp-10 and mbo. The raw log keeps their
 * trades as rows of text (trade-rows.ts). `ts_recv` is when Databento received the trade, which is not when K2 did: it
 * stays in the raw log only.
 *
 * @see https://databento.com/docs/standards-and-conventions/databento-binary-encoding
 */
export const databentoTrades: ImportFormat = {
  id: "databento-trades",
  name: "Databento: DBN files and CSV with trades",
  documentation: "docs/order-books-l3.md",
  venue: undefined,
  spelling: [],
  fileName: DBN_FILE_NAME,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["ts_event"], role: { kind: "time", unit: "ns" } },
    { names: ["ts_recv"] },
    { names: ["symbol"], role: { kind: "symbol" } },
    { names: ["side"], role: { kind: "side", buy: ["B"], sell: ["A"], unknown: ["N"] } },
    { names: ["price"], role: { kind: "price" } },
    { names: ["size"], role: { kind: "size" } },
    { names: ["id"], role: { kind: "id" } },
    { names: ["unit"], role: { kind: "flag", flag: TRADE_FLAGS.contracts, when: ["contracts"] } },
    { names: ["snapshot"], role: { kind: "flag", flag: TRADE_FLAGS.snapshot, when: ["yes"] } },
  ],
  flags: TRADE_FLAGS.syntheticId,
};

/** The trades of a file as text with a header; the same file always gives the same text. */
export function databentoTradesText(file: TextSource, otherwise?: DbnSymbolMap): TextSource {
  return recordText(
    file,
    (symbols) => {
      const rows = new DbnTradeRows(symbols);
      return {
        header: TRADE_ROW_HEADER,
        metadata: (metadata) => rows.metadata(metadata),
        row: (record, metadata) => rows.row(record, metadata),
      };
    },
    otherwise,
  );
}
