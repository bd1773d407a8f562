/** Frames of channels beside trades and books, of our own making, in the grammar that OKX documents and sends. */

export const TICKERS =
  '{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"85012.3","lastSz":"0.00020001","askPx":"85012.3","askSz":"1.55896972","bidPx":"85012.2","bidSz":"0.23393","open24h":"85825","high24h":"86073","low24h":"84020.3","sodUtc0":"85028.8","sodUtc8":"85337.7","volCcy24h":"525802090.62716611","vol24h":"6182.13085371","ts":"1763712000956"}]}';
export const SWAP_TICKERS =
  '{"arg":{"channel":"tickers","instId":"BTC-USD-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","last":"85012.3","lastSz":"1","askPx":"85012.3","askSz":"3","bidPx":"","bidSz":"","open24h":"85825","high24h":"86073","low24h":"84020.3","sodUtc0":"85028.8","sodUtc8":"85337.7","volCcy24h":"2620.289","vol24h":"779573","ts":"1763712000003"}]}';
export const CANDLE =
  '{"arg":{"channel":"candle1Dutc","instId":"BTC-USDT"},"data":[["1763683200000","85028.8","85500","84900.1","85012.3","911.5","77491000.1","77491000.12345678","1"]]}';
export const CANDLE_OLD =
  '{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1652459220000","30236","30240","30230.1","30238","1.5","45357.1"]]}';
export const FUNDING_RATE =
  '{"arg":{"channel":"funding-rate","instId":"BTC-USD-SWAP"},"data":[{"formulaType":"noRate","fundingRate":"0.0001875391284828","fundingTime":"1763740800000","impactValue":"","instId":"BTC-USD-SWAP","instType":"SWAP","interestRate":"","method":"current_period","maxFundingRate":"0.00375","minFundingRate":"-0.00375","nextFundingRate":"","nextFundingTime":"1763769600000","premium":"0.0001233824646391","settFundingRate":"0.0001699799259033","settState":"settled","ts":"1763712000402"}]}';
export const MARK_PRICE =
  '{"arg":{"channel":"mark-price","instId":"BTC-USD-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","markPx":"85013.1","ts":"1763712000500"}]}';
export const OPEN_INTEREST =
  '{"arg":{"channel":"open-interest","instId":"BTC-USD-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","oi":"2216113.01","oiCcy":"2606.1301","oiUsd":"221611301","ts":"1763712000600"}]}';
export const INDEX_TICKERS =
  '{"arg":{"channel":"index-tickers","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","idxPx":"85015.05","high24h":"86000","low24h":"84000","open24h":"85800","sodUtc0":"85000","sodUtc8":"85100","ts":"1763712000700"}]}';
export const LIQUIDATION_ORDERS =
  '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"84007.8","ccy":"","posSide":"long","side":"sell","sz":"13","ts":"1763712000010"},{"bkLoss":"0","bkPx":"84001.1","ccy":"","posSide":"long","side":"sell","sz":"2","ts":"1763712000011"}],"instFamily":"BTC-USD","instId":"BTC-USD-SWAP","instType":"SWAP","uly":"BTC-USD"},{"details":[{"bkLoss":"0","bkPx":"0.007831","ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1763712000012"}],"instFamily":"IOST-USDT","instId":"IOST-USDT-SWAP","instType":"SWAP","uly":"IOST-USDT"}]}';
export const INSTRUMENTS =
  '{"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","state":"suspend","tickSz":"0.1","lotSz":"1","minSz":"1","maxLmtSz":"100000","ctVal":"100","ctValCcy":"USD","settleCcy":"BTC"},{"instType":"SWAP","instId":"ETH-USD-SWAP","state":"live","tickSz":"0.01","lotSz":"1","minSz":"1","maxLmtSz":"100000","ctVal":"10","ctValCcy":"USD","settleCcy":"ETH"}]}';
export const STATUS =
  '{"arg":{"channel":"status"},"data":[{"title":"Spot System Upgrade","state":"ongoing","begin":"1763712000000","href":"","end":"1763713000000","serviceType":"1","system":"classic","scheDesc":"","maintType":"1","env":"1","ts":"1763712000386"}]}';
