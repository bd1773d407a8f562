import type { Column, ImportFormat } from "../format.ts";

/*
 * Lean's bars of trades by the second or the minute: `<date>_trade.zip` with one headerless
 * `<date>_<symbol>_minute_trade.csv`: milliseconds since midnight, open, high, low, close, volume. Of equities midnight is
 * New York's and prices are × 10,000; of crypto it is UTC's and numbers are plain. Names do not tell the two apart,
 * but the instrument that is named does; nor do they tell the venue of crypto: say --venue.
 *
 * https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md
 * https://github.com/QuantConnect/Lean/blob/master/Data/crypto/readme.md
 */
function columns(impliedDecimals: number): readonly Column[] {
  const price = (name: string): Column => ({ names: [name], role: { kind: "field", name, impliedDecimals } });
  return [
    { names: ["time"], role: { kind: "time", unit: "ms-of-day" } },
    ...["open", "high", "low", "close"].map(price),
    { names: ["volume"], role: { kind: "field", name: "volume" } },
  ];
}

const SHARED = {
  spelling: [],
  fileName: /^(?<date>\d{8})_(?<symbol>[a-z0-9.]+)_(?<interval>minute|second)_trade\.csv$/i,
  intervals: { minute: "1m", second: "1s" },
  venueData: "candle",
  text: "csv",
  delimiter: ",",
  header: "none",
  flags: 0,
} as const;

export const LEAN_BARS: readonly ImportFormat[] = [
  {
    ...SHARED,
    id: "lean-equity-bars",
    name: "Lean: bars of US equities",
    documentation: "https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md",
    venue: "us-equities",
    instruments: ["equity"],
    columns: columns(4),
    zone: "America/New_York",
  },
  {
    ...SHARED,
    id: "lean-crypto-bars",
    name: "Lean: bars of crypto",
    documentation: "https://github.com/QuantConnect/Lean/blob/master/Data/crypto/readme.md",
    venue: undefined,
    instruments: ["spot", "perpetual", "future"],
    columns: columns(0),
  },
];
