/*
 * Answers over HTTP in the documented grammar, of our own making.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
 */

export const SPOT_INFO: string =
  '{"timezone":"UTC","serverTime":1763712000123,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],"exchangeFilters":[],"symbols":[' +
  '{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[' +
  '{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},' +
  '{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},' +
  '{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"87.51234567","stepSize":"0.00000000"},' +
  '{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}],"permissions":[],"permissionSets":[]},' +
  '{"symbol":"OLDUSDT","status":"BREAK","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00000000","maxPrice":"0.00000000","tickSize":"0.00010000"},' +
  '{"filterType":"MIN_NOTIONAL","minNotional":"10.00000000","applyToMarket":true,"avgPriceMins":5}]}]}';

export const USDM_INFO: string =
  '{"timezone":"UTC","serverTime":1565613908500,"futuresType":"U_MARGINED","assets":[],"symbols":[' +
  '{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","deliveryDate":4133404800000,"onboardDate":1569398400000,"status":"TRADING","filters":[' +
  '{"filterType":"PRICE_FILTER","maxPrice":"4529764","minPrice":"556.80","tickSize":"0.10"},' +
  '{"stepSize":"0.001","filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001"},{"notional":"100","filterType":"MIN_NOTIONAL"}]},' +
  '{"symbol":"ETHUSDT_260327","contractType":"CURRENT_QUARTER","status":"SETTLING","filters":[]},' +
  '{"symbol":"NEWUSDT","contractType":"","status":"PENDING_TRADING","filters":[]}]}';

export const COINM_INFO: string =
  '{"timezone":"UTC","serverTime":1597667052958,"symbols":[{"symbol":"BTCUSD_PERP","pair":"BTCUSD","contractType":"PERPETUAL","contractStatus":"TRADING","contractSize":100,' +
  '"filters":[{"filterType":"PRICE_FILTER","maxPrice":"4520958","minPrice":"1000","tickSize":"0.1"},{"stepSize":"1","filterType":"LOT_SIZE","maxQty":"1000000","minQty":"1"}]}]}';

export const USDM_OPEN_INTEREST: string = '{"openInterest":"10659.509","symbol":"BTCUSDT","time":1763712000011}';

export const COINM_OPEN_INTEREST: string =
  '{"symbol":"BTCUSD_PERP","pair":"BTCUSD","openInterest":"15004","contractType":"PERPETUAL","time":1763712000378}';
