import type { Column, ImportFormat } from "../format.ts";
import { TARDIS_MARKETS } from "./markets.ts";

/*
 * Tardis' CSV of derivatives' tickers (funding, open interest, mark and index price; of each column empty what is not
 * published) and of liquidations (side buy: a short position was closed).
 *
 * https://docs.tardis.dev/downloadable-csv-files
 */
const BEGIN: readonly Column[] = [
  { names: ["exchange"], role: { kind: "market" } },
  { names: ["symbol"], role: { kind: "symbol" } },
  { names: ["timestamp"], role: { kind: "time", unit: "us" } },
  { names: ["local_timestamp"] },
];

function format(kind: string, venueData: "funding" | "liquidation", columns: readonly Column[]): ImportFormat {
  return {
    id: `tardis-${kind.replaceAll("_", "-")}`,
    name: `Tardis: CSV of ${kind}`,
    documentation: `https://docs.tardis.dev/downloadable-csv-files#${kind}`,
    venue: undefined,
    spelling: [],
    markets: TARDIS_MARKETS,
    fileName: new RegExp(`^(?:[a-z0-9-]+)_${kind}_(?<date>\\d{4}-\\d{2}-\\d{2})_(?<symbol>.+?)\\.csv(?:\\.gz)?$`),
    venueData,
    text: "csv",
    delimiter: ",",
    header: "required",
    columns: [...BEGIN, ...columns],
    flags: 0,
  };
}

function optional(name: string, column: string): Column {
  return { names: [column], role: { kind: "field", name, isOptional: true } };
}

export const TARDIS_VENUE_FORMATS: readonly ImportFormat[] = [
  format("derivative_ticker", "funding", [
    optional("nextFundingTime", "funding_timestamp"),
    optional("fundingRate", "funding_rate"),
    optional("nextFundingRate", "predicted_funding_rate"),
    optional("openInterest", "open_interest"),
    { names: ["last_price"] },
    optional("indexPrice", "index_price"),
    optional("markPrice", "mark_price"),
  ]),
  format("liquidations", "liquidation", [
    { names: ["id"], role: { kind: "field", name: "id", isOptional: true, isText: true } },
    { names: ["side"], role: { kind: "field", name: "side", isText: true } },
    { names: ["price"], role: { kind: "field", name: "price" } },
    { names: ["amount"], role: { kind: "field", name: "size" } },
  ]),
];
