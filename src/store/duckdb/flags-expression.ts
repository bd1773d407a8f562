import { TRADE_FLAGS, type TradeFlag } from "../../domain/index.ts";

/** SQL that spells the flag bits in `column` as names joined by commas, in the order of TRADE_FLAGS. */
export function flagsExpression(column: string): string {
  const flags = Object.keys(TRADE_FLAGS) as TradeFlag[];
  const names = flags.map((flag) => `CASE WHEN ${column} & ${TRADE_FLAGS[flag]} <> 0 THEN '${flag}' END`);
  // Nearly all rows have none or one: those are told by one comparison.
  const single = flags.map((flag) => `WHEN ${TRADE_FLAGS[flag]} THEN '${flag}'`);
  return `CASE ${column} WHEN 0 THEN '' ${single.join(" ")} ELSE concat_ws(',', ${names.join(", ")}) END`;
}
