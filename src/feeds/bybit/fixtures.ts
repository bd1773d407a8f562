/** Frames of our own making, in the grammar that Bybit documents and sends. */
export const LINEAR_TRADES =
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1763712000347,"data":[{"T":1763712000346,"s":"BTCUSDT","S":"Buy","v":"0.010","p":"85012.30","L":"PlusTick","i":"19d7df56-4f10-5290-a969-d9d9f2c74cc3","BT":false,"RPI":false,"seq":753843954913},{"T":1763712000346,"s":"BTCUSDT","S":"Sell","v":"25.5","p":"85012.20","L":"MinusTick","i":"4d4ad26c-901f-5146-adc0-1db29b6b9ab6","BT":true,"RPI":true,"seq":753843954913}]}';
export const SPOT_TRADES =
  '{"topic":"publicTrade.ETHUSDT","type":"snapshot","ts":1763712000350,"data":[{"i":"2290000000958674212","T":1763712000349,"p":"2765.01","v":"0.36","S":"Sell","s":"ETHUSDT","BT":false,"RPI":true,"seq":121000000001}]}';
/** The order of keys of contracts, ids and fields of spot. */
export const SPOT_TRADES_IN_ORDER =
  '{"topic":"publicTrade.ETHUSDT","type":"snapshot","ts":1763712000350,"data":[{"T":1763712000349,"s":"ETHUSDT","S":"Sell","v":"0.36","p":"2765.01","i":"2290000000958674213","BT":false,"RPI":true,"seq":121000000002}]}';
/** As until 2025: no RPI, no seq. */
export const LINEAR_TRADES_OLD =
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1680688979985,"data":[{"T":1680688979983,"s":"BTCUSDT","S":"Buy","v":"0.4","p":"28012.5","L":"ZeroMinusTick","i":"4c7b6bdc-b4a3-5716-9c7b-bbe01dc7072f","BT":false}]}';
export const INVERSE_TRADES =
  '{"topic":"publicTrade.BTCUSD","type":"snapshot","ts":1763712000353,"data":[{"T":1763712000351,"s":"BTCUSD","S":"Sell","v":"1500","p":"85010.50","L":"ZeroMinusTick","i":"a02c4a34-8f2f-5b36-a0dc-0a7ca5c90c41","BT":false,"RPI":false,"seq":480021133207}]}';
export const ORDER_BOOK =
  '{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1763712000350,"data":{"s":"BTCUSDT","b":[["85012.2","1"]],"a":[["85012.3","2"]],"u":24042997,"seq":209972815373},"cts":1763712000349}';
export const ACCEPTED =
  '{"success":true,"ret_msg":"","conn_id":"d8bu1olkndm7crnfs1e0-j6akw","req_id":"1-2","op":"subscribe"}';
export const REFUSED =
  '{"success":false,"ret_msg":"Invalid symbol :[publicTrade.XXX]","conn_id":"d8bu1olkndm7crnfs1e0-j6akw","req_id":"1-2","op":"subscribe"}';
export const PONG = '{"success":true,"ret_msg":"pong","conn_id":"d8bu1olkndm7crnfs1e0-j6akw","req_id":"","op":"ping"}';
