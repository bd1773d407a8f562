/** Frames of our own making, in the grammar that Kraken Futures documents and sends. */
export const TRADE =
  '{"feed":"trade","product_id":"PI_XBTUSD","uid":"15af78ac-b774-478c-a50c-8b9c234e072f","side":"sell","type":"fill","seq":653355,"time":1763712000519,"qty":15000,"price":84969.5}';
export const LINEAR_TRADE =
  '{"feed":"trade","product_id":"PF_XBTUSD","uid":"25af78ac-b774-478c-a50c-8b9c234e0730","side":"buy","type":"liquidation","seq":77,"time":1763712000611,"qty":0.0235,"price":84970}';
/** A position that is handed on is no match of two orders. */
export const ASSIGNMENT =
  '{"feed":"trade","product_id":"FI_XBTUSD_261225","uid":"35af78ac-b774-478c-a50c-8b9c234e0731","side":"buy","type":"assignment","seq":12,"time":1763712000700,"qty":300,"price":85100}';
/** Newest first. */
export const TRADE_SNAPSHOT =
  '{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":"trade","product_id":"PI_XBTUSD","uid":"baa9c653-520b-4c24-a9f1-462a054d86f2","side":"sell","type":"fill","seq":653354,"time":1763711999781,"qty":440,"price":84893},{"feed":"trade","product_id":"PI_XBTUSD","uid":"b5a1ee48-4f2a-4b2a-a9b9-0b2f9bbb1a11","side":"buy","type":"block","seq":653353,"time":1763711999002,"qty":2500,"price":84890.5}]}';
export const BOOK_SNAPSHOT =
  '{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1763712000817,"seq":326072249,"tickSize":null,"bids":[{"price":85012.3,"qty":6385},{"price":85012,"qty":10924}],"asks":[{"price":85012.5,"qty":20598},{"price":85013,"qty":2300}]}';
export const BOOK_CHANGE =
  '{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326072250,"price":85012.5,"qty":0,"timestamp":1763712000953}';
export const BOOK_CHANGE_NEXT =
  '{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":326072251,"price":85012.4,"qty":1200,"timestamp":1763712000960}';
export const ACCEPTED = '{"event":"subscribed","feed":"trade","product_ids":["PI_XBTUSD","PF_XBTUSD"]}';
export const REFUSED = '{"event":"error","message":"Invalid product id"}';
export const INFO = '{"event":"info","version":1}';
export const HEARTBEAT = '{"feed":"heartbeat","time":1763712000627}';
export const TICKER = '{"feed":"ticker","product_id":"PI_XBTUSD","time":1763712000627,"bid":85012.3,"ask":85012.5}';
