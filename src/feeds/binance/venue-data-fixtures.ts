/** Frames of channels beside trades and books, of our own making, in the grammar that Binance documents and sends. */

export const SPOT_TICKER =
  '{"stream":"btcusdt@ticker","data":{"e":"24hrTicker","E":1763712000500,"s":"BTCUSDT","p":"-812.66000000","P":"-0.947","w":"85400.12345678","x":"85824.99000000","c":"85012.34000000","Q":"0.01500000","b":"85012.33000000","B":"31.21000000","a":"85012.34000000","A":"40.66000000","o":"85825.00000000","h":"86100.00000000","l":"84700.50000000","v":"12345.67890000","q":"1054321987.65432100","O":1763625600500,"C":1763712000500,"F":5499000001,"L":5500000001,"n":1000001}}';
export const MINI_TICKER =
  '{"stream":"btcusdt@miniTicker","data":{"e":"24hrMiniTicker","E":1763712000500,"s":"BTCUSDT","c":"85012.34","o":"85825.00","h":"86100.00","l":"84700.50","v":"12345.678","q":"1054321987.65"}}';
export const KLINE =
  '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1763712060001,"s":"BTCUSDT","k":{"t":1763712000000,"T":1763712059999,"s":"BTCUSDT","i":"1m","f":5500000001,"L":5500000480,"o":"85012.34000000","c":"85020.00000000","h":"85031.10000000","l":"85000.00000000","v":"12.50000000","n":480,"x":true,"q":"1062654.32100000","V":"7.25000000","Q":"616400.00000000","B":"0"}}}';
/** Nobody traded: the venue writes -1 for the ids. */
export const KLINE_EMPTY =
  '{"stream":"btcusdt@kline_1M","data":{"e":"kline","E":1764547200001,"s":"BTCUSDT","k":{"t":1764547200000,"T":1767225599999,"s":"BTCUSDT","i":"1M","f":-1,"L":-1,"o":"85020.00","c":"85020.00","h":"85020.00","l":"85020.00","v":"0.000","n":0,"x":false,"q":"0.00","V":"0.000","Q":"0.00","B":"0"}}}';
export const MARK_PRICE =
  '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1763712001000,"s":"BTCUSDT","p":"85011.12345678","ap":"85010.00000000","P":"85009.50000000","i":"85013.00000001","r":"-0.00001234","T":1763740800000}}';
/** Of a contract that expires. */
export const MARK_PRICE_DELIVERY =
  '{"stream":"btcusd_261225@markPrice","data":{"e":"markPriceUpdate","E":1763712001000,"s":"BTCUSD_261225","p":"86011.1","P":"86009.5","i":"85013.0","r":"","T":0}}';
export const FORCE_ORDER =
  '{"stream":"btcusdt@forceOrder","data":{"e":"forceOrder","E":1763712002010,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"84500.10","ap":"84712.30","X":"FILLED","l":"0.004","z":"0.014","T":1763712002003}}}';
export const CONTRACT_INFO =
  '{"stream":"!contractInfo","data":{"e":"contractInfo","E":1763712003000,"s":"BTCUSDT","ps":"BTCUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"SETTLING","bks":[{"bs":1,"bnf":0,"bnc":5000,"mmr":0.01,"cf":0,"mi":21,"ma":50}]}}';
export const ALL_MINI_TICKERS =
  '{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","E":1763712000500,"s":"BTCUSDT","c":"85012.34","o":"85825.00","h":"86100.00","l":"84700.50","v":"12345.678","q":"1054321987.65"},{"e":"24hrMiniTicker","E":1763712000500,"s":"ETHUSDT","c":"2800.1","o":"2810","h":"2850","l":"2790","v":"9","q":"25200.9"}]}';
