import type { ColumnSpec } from "../table-definition.ts";

/*
 * Columns of what venues publish beside trades and books. Numbers that come on a listing's grid of prices and sizes are
 * stored as trades are (price × unit, size ÷ unit, the unit in the row); those that do not (rates, marks, means,
 * increments) are natural decimals with digits of their own.
 */

/** Added to tables that vendors' answers, without a socket, stand in as well: null there. */
const added = ([name, type, doc]: ColumnSpec): ColumnSpec => [name, type, doc, "nullable"];

const EVENT_TIME: ColumnSpec = [
  "ts_event",
  "timestamptz",
  "venue clock, microseconds; that of receipt where flagged noEventTime",
];
const EVENT_NANOS: ColumnSpec = ["ts_event_nanos", "int", "nanoseconds beyond ts_event, 0 to 999"];
const RECEIVE_TIME: readonly ColumnSpec[] = [
  ["ts_recv", "timestamptz", "our clock when the frame arrived, microseconds"],
  ["ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999"],
];
const SEQUENCE: ColumnSpec = ["sequence", "long", "the venue's number of the message, where it has one", "nullable"];
const FLAGS: ColumnSpec = [
  "flags",
  "string",
  "names joined by commas, mostly empty: noEventTime; partial (of a message of changes whose whole never came)",
];
const SOCKET: readonly ColumnSpec[] = [
  ["channel", "string", "the venue's channel, as configuration names it"],
  ["connection", "string", "which of the feed's connections"],
  ["epoch", "long", "which socket of the connection"],
  ["frame_index", "int", "place of the record within its frame"],
];
export const RAW_POSITION: readonly ColumnSpec[] = [
  ["_raw_partition", "int", "partition of the frame in the feed's raw topic"],
  ["_raw_offset", "long", "offset of the frame in it"],
];

/** What venues' tickers add to silver.tickers. */
export const TICKER_ADDITIONS: readonly ColumnSpec[] = [
  added(EVENT_NANOS),
  ["ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999", "nullable"],
  SEQUENCE,
  ["last_size", "decimal(18,8)", "of the last trade, natural ÷ unit", "nullable"],
  ["bid", "decimal(18,8)", "best bid, natural price × unit", "nullable"],
  ["bid_size", "decimal(18,8)", "natural ÷ unit", "nullable"],
  ["ask", "decimal(18,8)", "best ask, natural price × unit", "nullable"],
  ["ask_size", "decimal(18,8)", "natural ÷ unit", "nullable"],
  ["quote_volume", "decimal(38,16)", "of the period, natural, in quote currency", "nullable"],
  ["vwap", "decimal(38,18)", "of the period, natural, as the venue rounds it", "nullable"],
  ["trades", "long", "executions of the period", "nullable"],
  ["period", "string", "what open, high, low, volume, vwap and trades are of: 24h or day", "nullable"],
  added(FLAGS),
  ...SOCKET.map(added),
];

/** What venues' candles add to silver.candles. */
export const CANDLE_ADDITIONS: readonly ColumnSpec[] = [
  ["known_at_nanos", "int", "nanoseconds beyond known_at, 0 to 999", "nullable"],
  ["ts_event", "timestamptz", "venue clock of the message, where it has one", "nullable"],
  added(EVENT_NANOS),
  SEQUENCE,
  ["state", "string", "open or closed; null where the venue does not say", "nullable"],
  ["vwap", "decimal(38,18)", "natural, as the venue rounds it", "nullable"],
  ["buy_quote_volume", "decimal(38,16)", "quote volume whose aggressor bought, natural", "nullable"],
  ["first_trade_id", "string", "of its first trade", "nullable"],
  ["last_trade_id", "string", "of its last trade", "nullable"],
  ...SOCKET.map(added),
];

const LIVE_ORIGIN: readonly ColumnSpec[] = [EVENT_TIME, EVENT_NANOS, ...RECEIVE_TIME, SEQUENCE, FLAGS, ...SOCKET];

export const FUNDING_COLUMNS: readonly ColumnSpec[] = [
  ["funding_rate", "decimal(38,24)", "of the running period, a fraction; longs pay where above zero", "nullable"],
  ["next_funding_rate", "decimal(38,24)", "forecast of the period after that", "nullable"],
  ["next_funding_time", "timestamptz", "when the running period is paid", "nullable"],
  ["mark_price", "decimal(38,18)", "natural", "nullable"],
  ["index_price", "decimal(38,18)", "natural", "nullable"],
  ["settle_price", "decimal(38,18)", "estimate of the price that is settled at, natural", "nullable"],
  ["open_interest", "decimal(38,18)", "as the venue counts it: base currency or contracts", "nullable"],
  ["open_interest_value", "decimal(38,18)", "the same in quote or settlement currency", "nullable"],
  ...LIVE_ORIGIN,
];

export const LIQUIDATION_COLUMNS: readonly ColumnSpec[] = [
  ["liquidation_id", "string", "the venue's id, where it gives one", "nullable"],
  ["side", "string", "of the order that closes the position: sell ends a long one, buy a short one"],
  ["price", "decimal(18,8)", "natural price × unit; what it is says price_kind"],
  ["size", "decimal(18,8)", "natural size ÷ unit: base currency or contracts"],
  ["unit", "long", "power of ten, 1 for nearly all listings"],
  ["price_kind", "string", "order (its limit), bankruptcy or execution"],
  ["average_price", "decimal(38,18)", "of what was executed, natural", "nullable"],
  ["filled_size", "decimal(18,8)", "natural size ÷ unit", "nullable"],
  ["order_type", "string", "in the venue's words", "nullable"],
  ["order_status", "string", "in the venue's words", "nullable"],
  ...LIVE_ORIGIN,
];

export const STATUS_COLUMNS: readonly ColumnSpec[] = [
  [
    "state",
    "string",
    "trading, halted, auction, pre-open, post-only, limit-only, cancel-only, reduce-only, maintenance, closed or unknown",
    "nullable",
  ],
  ["raw_state", "string", "the same in the venue's words", "nullable"],
  ["tick_size", "decimal(38,18)", "prices are multiples of it, natural", "nullable"],
  ["lot_size", "decimal(38,18)", "sizes are multiples of it, natural", "nullable"],
  ["min_size", "decimal(38,18)", "of an order, natural", "nullable"],
  ["max_size", "decimal(38,18)", "of an order, natural", "nullable"],
  ["min_notional", "decimal(38,18)", "least price × size of an order, quote currency", "nullable"],
  ["contract_size", "decimal(38,18)", "base or quote currency of one contract", "nullable"],
  ["price_min", "decimal(38,18)", "lowest price of an order (Bybit: to sell), natural", "nullable"],
  ["price_max", "decimal(38,18)", "highest price of an order (Bybit: to buy), natural", "nullable"],
  ["detail", "string", "what the venue says besides", "nullable"],
  ...LIVE_ORIGIN,
];
