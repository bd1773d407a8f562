import { InvalidInputError } from "../base/index.ts";
import { asxTrades } from "./asx/asx.ts";
import { asxQuotes } from "./asx/asx-quotes.ts";
import { BINANCE_FORMATS } from "./binance/binance.ts";
import { BINANCE_KLINES } from "./binance/binance-klines.ts";
import { BYBIT_FORMATS } from "./bybit/bybit.ts";
import { BYBIT_BOOK_FORMATS } from "./bybit/bybit-books.ts";
import { databentoBars } from "./databento/databento-bars.ts";
import { DATABENTO_BOOK_FORMATS } from "./databento/databento-books.ts";
import { databentoDefinitions } from "./databento/databento-definitions.ts";
import { databentoTrades } from "./databento/databento-trades.ts";
import type { ImportFormat } from "./format.ts";
import { krakenArchive } from "./kraken/kraken.ts";
import { leanCryptoTrades, leanEquityTrades } from "./lean/lean.ts";
import { LEAN_BARS } from "./lean/lean-bars.ts";
import { LEAN_QUOTES } from "./lean/lean-quotes.ts";
import { lobsterTrades } from "./lobster/lobster-trades.ts";
import { ORDER_FORMATS } from "./orders/order-formats.ts";
import { isHeader, layoutOf } from "./table/table-layout.ts";
import { tardisTrades } from "./tardis/tardis.ts";
import { TARDIS_BOOK_FORMATS } from "./tardis/tardis-books.ts";
import { TARDIS_VENUE_FORMATS } from "./tardis/tardis-venue-data.ts";

/** Every kind of file that K2 reads by itself. A new one is a line here. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  ...BINANCE_FORMATS,
  ...BINANCE_KLINES,
  krakenArchive,
  ...BYBIT_FORMATS,
  ...BYBIT_BOOK_FORMATS,
  tardisTrades,
  ...TARDIS_BOOK_FORMATS,
  ...TARDIS_VENUE_FORMATS,
  leanEquityTrades,
  leanCryptoTrades,
  ...LEAN_BARS,
  ...LEAN_QUOTES,
  asxTrades,
  asxQuotes,
  databentoTrades,
  lobsterTrades,
  ...DATABENTO_BOOK_FORMATS,
  databentoBars,
  databentoDefinitions,
  ...ORDER_FORMATS,
];

/** The format of files that are read by a mapping of the user's: its table travels with each piece. */
export const MAPPED_FORMAT = "mapped";

/** @throws {InvalidInputError} when no format has that id */
export function importFormat(id: string): ImportFormat {
  const format = IMPORT_FORMATS.find((known) => known.id === id);
  if (format !== undefined) return format;
  throw new InvalidInputError(
    `No import format is called ${JSON.stringify(id)}. Write one of: ${IMPORT_FORMATS.map((known) => known.id).join(", ")}; ` +
      "or describe the file with --mapping (docs/import.md)",
  );
}

/** Formats whose columns a header has, where those are many enough to be told by: what a file of another name may be. */
export function formatsOfHeader(line: string): readonly ImportFormat[] {
  const names = line.trimEnd().split(",");
  const isOf = (format: ImportFormat): boolean =>
    format.text === "csv" &&
    format.header !== "none" &&
    (format.fieldCount === undefined || format.fieldCount === names.length) &&
    !ROWS_OF_OURS.test(format.id) &&
    isHeader(format, names) &&
    typeof layoutOf(format, names) !== "string";
  return names.length < 3 ? [] : IMPORT_FORMATS.filter(isOf);
}

/** Their files are no such text: K2 makes it of them. */
const ROWS_OF_OURS = /^(?:databento|lobster|bitstamp)-/;

/** Files of known vendors that hold something else than trades, and what that is. */
const OTHER_FILES: readonly (readonly [name: RegExp, what: string])[] = [
  [
    /^[A-Z0-9_]+-(?:bookDepth|bookTicker|metrics|fundingRate|liquidationSnapshot)-/,
    "Binance data other than trades and klines",
  ],
  [/^[a-z0-9-]+_options_chain_/, "Tardis' option chains"],
  [
    /_\d{4}-\d\d-\d\d_\d{7,8}_\d{7,8}_orderbook_\d{1,3}\.csv(?:\.gz)?$/,
    "a LOBSTER order book: trades are in the message file beside it",
  ],
];

/** What a file holds that K2 knows by its name and does not import; undefined of all others. */
export function otherFile(name: string): string | undefined {
  return OTHER_FILES.find(([pattern]) => pattern.test(name))?.[1];
}
