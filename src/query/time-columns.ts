import {
  BARS,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  CANDLES,
  CORPORATE_ACTIONS,
  FRAMES,
  GAPS,
  QUALITY,
  QUARANTINE,
  QUOTES,
  type TableDefinition,
  TICKERS,
  TRADES,
} from "../domain/index.ts";

/** The column that a range of time means, by table. */
export const TIME_COLUMNS: ReadonlyMap<TableDefinition, string> = new Map([
  [FRAMES, "ts_recv"],
  [TRADES, "ts_event"],
  [GAPS, "from_ts"],
  [QUARANTINE, "ts_recv"],
  [BARS, "start"],
  [QUOTES, "ts_recv"],
  [BOOK_CHANGES, "ts_recv"],
  [BOOK_SNAPSHOTS, "ts_recv"],
  [CANDLES, "start"],
  [CORPORATE_ACTIONS, "ex_date"],
  [TICKERS, "ts_event"],
  [QUALITY, "start"],
]);
