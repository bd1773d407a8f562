/**
 * K2 as a library: run it inside a program of your own, ask its data, write Iceberg tables, serve recordings.
 * Each name is listed by hand; nothing else is public.
 */
export { type Config, type K2, type Offline, openOffline, readConfig, startK2, VERSION, verify } from "./app/index.ts";
export { createLogger, type Logger, silentLogger } from "./base/index.ts";
export {
  BAR_INTERVALS,
  type BarInterval,
  type Decimal,
  formatDecimal,
  formatInstrument,
  type Instrument,
  parseDecimal,
  parseInstrument,
  TABLES,
  type TableDefinition,
} from "./domain/index.ts";
export { type Lake, openLake, type Table } from "./lake/index.ts";
export type { BarRow, BarsRequest, Page, QueryEngine, SqlResult, TradeRow, TradesRequest } from "./query/index.ts";
export { startVenueServer, type VenueServer, type VenueServerOptions } from "./venue-server/index.ts";
