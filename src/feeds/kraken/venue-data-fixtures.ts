/** Frames of channels beside trades and books, of our own making, in the grammar that Kraken documents and sends. */

export const V2_TICKER =
  '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":85012.3,"bid_qty":0.00010000,"ask":85012.4,"ask_qty":1.50000000,"last":85012.4,"volume":2604.11750000,"vwap":84950.1,"low":84000.0,"high":86000.1,"change":-812.6,"change_pct":-0.95,"timestamp":"2025-11-21T08:00:00.123456Z"}]}';
export const V2_OHLC =
  '{"channel":"ohlc","type":"update","timestamp":"2025-11-21T08:03:12.524394914Z","data":[{"symbol":"DOGE/USD","open":0.1500001,"high":0.1500009,"low":1e-1,"close":0.1500002,"trades":12,"volume":30927.68066226,"vwap":0.1500003,"interval_begin":"2025-11-21T08:00:00.000000000Z","interval":5,"timestamp":"2025-11-21T08:05:00.000000Z"}]}';
export const V2_INSTRUMENT =
  '{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD","status":"enabled","precision":4,"precision_display":2,"borrowable":true,"collateral_value":1.0,"margin_rate":0.025}],"pairs":[{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"post_only","qty_precision":8,"qty_increment":1e-08,"price_precision":1,"cost_precision":5,"marginable":true,"has_index":true,"cost_min":0.5,"tick_size":0.1,"price_increment":0.1,"qty_min":0.00005},{"symbol":"EUR/USD","base":"EUR","quote":"USD","status":"online","qty_precision":8,"qty_increment":1e-08,"price_precision":5,"cost_precision":5,"marginable":false,"has_index":true,"cost_min":0.5,"tick_size":1e-05,"price_increment":1e-05,"qty_min":0.5}]}}';
export const V2_STATUS =
  '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"maintenance","api_version":"v2","connection_id":13834774380200032777}]}';
export const V1_TICKER =
  '[340,{"a":["85012.40000",1,"1.50000000"],"b":["85012.30000",0,"0.00010000"],"c":["85012.40000","0.01000000"],"v":["911.50000000","2604.11750000"],"p":["84800.10000","84950.10000"],"t":[5120,23019],"l":["84100.00000","84000.00000"],"h":["85900.00000","86000.10000"],"o":["85500.00000","85825.00000"]},"ticker","XBT/USD"]';
export const V1_OHLC =
  '[42,["1763712192.748456","1763712300.000000","85012.30000","85020.00000","85000.10000","85012.40000","85010.12345","3.03373000",27],"ohlc-5","XBT/USD"]';
export const V1_STATUS =
  '{"connectionID":8628615390848610222,"event":"systemStatus","status":"online","version":"1.9.6"}';
