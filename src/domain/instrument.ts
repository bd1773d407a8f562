import { InvalidInputError } from "../base/index.ts";

/**
 * The economic contract, whatever venue lists it. Printed as its canonical id:
 *
 * ```
 * BASE-QUOTE-SPOT                              BTC-USDT-SPOT     (USDT is not USD)
 * BASE-QUOTE[:SETTLE]-PERP                     BTC-USDT-PERP, BTC-USD:BTC-PERP
 * BASE-QUOTE[:SETTLE]-FUT-YYYYMMDD             BTC-USD:BTC-FUT-20261225
 * BASE-QUOTE[:SETTLE]-OPT-YYYYMMDD-STRIKE-C|P  BTC-USD:BTC-OPT-20261225-100000-C
 * TICKER-MIC-EQ                                AAPL-XNAS-EQ
 * ```
 */
export type Instrument = SpotInstrument | PerpetualInstrument | FutureInstrument | OptionInstrument | EquityInstrument;

export interface SpotInstrument {
  readonly kind: "spot";
  readonly base: string;
  readonly quote: string;
}
export interface PerpetualInstrument {
  readonly kind: "perpetual";
  readonly base: string;
  readonly quote: string;
  /** The asset that profit is paid in; equals `quote` on linear contracts. */
  readonly settle: string;
}
export interface FutureInstrument {
  readonly kind: "future";
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** YYYYMMDD, UTC. */
  readonly expiry: string;
}
export interface OptionInstrument {
  readonly kind: "option";
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly expiry: string;
  /** Decimal text without superfluous zeros. */
  readonly strike: string;
  readonly right: "call" | "put";
}
export interface EquityInstrument {
  readonly kind: "equity";
  readonly ticker: string;
  /** ISO 10383 market identifier code. */
  readonly mic: string;
}

const ASSET = "[A-Z0-9][A-Z0-9.]{0,19}";
const PAIR = `(?<base>${ASSET})-(?<quote>${ASSET})`;
const SETTLE = `(?::(?<settle>${ASSET}))?`;
const DATE = "(?<expiry>\\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01]))";
const STRIKE = "(?<strike>(?:0|[1-9]\\d*)(?:\\.\\d*[1-9])?)";
const GRAMMAR = {
  spot: new RegExp(`^${PAIR}-SPOT$`),
  perpetual: new RegExp(`^${PAIR}${SETTLE}-PERP$`),
  future: new RegExp(`^${PAIR}${SETTLE}-FUT-${DATE}$`),
  option: new RegExp(`^${PAIR}${SETTLE}-OPT-${DATE}-${STRIKE}-(?<right>[CP])$`),
  equity: /^(?<ticker>[A-Z][A-Z0-9.]{0,9})-(?<mic>[A-Z0-9]{4})-EQ$/,
};

/**
 * Reads a canonical id.
 *
 * @throws {InvalidInputError} when the text is not of the grammar above
 */
export function parseInstrument(id: string): Instrument {
  const kind = (Object.keys(GRAMMAR) as (keyof typeof GRAMMAR)[]).find((candidate) => GRAMMAR[candidate].test(id));
  const groups = kind === undefined ? undefined : GRAMMAR[kind].exec(id)?.groups;
  if (kind === undefined || groups === undefined) {
    throw new InvalidInputError(
      `Not an instrument id: ${JSON.stringify(id)}. Write for example BTC-USDT-SPOT, BTC-USDT-PERP, BTC-USD:BTC-FUT-20261225 or AAPL-XNAS-EQ`,
    );
  }
  const { base = "", quote = "", settle = quote, expiry = "", strike = "", ticker = "", mic = "" } = groups;
  if (groups["settle"] === quote) {
    throw new InvalidInputError(
      `Not an instrument id: ${JSON.stringify(id)} names its settlement asset twice. Leave out ":${settle}": each instrument has one id`,
    );
  }
  if (expiry !== "" && !isCalendarDay(expiry)) {
    throw new InvalidInputError(`Not an instrument id: ${JSON.stringify(id)} expires on ${expiry}, which is no day`);
  }
  switch (kind) {
    case "spot":
      return { kind, base, quote };
    case "perpetual":
      return { kind, base, quote, settle };
    case "future":
      return { kind, base, quote, settle, expiry };
    case "option":
      return { kind, base, quote, settle, expiry, strike, right: groups["right"] === "C" ? "call" : "put" };
    case "equity":
      return { kind, ticker, mic };
  }
}

function isCalendarDay(yyyymmdd: string): boolean {
  const iso = `${yyyymmdd.slice(0, 4)}-${yyyymmdd.slice(4, 6)}-${yyyymmdd.slice(6)}`;
  const time = Date.parse(iso); // February 30 is taken for a day of March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(iso);
}

/** The canonical id; `parseInstrument` of it gives the same instrument back. */
export function formatInstrument(instrument: Instrument): string {
  switch (instrument.kind) {
    case "spot":
      return `${instrument.base}-${instrument.quote}-SPOT`;
    case "perpetual":
      return `${pair(instrument)}-PERP`;
    case "future":
      return `${pair(instrument)}-FUT-${instrument.expiry}`;
    case "option":
      return `${pair(instrument)}-OPT-${instrument.expiry}-${instrument.strike}-${instrument.right === "call" ? "C" : "P"}`;
    case "equity":
      return `${instrument.ticker}-${instrument.mic}-EQ`;
  }
}

function pair({
  base,
  quote,
  settle,
}: {
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
}): string {
  return settle === quote ? `${base}-${quote}` : `${base}-${quote}:${settle}`;
}
