/** Frames of channel full, of our own making, in the grammar that Coinbase documents and sends. */

const RECEIVED_ID = "d50ec984-77a8-460a-b958-66f114b0de9b";
const MAKER_ID = "ac928c66-ca53-498f-9c13-a110027a60e8";
/* A product's messages one after the other, keys as the venue sends them and as it documents them. */
export const RECEIVED: string = `{"order_id":"${RECEIVED_ID}","order_type":"limit","size":"1.34","price":"85012.3","client_oid":"d50ec974-76a2-454b-66f135b1ea8c","type":"received","side":"buy","product_id":"BTC-USD","time":"2025-11-21T08:00:00.1Z","sequence":101}`;
export const OPEN: string = `{"price":"85012.3","order_id":"${RECEIVED_ID}","remaining_size":"1.34","type":"open","side":"buy","product_id":"BTC-USD","time":"2025-11-21T08:00:00.1Z","sequence":102}`;
export const RECEIVED_MARKET =
  '{"type":"received","time":"2025-11-21T08:00:00.2Z","product_id":"BTC-USD","sequence":103,"order_id":"dddec984-77a8-460a-b958-66f114b0de9b","funds":"3000.234","side":"buy","order_type":"market"}';
export const FULL_MATCH: string = `{"trade_id":900000002,"maker_order_id":"${MAKER_ID}","taker_order_id":"dddec984-77a8-460a-b958-66f114b0de9b","size":"0.0015","price":"85012.34","type":"match","side":"sell","product_id":"BTC-USD","time":"2025-11-21T08:00:00.104123Z","sequence":104}`;
export const DONE_MARKET =
  '{"order_id":"dddec984-77a8-460a-b958-66f114b0de9b","reason":"filled","type":"done","side":"buy","product_id":"BTC-USD","time":"2025-11-21T08:00:00.2Z","sequence":105}';
export const CHANGE_STP: string = `{"type":"change","reason":"STP","time":"2025-11-21T08:00:00.3Z","sequence":106,"order_id":"${MAKER_ID}","side":"sell","product_id":"BTC-USD","old_size":"0.4985","new_size":"0.25","price":"85012.34"}`;
export const CHANGE_MODIFIED: string = `{"type":"change","reason":"modify_order","time":"2025-11-21T08:00:00.4Z","sequence":107,"order_id":"${RECEIVED_ID}","side":"buy","product_id":"BTC-USD","old_size":"1.34","new_size":"2","old_price":"85012.3","new_price":"85012.2"}`;
export const CHANGE_MARKET =
  '{"type":"change","reason":"STP","time":"2025-11-21T08:00:00.5Z","sequence":108,"order_id":"eeeec984-77a8-460a-b958-66f114b0de9b","side":"buy","product_id":"BTC-USD","old_funds":"20","new_funds":"10","price":null}';
/** Its price is not the one at which the order rests. */
export const DONE: string = `{"order_id":"${RECEIVED_ID}","reason":"canceled","price":"85012.3","remaining_size":"2","type":"done","side":"buy","product_id":"BTC-USD","time":"2025-11-21T08:00:00.6Z","sequence":109}`;
export const ACTIVATE =
  '{"type":"activate","product_id":"BTC-USD","timestamp":"1763712000.299000","user_id":"12","profile_id":"30000727-d308-cf50-7b1c-c06deb1934fc","order_id":"7b52009b-64fd-0a2a-49e6-d8a939753077","stop_type":"entry","side":"buy","stop_price":"80","size":"2","funds":"50","private":true}';
export const FULL_MESSAGES: readonly string[] = [
  RECEIVED,
  OPEN,
  RECEIVED_MARKET,
  FULL_MATCH,
  DONE_MARKET,
  CHANGE_STP,
  CHANGE_MODIFIED,
  CHANGE_MARKET,
  DONE,
];
/** Every order after message 101, two of them at one price. */
export const FULL_BOOK: { readonly url: string; readonly body: string } = {
  url: "https://api.exchange.coinbase.com/products/BTC-USD/book?level=3",
  body: `{"sequence":101,"bids":[["85012.2","1.1","bbbbbbbb-61f7-4c36-88e5-c9dd15927b16"]],"asks":[["85012.34","0.5","${MAKER_ID}"],["85012.34","0.3","cccccccc-61f7-4c36-88e5-c9dd15927b16"],["85013","2","dddddddd-61f7-4c36-88e5-c9dd15927b16"]],"auction_mode":false,"auction":null,"time":"2025-11-21T08:00:00.1Z"}`,
};
export const LOGIN_REFUSED =
  '{"type":"error","message":"Failed to subscribe","reason":"level2, level3, and full channels now require authentication. https://docs.cloud.coinbase.com/exchange/docs/websocket-auth"}';
