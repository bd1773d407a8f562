/** Frames of our own making, in the grammar that Binance documents and sends. */
export const SPOT_TRADE =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1763712000105,"s":"BTCUSDT","t":5500000001,"p":"85012.34000000","q":"0.01500000","T":1763712000104,"m":true,"M":true}}';
export const SPOT_TRADE_BARE =
  '{"e":"trade","E":1763712000105,"s":"BTCUSDT","t":5500000002,"p":"85012.35000000","q":"2.00000000","T":1763712000104,"m":false,"M":true}';
/** With the order ids of old, and times in microseconds. */
export const SPOT_TRADE_OLD =
  '{"stream":"ethusdt@trade","data":{"e":"trade","E":1763712000105123,"s":"ETHUSDT","t":12345,"p":"0.00421","q":"6.48","b":255533165,"a":255532831,"T":1763712000104999,"m":true,"M":true}}';
export const FUTURES_TRADE =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1763712000110,"T":1763712000108,"s":"BTCUSDT","t":6600000001,"p":"85010.10","q":"0.004","X":"MARKET","m":false}}';
export const FUTURES_INSURANCE_FUND =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1763712000110,"T":1763712000108,"s":"BTCUSDT","t":6600000002,"p":"85010.1234","q":"0.500","X":"INSURANCE_FUND","m":true}}';
/** What USD-M sends now and then for an id without a trade. */
export const FUTURES_NOTHING =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1763712000110,"T":1763712000108,"s":"BTCUSDT","t":6600000003,"p":"0","q":"0","X":"NA","m":true}}';
export const COINM_TRADE =
  '{"stream":"btcusd_perp@trade","data":{"e":"trade","E":1763712000110,"T":1763712000108,"s":"BTCUSD_PERP","t":849714402,"p":"85010.1","q":"4","X":"MARKET","m":false}}';
export const SPOT_AGGREGATE =
  '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1763712000115,"s":"BTCUSDT","a":3300000001,"p":"85012.34000000","q":"0.08620500","f":5500000003,"l":5500000007,"T":1763712000114,"m":true,"M":true}}';
export const FUTURES_AGGREGATE =
  '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1763712000115,"a":2200000001,"s":"BTCUSDT","p":"85012.3","q":"10","f":6600000004,"l":6600000004,"T":1763712000114,"m":false}}';
export const BOOK_TICKER =
  '{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"85012.33000000","B":"31.21000000","a":"85012.34000000","A":"40.66000000"}}';
export const DEPTH =
  '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1763712000100,"s":"BTCUSDT","U":157,"u":160,"b":[["85012.33","10"]],"a":[]}}';
export const ACCEPTED = '{"result":null,"id":1002}';
export const REFUSED = '{"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":1002}';
