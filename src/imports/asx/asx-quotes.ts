import type { ImportFormat } from "../format.ts";
import { ASX_FILE_NAME } from "./asx.ts";

/**
 * Quotes of the ASX, a headerless file a company (`7078.csv.gz` beside the trades'): Date (MM/DD/YYYY), Time, Bid, Ask,
 * BidVolume, AskVolume; local times of Sydney, zero where nobody bids or asks.
 */
export const asxQuotes: ImportFormat = {
  id: "asx-quotes",
  name: "ASX: quotes",
  documentation: "docs/import.md",
  venue: "asx",
  spelling: [],
  fileName: ASX_FILE_NAME,
  fieldCount: 6,
  books: { rows: "ladder", channel: "quote" },
  text: "csv",
  delimiter: ",",
  header: "none",
  columns: [
    { names: ["date"], role: { kind: "date" } },
    { names: ["time"], role: { kind: "clock" } },
    { names: ["bid"], role: { kind: "level", side: "bid", of: "price", rank: 0 } },
    { names: ["ask"], role: { kind: "level", side: "ask", of: "price", rank: 0 } },
    { names: ["bidvolume"], role: { kind: "level", side: "bid", of: "size", rank: 0 } },
    { names: ["askvolume"], role: { kind: "level", side: "ask", of: "size", rank: 0 } },
  ],
  flags: 0,
  zone: "Australia/Sydney",
};
