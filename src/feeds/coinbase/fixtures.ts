/** Frames of our own making, in the grammar that Coinbase documents and sends. */
export const MARKET_TRADES =
  '{"channel":"market_trades","timestamp":"2025-11-21T08:00:00.228568804Z","sequence_num":7,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"900000002","price":"85012.34","size":"0.0015","time":"2025-11-21T08:00:00.104123Z","side":"SELL"},{"product_id":"ETH-USD","trade_id":"700000001","price":"2765","size":"0.00000001","time":"2025-11-21T08:00:00.50436Z","side":"BUY"}]}]}';
/** In the documentation's order of keys, with its client_id. */
export const MARKET_TRADES_DOCUMENTED =
  '{"channel":"market_trades","client_id":"","timestamp":"2025-11-21T08:00:00.228568804Z","sequence_num":8,"events":[{"type":"snapshot","trades":[{"trade_id":"900000001","product_id":"BTC-USD","price":"85012.33","size":"0.00643","side":"BUY","time":"2025-11-21T07:59:59Z"}]},{"type":"update","trades":[{"trade_id":"900000003","product_id":"BTC-USD","price":"85012.35","size":"1","side":"SELL","time":"2025-11-21T08:00:00.123456789Z"}]}]}';
export const HEARTBEATS =
  '{"channel":"heartbeats","timestamp":"2025-11-21T08:00:00.856364007Z","sequence_num":35,"events":[{"current_time":"2025-11-21 08:00:00.854840045 +0000 UTC m=+41691.260485341","heartbeat_counter":41691}]}';
export const SUBSCRIPTIONS =
  '{"channel":"subscriptions","timestamp":"2025-11-21T08:00:00.1Z","sequence_num":2,"events":[{"subscriptions":{"heartbeats":["heartbeats"],"market_trades":["BTC-USD","ETH-USD"]}}]}';
export const ADVANCED_ERROR = '{"type":"error","message":"authentication failure"}';
export const L2_DATA =
  '{"channel":"l2_data","timestamp":"2025-11-21T08:00:00.2Z","sequence_num":9,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2025-11-21T08:00:00.1Z","price_level":"85012.33","new_quantity":"0.2"}]}]}';
export const MATCH =
  '{"type":"match","trade_id":900000002,"maker_order_id":"2a0da34e-61f7-4c36-88e5-c9dd15927b16","taker_order_id":"3c82abaa-c01e-4608-be59-6a1e69742891","side":"sell","size":"0.0015","price":"85012.34","product_id":"BTC-USD","sequence":50978628538,"time":"2025-11-21T08:00:00.104123Z"}';
export const LAST_MATCH =
  '{"type":"last_match","trade_id":900000001,"maker_order_id":"27fff20b-af29-4f45-8744-56dd1ef57dc0","taker_order_id":"1da6ce16-c8da-4732-9f71-6049f4c6aaf8","side":"buy","size":"0.00643","price":"85012.33","product_id":"BTC-USD","sequence":50978628530,"time":"2025-11-21T07:59:59.244075Z"}';
export const EXCHANGE_HEARTBEAT =
  '{"type":"heartbeat","sequence":90,"last_trade_id":900000002,"product_id":"BTC-USD","time":"2025-11-21T08:00:01Z"}';
export const EXCHANGE_SUBSCRIPTIONS =
  '{"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD","ETH-USD"]},{"name":"heartbeat","product_ids":["BTC-USD","ETH-USD"]}]}';
export const EXCHANGE_ERROR =
  '{"type":"error","message":"Failed to subscribe","reason":"XXX-USD is not a valid product"}';
export const EXCHANGE_TICKER =
  '{"type":"ticker","sequence":50978628540,"product_id":"BTC-USD","price":"85012.34","side":"buy","time":"2025-11-21T08:00:00.104123Z","trade_id":900000002,"last_size":"0.0015"}';
