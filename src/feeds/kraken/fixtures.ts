/** Frames of our own making, in the grammar that Kraken documents and sends. */
export const V2_UPDATE =
  '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":85012.3,"qty":0.01500000,"ord_type":"market","trade_id":77000001,"timestamp":"2025-11-21T08:00:00.104123Z"},{"symbol":"BTC/USD","side":"buy","price":85012.4,"qty":1.25,"ord_type":"limit","trade_id":77000002,"timestamp":"2025-11-21T08:00:00.104124Z"}]}';
export const V2_SNAPSHOT =
  '{"channel":"trade","type":"snapshot","data":[{"symbol":"DOGE/USD","side":"buy","price":0.1512345,"qty":12000,"ord_type":"limit","trade_id":77000000,"timestamp":"2025-11-21T07:59:59.9Z"}]}';
/** A price that a double rounds, and a quantity as some encoders write small numbers. */
export const V2_EXACT =
  '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":90071992.54740993,"qty":5e-05,"ord_type":"limit","trade_id":77000003,"timestamp":"2025-11-21T08:00:01Z"}]}';
export const V2_HEARTBEAT = '{"channel":"heartbeat"}';
export const V2_STATUS =
  '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":7204881492680171915}]}';
export const V2_BOOK =
  '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":85012.5,"qty":2.0}],"checksum":2532652056,"timestamp":"2025-11-21T08:00:00.2Z"}]}';
export const V2_ACCEPTED =
  '{"method":"subscribe","req_id":1,"result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2025-11-21T08:00:00.000001Z","time_out":"2025-11-21T08:00:00.000002Z"}';
export const V2_REFUSED =
  '{"error":"Currency pair not supported BTC/XXX","method":"subscribe","req_id":1,"success":false,"symbol":"BTC/XXX","time_in":"2025-11-21T08:00:00.000001Z","time_out":"2025-11-21T08:00:00.000002Z"}';
export const V1_TRADES =
  '[337,[["85012.30000","0.01500000","1763712000.104123","s","m",""],["85012.40000","1.25000000","1763712000.104124","b","l",""],["85012.40000","1.25000000","1763712000.104124","b","l",""]],"trade","XBT/USD"]';
export const V1_HEARTBEAT = '{"event":"heartbeat"}';
export const V1_STATUS =
  '{"connectionID":18239578009413566319,"event":"systemStatus","status":"online","version":"1.9.6"}';
export const V1_TICKER =
  '[340,{"a":["85012.4",1,"1.0"],"b":["85012.3",1,"1.0"],"c":["85012.3","0.1"]},"ticker","XBT/USD"]';
export const V1_BOOK =
  '[336,{"a":[["85012.50000","2.0","1763712000.2"]]},{"b":[["85012.30000","0.0","1763712000.2"]],"c":"974942666"},"book-10","XBT/USD"]';
export const V1_ACCEPTED =
  '{"channelID":337,"channelName":"trade","event":"subscriptionStatus","pair":"XBT/USD","reqid":1,"status":"subscribed","subscription":{"name":"trade"}}';
export const V1_REFUSED =
  '{"errorMessage":"Currency pair not supported XBT/XXX","event":"subscriptionStatus","pair":"XBT/XXX","reqid":1,"status":"error","subscription":{"name":"trade"}}';
