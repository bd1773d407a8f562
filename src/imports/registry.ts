import { InvalidInputError } from "../base/index.ts";
import { asxTrades } from "./asx/asx.ts";
import { asxQuotes } from "./asx/asx-quotes.ts";
import { BINANCE_FORMATS } from "./binance/binance.ts";
import { BINANCE_KLINES } from "./binance/binance-klines.ts";
import { BYBIT_FORMATS } from "./bybit/bybit.ts";
import { BYBIT_BOOK_FORMATS } from "./bybit/bybit-books.ts";
import { DATABENTO_BOOK_FORMATS } from "./databento/databento-books.ts";
import { databentoTrades } from "./databento/databento-trades.ts";
import type { ImportFormat } from "./format.ts";
import { krakenArchive } from "./kraken/kraken.ts";
import { leanEquityTrades } from "./lean/lean.ts";
import { LEAN_BARS } from "./lean/lean-bars.ts";
import { lobsterTrades } from "./lobster/lobster-trades.ts";
import { ORDER_FORMATS } from "./orders/order-formats.ts";
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
  ...LEAN_BARS,
  asxTrades,
  asxQuotes,
  databentoTrades,
  lobsterTrades,
  ...DATABENTO_BOOK_FORMATS,
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

/** Files of known vendors that hold something else than trades, and what that is. */
const OTHER_FILES: readonly (readonly [name: RegExp, what: string])[] = [
  [/^[A-Z0-9_]+-(?:bookDepth|bookTicker|metrics|fundingRate|liquidationSnapshot)-/, "Binance data other than trades"],
  [/^[a-z0-9-]+_options_chain_/, "Tardis' option chains"],
  [/^\d{8}_.+_(?:minute|second)_quote\.csv$/i, "Lean bars of quotes"],
  [/^\d{8}_.+_quote_tick\.csv$/i, "Lean ticks of quotes"],
  [
    /_\d{4}-\d\d-\d\d_\d{7,8}_\d{7,8}_orderbook_\d{1,3}\.csv(?:\.gz)?$/,
    "a LOBSTER order book: trades are in the message file beside it",
  ],
];

/** What a file holds that K2 knows by its name and does not import; undefined of all others. */
export function otherFile(name: string): string | undefined {
  return OTHER_FILES.find(([pattern]) => pattern.test(name))?.[1];
}
