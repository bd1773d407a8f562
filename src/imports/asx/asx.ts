import { TRADE_FLAGS } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";

/** Of trades as of quotes: their columns tell which. */
export const ASX_FILE_NAME: RegExp = /^(?<symbol>\d{3,6})\.csv$/;

/**
 * Trades of the Australian Securities Exchange as a vendor's file a company: headerless, Date (MM/DD/YYYY), Time, Price,
 * Volume, Qualifiers, Venue, BuyerID. Times are local in Sydney. Ids are made of the whole row (see kraken.ts for the
 * rule): rows that are the same in all columns are executions of their own, as nothing proves the contrary.
 *
 * Venue X marks prints off the book; they are kept as blocks.
 */
export const asxTrades: ImportFormat = {
  id: "asx-trades",
  name: "ASX: trades, a file a company",
  documentation: "docs/import.md",
  venue: "asx",
  spelling: [],
  fileName: ASX_FILE_NAME,
  fieldCount: 7,
  text: "csv",
  delimiter: ",",
  header: "none",
  columns: [
    { names: ["date"], role: { kind: "date" }, identity: true },
    { names: ["time"], role: { kind: "clock" }, identity: true },
    { names: ["price"], role: { kind: "price" }, identity: true },
    { names: ["volume"], role: { kind: "size" }, identity: true },
    { names: ["qualifiers"], identity: true },
    { names: ["venue"], role: { kind: "flag", flag: TRADE_FLAGS.block, when: ["X"] }, identity: true },
    { names: ["buyer"], identity: true },
  ],
  flags: 0,
  zone: "Australia/Sydney",
};
