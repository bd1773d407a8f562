import type { ImportFormat } from "../format.ts";

/**
 * Kraken's downloadable "time and sales": one CSV a pair, named as Kraken's REST API spells it (XBTUSD.csv), without a
 * header: Unix seconds (some with decimals), price, volume. Neither side nor trade id.
 *
 * Ids are made of the row's own text: `<time>/<price>/<volume>`, and `/<n>`, n from 1, for rows that are the same in all
 * three, in the file's order. So quarterly updates and the whole archive give the same ids for the same rows. A trade
 * that was captured live has another id and cannot be recognised, so archive and live never share a market: these rows
 * are of the venue `kraken-archive`.
 *
 * @see https://support.kraken.com/articles/360047543791-downloadable-historical-market-data-time-and-sales-
 */
export const krakenArchive: ImportFormat = {
  id: "kraken-trades",
  name: "Kraken: downloadable time and sales",
  documentation: "https://support.kraken.com/articles/360047543791-downloadable-historical-market-data-time-and-sales-",
  venue: "kraken-archive",
  spelling: [],
  fileName: /^(?<symbol>[A-Z0-9.]{5,20})\.csv$/,
  text: "csv",
  delimiter: ",",
  header: "none",
  columns: [
    { names: ["time"], role: { kind: "time", unit: "s" }, identity: true },
    { names: ["price"], role: { kind: "price" }, identity: true },
    { names: ["volume"], role: { kind: "size" }, identity: true },
  ],
  flags: 0,
};
