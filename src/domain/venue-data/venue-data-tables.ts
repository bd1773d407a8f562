import { columns, LISTING, SYSTEM, type TableDefinition } from "../table-definition.ts";
import { FUNDING_COLUMNS, LIQUIDATION_COLUMNS, RAW_POSITION, STATUS_COLUMNS } from "./venue-data-columns.ts";

const BY_DAY: Pick<TableDefinition, "partition" | "sort"> = {
  partition: [
    { column: "ts_event", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
  sort: ["symbol", "ts_event", "_offset"],
};

export const FUNDING: TableDefinition = {
  namespace: "silver",
  name: "funding",
  doc: "What a venue said of a derivative's funding, mark and index price and open interest a row, where it is not what it said last",
  columns: columns(...LISTING, ...FUNDING_COLUMNS, ...SYSTEM, ...RAW_POSITION),
  ...BY_DAY,
};

export const LIQUIDATIONS: TableDefinition = {
  namespace: "silver",
  name: "liquidations",
  doc: "One position that a venue closed by force a row, as it published it",
  columns: columns(...LISTING, ...LIQUIDATION_COLUMNS, ...SYSTEM, ...RAW_POSITION),
  ...BY_DAY,
};

export const STATUS: TableDefinition = {
  namespace: "silver",
  name: "status",
  doc: "A venue's statement about the trading state and increments of an instrument a row, where it is not what it said last; symbol and raw_symbol are empty where it speaks of itself",
  columns: columns(...LISTING, ...STATUS_COLUMNS, ...SYSTEM, ...RAW_POSITION),
  ...BY_DAY,
};
