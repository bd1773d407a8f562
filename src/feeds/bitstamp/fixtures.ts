/** Frames of our own making, in the grammar that Bitstamp documents and sends. */
export const TRADE =
  '{"data":{"id":412337562,"timestamp":"1763712000","amount":0.0028,"amount_str":"0.00280000","price":85012,"price_str":"85012","type":0,"microtimestamp":"1763712000587123","buy_order_id":1932154237362176,"sell_order_id":1932154237140993},"channel":"live_trades_btcusd","event":"trade"}';
export const TRADE_SOLD =
  '{"data":{"id":412337565,"timestamp":"1763712001","amount":1e-06,"amount_str":"0.00000100","price":85012.35,"price_str":"85012.35","type":1,"microtimestamp":"1763712001002000","buy_order_id":1932154237362177,"sell_order_id":1932154237140994},"channel":"live_trades_btcusd","event":"trade"}';
/** In the order of 2019. */
export const TRADE_OLD =
  '{"data":{"microtimestamp":"1554076803243152","amount":0.5,"buy_order_id":3056112169,"sell_order_id":3056099349,"amount_str":"0.50000000","price_str":"3651.30","timestamp":"1554076803","price":3651.3,"type":0,"id":84550458},"event":"trade","channel":"live_trades_ethusd"}';
export const DIFFERENCE =
  '{"data":{"timestamp":"1763712000","microtimestamp":"1763712000100000","bids":[["85012.30","0.50000000"]],"asks":[["85012.50","0.00000000"]]},"channel":"diff_order_book_btcusd","event":"data"}';
export const DIFFERENCE_NEXT =
  '{"data":{"timestamp":"1763712000","microtimestamp":"1763712000250000","bids":[["85012.20","0.00000000"],["85012.31","0.25000000"]],"asks":[]},"channel":"diff_order_book_btcusd","event":"data"}';
export const BEST_LEVELS =
  '{"data":{"timestamp":"1763712000","microtimestamp":"1763712000300000","bids":[["85012.30","0.50000000"],["85012.20","1.10000000"]],"asks":[["85012.40","2.00000000"]]},"channel":"order_book_btcusd","event":"data"}';
/** Orders, two of them at one price. */
export const SNAPSHOT = {
  url: "https://www.bitstamp.net/api/v2/order_book/btcusd/?group=2",
  body: '{"timestamp":"1763712000","microtimestamp":"1763712000200000","bids":[["85012.30","0.20000000","101"],["85012.30","0.30000000","102"],["85012.20","1.10000000","103"]],"asks":[["85012.40","2.00000000","104"],["85013","1.00000000","105"]]}',
};
export const ORDER_CREATED =
  '{"data":{"id":106,"id_str":"106","order_type":0,"order_subtype":0,"datetime":"1763712000","microtimestamp":"1763712000210000","amount":0.75,"amount_str":"0.75000000","amount_traded":"0","amount_at_create":"0.75000000","price":85012.3,"price_str":"85012.30"},"channel":"live_orders_btcusd","event":"order_created"}';
export const ORDER_CHANGED =
  '{"data":{"id":104,"id_str":"104","order_type":1,"datetime":"1763712000","microtimestamp":"1763712000220000","amount":1.5,"amount_str":"1.50000000","amount_traded":"0.50000000","amount_at_create":"2.00000000","price":85012.4,"price_str":"85012.40"},"channel":"live_orders_btcusd","event":"order_changed"}';
export const ORDER_DELETED =
  '{"data":{"id":103,"id_str":"103","order_type":0,"datetime":"1763712000","microtimestamp":"1763712000230000","amount":1.1,"amount_str":"1.10000000","amount_traded":"0","amount_at_create":"1.10000000","price":85012.2,"price_str":"85012.20"},"channel":"live_orders_btcusd","event":"order_deleted"}';
export const ACCEPTED = '{"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}';
export const REFUSED =
  '{"event":"bts:error","channel":"","data":{"code":4009,"message":"Connection is unauthorized."}}';
export const HEARTBEAT = '{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}';
export const RECONNECT = '{"event":"bts:request_reconnect","channel":"","data":""}';
