import { NO_ID_NUMBER, type RefusalReason, STORED_MANTISSA_LIMIT, type TradeBatch } from "../domain/index.ts";

/** Nothing was traded on a venue that K2 knows before the first block of Bitcoin's chain: 2009-01-01 UTC. */
const EVENT_TIME_US_MIN = 1_230_768_000_000_000;
/** A venue's clock may be ahead of ours (negative latency is data), but not by more than a day. */
const EVENT_AHEAD_US_MAX = 86_400_000_000;
const TRADE_ID_LENGTH_MAX = 256;
/**
 * Stored price × stored size of a trade, at scale 16: below a hundred million million of the quote currency. A bar's
 * quote volume is a decimal(38,16): it holds a hundred million trades of this size, and no venue has had one.
 */
const NOTIONAL_LIMIT = 10n ** 30n;
/** The product of the high halves below which that of the whole numbers is surely below it: 10^30 / 2^64. */
const NOTIONAL_HIGH_LIMIT = 54_210_108_624;

/** Why a row cannot be a trade; undefined when it can. Looks at one row alone. */
export function refusalOf(trades: TradeBatch, row: number): RefusalReason | undefined {
  if (!isPositive(trades.price.high(row), trades.price.low(row))) return "non_positive_price";
  if (!isPositive(trades.size.high(row), trades.size.low(row))) return "non_positive_size";
  // A double where it is exact; NaN, for which the first comparison fails, from 2^53 on.
  if (!(trades.price.getNumber(row) > 0) && trades.price.get(row) >= STORED_MANTISSA_LIMIT) return "out_of_range_price";
  if (!(trades.size.getNumber(row) > 0) && trades.size.get(row) >= STORED_MANTISSA_LIMIT) return "out_of_range_size";
  if (!isHeldByBars(trades, row)) return "out_of_range_notional";
  if (!isEventTime(trades.eventTimeUs[row] ?? 0, trades.receiveTimeUs[row] ?? 0)) return "time_out_of_range";
  const text = trades.idText[row];
  if (text === undefined) return trades.idNumber.high(row) < 0 ? "malformed" : undefined;
  return text.length === 0 || text.length > TRADE_ID_LENGTH_MAX ? "malformed" : undefined;
}

/** Whether something can have been traded then, for all that its receive time tells. Both in microseconds. */
export function isEventTime(eventUs: number, receiveUs: number): boolean {
  return eventUs >= EVENT_TIME_US_MIN && eventUs <= receiveUs + EVENT_AHEAD_US_MAX;
}

function isHeldByBars({ price, size }: TradeBatch, row: number): boolean {
  if ((price.high(row) + 1) * (size.high(row) + 1) < NOTIONAL_HIGH_LIMIT) return true;
  return price.get(row) * size.get(row) < NOTIONAL_LIMIT;
}

function isPositive(high: number, low: number): boolean {
  return high > 0 || (high === 0 && low !== 0);
}

/** For a person: what was seen in the row and what was expected. */
export function describeRefusal(reason: RefusalReason, trades: TradeBatch, row: number): string {
  switch (reason) {
    case "non_positive_price":
      return `the stored price is ${trades.price.get(row)}; a price is above zero`;
    case "non_positive_size":
      return `the stored size is ${trades.size.get(row)}; a size is above zero`;
    case "out_of_range_price":
      return `the stored price is ${trades.price.get(row)}; the column holds less than 10^18`;
    case "out_of_range_size":
      return `the stored size is ${trades.size.get(row)}; the column holds less than 10^18`;
    case "out_of_range_notional":
      return `price × size is ${trades.price.get(row) * trades.size.get(row)}e-16; what bars can add up is less than 10^14`;
    case "time_out_of_range":
      return (
        `the event time is ${trades.eventTimeUs[row]} µs, the receive time ${trades.receiveTimeUs[row]} µs; ` +
        "expected between 2009-01-01 and a day after it was received"
      );
    case "conflicting_duplicate":
      return (
        `trade ${trades.tradeId(row)} came before with another price, size or side; ` +
        `now ${trades.price.get(row)} × ${trades.size.get(row)} (stored), side ${trades.side[row]}`
      );
    default:
      return describeId(trades, row);
  }
}

function describeId(trades: TradeBatch, row: number): string {
  const length = trades.idText[row]?.length;
  if (length !== undefined) return `the trade id has ${length} characters; expected 1 to ${TRADE_ID_LENGTH_MAX}`;
  return trades.idNumber.get(row) === BigInt(NO_ID_NUMBER)
    ? "the trade has no id; expected one, or the feed's rule to make one"
    : `the trade id is ${trades.idNumber.get(row)}; a negative id is carried as text`;
}
