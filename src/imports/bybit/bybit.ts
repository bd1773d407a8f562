import { TRADE_FLAGS } from "../../domain/index.ts";
import type { Column, ImportFormat } from "../format.ts";

const DOCUMENTATION = "https://public.bybit.com/";
const SIDE: Column = {
  names: ["side"],
  role: { kind: "side", buy: ["Buy", "buy"], sell: ["Sell", "sell"] },
  identity: true,
};
/** 1: a retail price improvement trade; absent before 2025. */
const IMPROVEMENT: Column = {
  names: ["rpi"],
  role: { kind: "flag", flag: TRADE_FLAGS.retailImprovement, when: ["1", "true"] },
  optional: true,
};

/**
 * Bybit's archive of contracts, https://public.bybit.com/trading/: BTCUSDT2020-03-25.csv.gz, with a header. Time in Unix
 * seconds with decimals; sizes in the base currency on linear contracts, in USD on inverse ones; trdMatchID is the trade
 * id of the live feed, so that both give one row.
 */
const contracts: ImportFormat = {
  id: "bybit-trades",
  name: "Bybit contracts: public archive of trades",
  documentation: DOCUMENTATION,
  venue: undefined,
  spelling: ["bybit-linear", "bybit-inverse"],
  fileName: /^(?<symbol>[A-Z0-9-]+?)(?<date>\d{4}-\d{2}-\d{2})\.csv(?:\.gz)?$/,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["timestamp"], role: { kind: "time", unit: "s" } },
    { names: ["symbol"], role: { kind: "symbol" } },
    SIDE,
    { names: ["size"], role: { kind: "size" } },
    { names: ["price"], role: { kind: "price" } },
    { names: ["tickdirection"] },
    { names: ["trdmatchid"], role: { kind: "id" } },
    { names: ["grossvalue"] },
    { names: ["homenotional"] },
    { names: ["foreignnotional"] },
    IMPROVEMENT,
  ],
  flags: 0,
};

/**
 * Bybit's spot archive, https://public.bybit.com/spot/: BTCUSDT_2022-11-10.csv.gz, with a header. Its `id` counts the rows
 * of the file from 1 and is no trade id, so K2 makes ids of time, price, volume and side (see kraken.ts for the rule) and
 * keeps the rows apart from captured ones, as venue `bybit-archive`.
 */
const spot: ImportFormat = {
  id: "bybit-spot-trades",
  name: "Bybit spot: public archive of trades",
  documentation: DOCUMENTATION,
  venue: "bybit-archive",
  spelling: ["bybit"],
  fileName: /^(?<symbol>[A-Z0-9]+)_(?<date>\d{4}-\d{2}-\d{2})\.csv(?:\.gz)?$/,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["id"] },
    { names: ["timestamp"], role: { kind: "time", unit: "ms" }, identity: true },
    { names: ["price"], role: { kind: "price" }, identity: true },
    { names: ["volume"], role: { kind: "size" }, identity: true },
    SIDE,
    IMPROVEMENT,
  ],
  flags: 0,
};

export const BYBIT_FORMATS: readonly ImportFormat[] = [contracts, spot];
