/** Frames of our own making, in the grammar that Bybit's v2 had. */
export const TRADES =
  '{"topic":"trade.BTCUSD","data":[{"trade_time_ms":1618677786614,"timestamp":"2021-04-17T16:43:06.000Z","symbol":"BTCUSD","side":"Sell","size":4,"price":60621.5,"tick_direction":"PlusTick","trade_id":"6f2c8d77-911c-547d-97b2-1922557ffe50","cross_seq":5938955301},{"trade_time_ms":1618677786618,"timestamp":"2021-04-17T16:43:06.000Z","symbol":"BTCUSD","side":"Buy","size":1200,"price":60622,"tick_direction":"ZeroPlusTick","trade_id":"bed64120-d0c8-587d-94fc-5fa4eaf60860","cross_seq":5938955301}]}';
/** As in 2019: no trade_time_ms. */
export const TRADES_OLD =
  '{"topic":"trade.ETHUSD","data":[{"timestamp":"2019-11-06T12:50:52.000Z","symbol":"ETHUSD","side":"Buy","size":6000,"price":186.35,"tick_direction":"ZeroPlusTick","trade_id":"9c53dd53-3df5-563d-9e3b-f0dbba7c55a1","cross_seq":794201900}]}';
export const ORDER_BOOK =
  '{"topic":"orderBookL2_25.BTCUSD","type":"delta","data":{"delete":[],"update":[{"price":"60621.50","symbol":"BTCUSD","id":606215000,"side":"Buy","size":47766}],"insert":[],"transactTimeE6":0},"cross_seq":5938955302,"timestamp_e6":1618677786598877}';
export const ORDER_BOOK_SNAPSHOT =
  '{"topic":"orderBookL2_25.BTCUSD","type":"snapshot","data":[{"price":"85012.00","symbol":"BTCUSD","id":850120000,"side":"Buy","size":9},{"price":"85012.50","symbol":"BTCUSD","id":850125000,"side":"Sell","size":1200}],"cross_seq":5938955290,"timestamp_e6":1618677786500001}';
export const ORDER_BOOK_CHANGES =
  '{"topic":"orderBookL2_25.BTCUSD","type":"delta","data":{"delete":[{"price":"85012.00","symbol":"BTCUSD","id":850120000,"side":"Buy"}],"update":[{"price":"85012.50","symbol":"BTCUSD","id":850125000,"side":"Sell","size":700}],"insert":[{"price":"85011.50","symbol":"BTCUSD","id":850115000,"side":"Buy","size":30}],"transactTimeE6":0},"cross_seq":5938955303,"timestamp_e6":1618677786610002}';
export const ACCEPTED =
  '{"success":true,"ret_msg":"","conn_id":"85a3336b-465a-4fad-8540-fde1104f1261","request":{"op":"subscribe","args":["trade.BTCUSD","trade.ETHUSD"]}}';
export const REFUSED =
  '{"success":false,"ret_msg":"error:handler not found,topic:gossip.BTCUSD","conn_id":"85a3336b-465a-4fad-8540-fde1104f1261","request":{"op":"subscribe","args":["gossip.BTCUSD"]}}';
export const PONG =
  '{"success":true,"ret_msg":"pong","conn_id":"85a3336b-465a-4fad-8540-fde1104f1261","request":{"op":"ping","args":null}}';
