import type { Column, ImportFormat } from "../format.ts";
import { LOBSTER_MESSAGE_FILE_NAME } from "../lobster/lobster-file.ts";

/*
 * Orders one by one, out of the files whose trades are imported as well: say --format. The raw log keeps them as rows of
 * text (orders-text.ts).
 */
function columns(symbol: Column): readonly Column[] {
  return [
    { names: ["ts_event"], role: { kind: "time", unit: "ns" } },
    { names: ["ts_recv"], role: { kind: "recordedTime", unit: "ns" } },
    symbol,
    { names: ["action"], role: { kind: "field", name: "action", isText: true } },
    { names: ["side"], role: { kind: "side", buy: ["bid"], sell: ["ask"], unknown: [""] } },
    { names: ["order"], role: { kind: "id" } },
    { names: ["price"], role: { kind: "price" } },
    { names: ["size"], role: { kind: "size" } },
    { names: ["sequence"], role: { kind: "sequence" } },
    { names: ["flags"], role: { kind: "field", name: "flags" } },
  ];
}

function format(of: Pick<ImportFormat, "id" | "name" | "venue" | "fileName" | "columns">): ImportFormat {
  return {
    ...of,
    documentation: "docs/order-books-l3.md",
    spelling: [],
    books: { rows: "orders", channel: "book" },
    isNamed: true,
    text: "csv",
    delimiter: ",",
    header: "required",
    flags: 0,
  };
}

const ONE_SYMBOL = columns({ names: ["symbol"] });

export const ORDER_FORMATS: readonly ImportFormat[] = [
  format({
    id: "lobster-orders",
    name: "LOBSTER: orders of message files",
    venue: "nasdaq",
    fileName: LOBSTER_MESSAGE_FILE_NAME,
    columns: ONE_SYMBOL,
  }),
  format({
    id: "databento-orders",
    name: "Databento: orders of DBN files (MBO)",
    venue: undefined,
    fileName: undefined,
    columns: columns({ names: ["symbol"], role: { kind: "symbol" } }),
  }),
  format({
    id: "bitstamp-orders",
    name: "Bitstamp: logs of live orders",
    venue: "bitstamp",
    fileName: undefined,
    columns: ONE_SYMBOL,
  }),
];
