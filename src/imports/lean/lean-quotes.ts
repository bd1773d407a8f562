import type { BookTable, Column, ImportFormat } from "../format.ts";

/*
 * Lean's quotes: `<date>_quote.zip` with one headerless file, times in milliseconds since midnight.
 *
 *   ticks of equities  bid, its size, ask, its size, exchange, condition, suspicious; each row names the side of the national
 *                      best bid and offer that changed, and has zeros on the other. Prices × 10,000, midnight is New York's
 *   ticks of crypto    bid, its size, ask, its size; UTC
 *   ticks of forex     bid, ask, no sizes; UTC at Oanda, UTC-5 at FXCM
 *   bars               bid open, high, low, close, last bid size, and the same of the ask: the closes and the last sizes are
 *                      the quote at the bar's end. A side without any quote is empty; forex has no sizes
 *
 * https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md (and crypto, forex)
 */
const SECOND_US = 1_000_000;
const BAR_ENDS = { second: SECOND_US, "1s": SECOND_US, minute: 60 * SECOND_US, "1m": 60 * SECOND_US } as const;
const TIME: Column = { names: ["time"], role: { kind: "time", unit: "ms-of-day" } };
const EQUITY_DECIMALS = 4;

function side(which: "bid" | "ask", impliedDecimals: number): readonly [price: Column, size: Column] {
  return [
    { names: [which], role: { kind: "level", side: which, of: "price", rank: 0, impliedDecimals } },
    { names: [`${which}_size`], role: { kind: "level", side: which, of: "size", rank: 0 } },
  ];
}

function barColumns(impliedDecimals: number): readonly Column[] {
  const half = (which: "bid" | "ask"): readonly Column[] => {
    const [price, size] = side(which, impliedDecimals);
    const unused = ["open", "high", "low"].map((name) => ({ names: [`${which}_${name}`] }));
    return [...unused, { ...price, names: [`${which}_close`] }, size];
  };
  return [TIME, ...half("bid"), ...half("ask")];
}

const BARS_NAME = /^(?<date>\d{8})_(?<symbol>[a-z0-9.]+)_(?<interval>minute|second)_quote\.csv$/i;
const TICKS_NAME = /^(?<date>\d{8})_(?<symbol>[a-z0-9.]+)_tick_quote\.csv$/i;
const EQUITY_TICKS_NAME = /^(?<date>\d{8})_(?<symbol>[a-z.]+)_quote_tick\.csv$/i;

type Of = Pick<ImportFormat, "id" | "name" | "fileName" | "columns"> &
  Partial<Pick<ImportFormat, "venue" | "zone" | "isNamed" | "instruments">> & { readonly books?: Partial<BookTable> };

function format({ books, venue, ...of }: Of): ImportFormat {
  return {
    ...of,
    venue,
    documentation: "docs/import.md",
    spelling: [],
    intervals: { minute: "1m", second: "1s" },
    books: { rows: "ladder", channel: "quote", ...books },
    text: "csv",
    delimiter: ",",
    header: "none",
    flags: 0,
  };
}

const bars = { fileName: BARS_NAME, books: { endUs: BAR_ENDS } } as const;
const forexBars = { fileName: BARS_NAME, books: { endUs: BAR_ENDS, maySizesLack: true }, isNamed: true } as const;
const forexTicks = { fileName: TICKS_NAME, books: { maySizesLack: true }, isNamed: true } as const;
const FOREX_TICKS = [TIME, side("bid", 0)[0], side("ask", 0)[0]];
const EQUITIES = { venue: "us-equities", zone: "America/New_York", instruments: ["equity"] } as const;
const CRYPTO = { instruments: ["spot", "perpetual", "future"] } as const;
/** UTC-5 all the year: in the database of time zones the sign is the other way round. */
const FXCM = { zone: "Etc/GMT+5" } as const;

export const LEAN_QUOTES: readonly ImportFormat[] = [
  format({
    ...EQUITIES,
    id: "lean-equity-quotes",
    name: "Lean: ticks of US equity quotes",
    fileName: EQUITY_TICKS_NAME,
    books: { isChangedSides: true },
    columns: [
      TIME,
      ...side("bid", EQUITY_DECIMALS),
      ...side("ask", EQUITY_DECIMALS),
      { names: ["exchange"] },
      { names: ["condition"] },
      { names: ["suspicious"], role: { kind: "suspicious", when: ["1"] } },
    ],
  }),
  format({
    ...EQUITIES,
    ...bars,
    id: "lean-equity-quote-bars",
    name: "Lean: bars of US equity quotes",
    columns: barColumns(EQUITY_DECIMALS),
  }),
  format({
    ...CRYPTO,
    id: "lean-crypto-quotes",
    name: "Lean: ticks of crypto quotes",
    fileName: TICKS_NAME,
    columns: [TIME, ...side("bid", 0), ...side("ask", 0)],
  }),
  format({
    ...CRYPTO,
    ...bars,
    id: "lean-crypto-quote-bars",
    name: "Lean: bars of crypto quotes",
    columns: barColumns(0),
  }),
  format({ ...forexTicks, id: "lean-forex-quotes", name: "Lean: ticks of forex quotes (Oanda)", columns: FOREX_TICKS }),
  format({
    ...forexBars,
    id: "lean-forex-quote-bars",
    name: "Lean: bars of forex quotes (Oanda)",
    columns: barColumns(0),
  }),
  format({
    ...forexTicks,
    ...FXCM,
    id: "lean-fxcm-quotes",
    name: "Lean: ticks of forex quotes (FXCM)",
    columns: FOREX_TICKS,
  }),
  format({
    ...forexBars,
    ...FXCM,
    id: "lean-fxcm-quote-bars",
    name: "Lean: bars of forex quotes (FXCM)",
    columns: barColumns(0),
  }),
];
