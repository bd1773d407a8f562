import { BARS, FRAMES, GAPS, QUARANTINE, type TableDefinition, TRADES } from "../domain/index.ts";

/** The column that a range of time means, by table. */
export const TIME_COLUMNS: ReadonlyMap<TableDefinition, string> = new Map([
  [FRAMES, "ts_recv"],
  [TRADES, "ts_event"],
  [GAPS, "from_ts"],
  [QUARANTINE, "ts_recv"],
  [BARS, "start"],
]);
