import {
  formatInstant,
  formatShortest,
  type Int64Column,
  type Listing,
  type Listings,
  SOURCES,
  STORED_SCALE,
  TAKER_SIDES,
  type TradeBatch,
  tradeFlagNames,
} from "../../domain/index.ts";

/**
 * Trades as JSON text: what JSON.stringify(tradeRowOf(…)) gives, without the object and mostly without a BigInt, since
 * this runs for every trade that anybody watches.
 */
export class TradeTexts {
  readonly #listings: Listings;
  /** By listing: the text up to the trade id. */
  readonly #starts: (string | undefined)[] = [];
  /** By bits: the list of names. */
  readonly #flags: (string | undefined)[] = [];

  constructor(listings: Listings) {
    this.#listings = listings;
  }

  text(trades: TradeBatch, row: number): string {
    const listing = this.#listings.at(trades.listing[row] ?? 0);
    const { unitExponent } = listing;
    const price = decimalText(trades.price, row, STORED_SCALE + unitExponent);
    const size = decimalText(trades.size, row, STORED_SCALE - unitExponent);
    const eventTime = formatInstant(trades.eventTimeUs[row] ?? 0, trades.eventTimeNanos[row]);
    const receiveTime = formatInstant(trades.receiveTimeUs[row] ?? 0, trades.receiveTimeNanos[row]);
    const side = TAKER_SIDES[trades.side[row] ?? 0] ?? "unknown";
    const source = SOURCES[trades.source[row] ?? 0] ?? "import";
    return (
      `${this.#start(listing)}${idText(trades, row)},"price":"${price}","size":"${size}","side":"${side}",` +
      `"eventTime":"${eventTime}","receiveTime":"${receiveTime}","executions":${trades.executions[row] ?? 1},` +
      `"flags":${this.#flagsText(trades.flags[row] ?? 0)},"source":"${source}"}`
    );
  }

  #start({ index, venue, symbol, rawSymbol }: Listing): string {
    this.#starts[index] ??= `${JSON.stringify({ venue, symbol, rawSymbol }).slice(0, -1)},"tradeId":`;
    return this.#starts[index] ?? "";
  }

  #flagsText(bits: number): string {
    this.#flags[bits] ??= JSON.stringify(tradeFlagNames(bits));
    return this.#flags[bits] ?? "[]";
  }
}

function idText(trades: TradeBatch, row: number): string {
  const text = trades.idText[row];
  if (text !== undefined) return JSON.stringify(text); // A venue's own text: may hold anything.
  const number = trades.idNumber.getNumber(row);
  return Number.isNaN(number) ? `"${trades.idNumber.get(row)}"` : `"${number}"`;
}

/** The shortest exact text of a stored mantissa at `scale`; see formatShortest(). */
function decimalText(column: Int64Column, row: number, scale: number): string {
  const mantissa = column.getNumber(row);
  // Not below 2^53, or in one of the few units of 10^9 and more.
  if (Number.isNaN(mantissa) || scale < 0) return bigText(column.get(row), scale);
  const digits = String(Math.abs(mantissa)).padStart(scale + 1, "0");
  let end = digits.length;
  const point = digits.length - scale;
  while (end > point && digits.charCodeAt(end - 1) === ZERO) end -= 1;
  const sign = mantissa < 0 ? "-" : "";
  return end === point ? sign + digits.slice(0, point) : `${sign}${digits.slice(0, point)}.${digits.slice(point, end)}`;
}

const ZERO = 48;

function bigText(mantissa: bigint, scale: number): string {
  return scale >= 0 ? formatShortest({ mantissa, scale }) : (mantissa * 10n ** BigInt(-scale)).toString();
}
