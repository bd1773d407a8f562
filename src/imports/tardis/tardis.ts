import type { ImportFormat } from "../format.ts";
import { TARDIS_MARKETS } from "./markets.ts";

/**
 * Tardis' normalised CSV of trades, `<exchange>_trades_<date>_<symbol>.csv.gz`, with a header. Times in Unix microseconds;
 * symbols and trade ids are the exchange's own, so rows and captured trades meet in one. `local_timestamp` is when Tardis
 * received the trade, which is not when K2 did: it stays in the raw log only.
 *
 * Rows without an id (exchanges that give none) are refused: nothing could tell them from captured ones.
 *
 * @see https://docs.tardis.dev/downloadable-csv-files#trades
 */
export const tardisTrades: ImportFormat = {
  id: "tardis-trades",
  name: "Tardis: CSV of trades",
  documentation: "https://docs.tardis.dev/downloadable-csv-files#trades",
  venue: undefined,
  spelling: [],
  markets: TARDIS_MARKETS,
  fileName: /^(?:[a-z0-9-]+)_trades_(?<date>\d{4}-\d{2}-\d{2})_(?<symbol>.+?)\.csv(?:\.gz)?$/,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["exchange"], role: { kind: "market" } },
    { names: ["symbol"], role: { kind: "symbol" } },
    { names: ["timestamp"], role: { kind: "time", unit: "us" } },
    { names: ["local_timestamp"] },
    { names: ["id"], role: { kind: "id" } },
    { names: ["side"], role: { kind: "side", buy: ["buy"], sell: ["sell"], unknown: ["unknown"] } },
    { names: ["price"], role: { kind: "price" } },
    { names: ["amount"], role: { kind: "size" } },
  ],
  flags: 0,
};
