import type { InstrumentState, StatusRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/** What `status` says where no flag says more. @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#status-channel */
const STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["online", "trading"],
  ["offline", "halted"],
  ["internal", "pre-open"],
  ["delisted", "closed"],
]);

/** Flags that narrow what is possible while the product is online, the narrowest first. */
const FLAGS: readonly (readonly [flag: string, state: InstrumentState])[] = [
  ["trading_disabled", "halted"],
  ["cancel_only", "cancel-only"],
  ["auction_mode", "auction"],
  ["post_only", "post-only"],
  ["limit_only", "limit-only"],
];

/*
 * A product of channel "status".
 * Advanced Trade: {"channel":"status","timestamp":…,"sequence_num":…,"events":[{"type":"snapshot","products":[record, …]}]}
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels#status-channel
 * Exchange: {"type":"status","products":[record, …],"currencies":[…]}, without a time
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#status-channel
 *
 *   id                "BTC-USD"                     status, status_message   see above; the second is for people
 *   quote_increment   prices are multiples of it    auction_mode, cancel_only, limit_only, post_only, trading_disabled:
 *                     (in the list of 920 products         Exchange's
 *                     it is the price increment)    min_market_funds         least price × size, quote currency
 *   base_increment    sizes are multiples of it
 */
export function readProduct(
  row: Row,
  channel: string,
  head: {
    readonly eventTimeUs: number | undefined;
    readonly eventTimeNanos?: number;
    readonly sequence?: number | undefined;
  },
): StatusRecord {
  const status = row.text("status");
  const raised = FLAGS.filter(([flag]) => row.raw(flag) === true);
  const state = STATES.get(status) ?? "unknown";
  return {
    channel,
    rawSymbol: row.text("id"),
    ...head,
    frameIndex: row.frameIndex,
    state: state === "trading" ? (raised[0]?.[1] ?? state) : state,
    rawState: [status, ...raised.map(([flag]) => flag)].join(" "),
    tickSize: row.numberUnlessZero("quote_increment"),
    lotSize: row.numberUnlessZero("base_increment"),
    minNotional: row.numberIfAny("min_market_funds"),
    detail: row.textIfAny("status_message"),
  };
}
