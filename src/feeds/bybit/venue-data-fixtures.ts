/** Frames of channels beside trades and books, of our own making, in the grammar that Bybit documents and sends. */

export const SPOT_TICKERS =
  '{"topic":"tickers.BTCUSDT","ts":1763712000853,"type":"snapshot","cs":2588407389,"data":{"symbol":"BTCUSDT","lastPrice":"85012.34","highPrice24h":"86000","lowPrice24h":"84000.1","prevPrice24h":"85825","volume24h":"6780.866843","turnover24h":"577410000.84","price24hPcnt":"-0.0095","usdIndexPrice":"85020.1"}}';
export const LINEAR_TICKERS =
  '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"ZeroPlusTick","price24hPcnt":"-0.0095","lastPrice":"85012.30","prevPrice24h":"85825.00","highPrice24h":"86000.00","lowPrice24h":"84000.10","prevPrice1h":"85083.80","markPrice":"85017.44","indexPrice":"85037.76","openInterest":"59891.732","openInterestValue":"5091837226.01","turnover24h":"1142118412.9021","volume24h":"17573.9120","fundingIntervalHour":"8","fundingCap":"0.005","nextFundingTime":"1763740800000","fundingRate":"-0.0001","bid1Price":"85012.20","bid1Size":"5.954","ask1Price":"85012.30","ask1Size":"10.470","preOpenPrice":"","preQty":"","curPreListingPhase":""},"cs":753843900397,"ts":1763712000583}';
export const LINEAR_TICKERS_DELTA =
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"85017.43","openInterestValue":"5091836666.09"},"cs":753843915209,"ts":1763712000883}';
export const LINEAR_TICKERS_DIRECTION =
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","tickDirection":"PlusTick"},"cs":753843915210,"ts":1763712000983}';
/** Of an inverse contract that expires. */
export const INVERSE_TICKERS =
  '{"topic":"tickers.BTCUSDZ26","type":"snapshot","data":{"symbol":"BTCUSDZ26","tickDirection":"MinusTick","lastPrice":"86026.00","prevPrice24h":"86367.00","highPrice24h":"86953.00","lowPrice24h":"85350.00","markPrice":"86023.60","indexPrice":"85066.94","openInterest":"4547176","openInterestValue":"52.67","turnover24h":"93.6816","volume24h":"8041559","deliveryTime":"2026-12-25T08:00:00Z","basisRate":"0.01600486","predictedDeliveryPrice":"0.00","nextFundingTime":"","fundingRate":"","bid1Price":"86025.00","bid1Size":"3100","ask1Price":"86027.00","ask1Size":"3095"},"cs":12321470232,"ts":1763712000099}';
export const KLINE =
  '{"topic":"kline.60.BTCUSDT","data":[{"start":1763712000000,"end":1763715599999,"interval":"60","open":"85119.9","close":"85114.3","high":"85129.9","low":"85014.2","volume":"1.576","turnover":"134147.995","confirm":false,"timestamp":1763712018440}],"ts":1763712018440,"type":"snapshot"}';
export const ALL_LIQUIDATION =
  '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1763712000578,"data":[{"T":1763712000110,"s":"BTCUSDT","S":"Buy","v":"0.846","p":"84456.10"},{"T":1763712000111,"s":"BTCUSDT","S":"Sell","v":"2","p":"86000"}]}';
export const LIQUIDATION =
  '{"data":{"price":"0.03803","side":"Buy","size":"1637","symbol":"GALAUSDT","updatedTime":1673251091822},"topic":"liquidation.GALAUSDT","ts":1673251091822,"type":"snapshot"}';

/** https://bybit-exchange.github.io/docs/v5/websocket/public/order-price-limit */
export const PRICE_LIMIT =
  '{"topic":"priceLimit.BTCUSDT","data":{"symbol":"BTCUSDT","buyLmt":"114450.00","sellLmt":"103550.00"},"ts":1763712000782}';
