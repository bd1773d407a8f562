/** Frames of our own making, in the grammar that Gemini documents and sends. */
export const TRADE =
  '{"type":"trade","symbol":"BTCUSD","event_id":222278173770,"timestamp":1763712000981,"price":"85012.30","quantity":"0.04","side":"buy"}';
export const TRADE_SOLD =
  '{"type":"trade","symbol":"ETHUSD","event_id":222278173775,"timestamp":1763712001004,"price":"2801.55","quantity":"1.25","side":"sell"}';
export const BLOCK_TRADE =
  '{"type":"block_trade","symbol":"BTCUSD","event_id":222278173790,"timestamp":1763712002000,"price":"85000.00","quantity":"25"}';
/** The first message of a symbol: its book and its last trades, newest first. */
export const FIRST_UPDATES =
  '{"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","85012.29","0.5"],["buy","85012.00","0.04"],["sell","85012.35","0.9"]],"trades":[{"type":"trade","symbol":"BTCUSD","event_id":222278166738,"timestamp":1763711999424,"price":"85012.35","quantity":"0.00004473","side":"buy"},{"type":"trade","symbol":"BTCUSD","event_id":222278141090,"timestamp":1763711998216,"price":"85010.00","quantity":"0.00704098","side":"sell"}],"auction_events":[{"type":"auction_result","symbol":"BTCUSD","time_ms":1763640000000,"result":"failure","highest_bid_price":"84590.88","lowest_ask_price":"84602.30","collar_price":"84634.73"}]}';
export const UPDATES =
  '{"type":"l2_updates","symbol":"BTCUSD","changes":[["sell","85012.35","0"],["buy","85012.31","1.75"]]}';
export const HEARTBEAT = '{"type":"heartbeat","timestamp":1763712000989}';
export const REFUSED = '{"result":"error","reason":"InvalidSymbol","message":"Supplied value was not a valid symbol"}';
export const AUCTION = '{"type":"auction_open","symbol":"BTCUSD","auction_open_ms":1763640000000}';
