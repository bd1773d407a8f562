/** Frames of our own making, in the grammar that OKX documents and sends. */
export const SPOT_TRADE =
  '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"731204518","px":"85012.3","sz":"0.00412306","side":"buy","ts":"1763712000346","count":"3","source":"0","seqId":48213377101}]}';
export const SWAP_TRADES =
  '{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"1840000123","px":"85015","sz":"12.5","side":"sell","ts":"1763712000350","count":"1","source":"0","seqId":39004411202},{"instId":"BTC-USDT-SWAP","tradeId":"1840000124","px":"85014.9","sz":"3","side":"sell","ts":"1763712000350","count":"1","source":"1","seqId":39004411202}]}';
/** As until 2023: no count, no source, no seqId. */
export const FUTURE_TRADE_OLD =
  '{"arg":{"channel":"trades","instId":"BTC-USD-220624"},"data":[{"instId":"BTC-USD-220624","tradeId":"99120","px":"29871.4","sz":"7","side":"buy","ts":"1653638400123"}]}';
export const SINGLE_TRADE =
  '{"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"731204516","px":"85012.3","sz":"0.0041","side":"buy","source":"1","ts":"1763712000346"}]}';
/** Sources in another place. */
export const SPOT_TRADE_REORDERED =
  '{"arg":{"instId":"BTC-USDT","channel":"trades"},"data":[{"px":"85012.3","sz":"0.5","instId":"BTC-USDT","ts":"1763712000346","side":"sell","tradeId":"731204519"}]}';
export const BOOK =
  '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[["85012.2","0.5","0","2"]],"ts":"1763712000350","checksum":-855196043,"prevSeqId":48213377100,"seqId":48213377102}]}';
export const ACCEPTED =
  '{"id":"1","event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"},"connId":"a4d3ae55"}';
export const REFUSED =
  '{"id":"1","event":"error","msg":"Wrong URL or channel:trades,instId:XXX-USDT doesn\'t exist. Please use the correct URL, channel and parameters referring to API document.","code":"60018","connId":"a4d3ae55"}';
export const NOTICE =
  '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}';
