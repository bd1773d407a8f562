import type { Column, ImportFormat } from "../format.ts";

/*
 * Klines of Binance's public dumps: BTCUSDT-1m-2025-01-15.zip, one row a candle: opening time, open, high, low, close,
 * volume, closing time, quote volume, number of trades, volume and quote volume whose aggressor bought, and a column that
 * says nothing. Times, headers and zips as those of trades (binance.ts).
 *
 * On COIN-M the volume counts contracts, and what stands where the quote volume stands is base volume: it is not kept.
 *
 * https://github.com/binance/binance-public-data#klines
 */
const TIME: Column = { names: ["open_time", "open time"], role: { kind: "time", unit: "ms-or-us" } };

function field(name: string, ...names: readonly string[]): Column {
  return { names, role: { kind: "field", name } };
}

const PRICES: readonly Column[] = [
  field("open", "open"),
  field("high", "high"),
  field("low", "low"),
  field("close", "close"),
  field("volume", "volume"),
  { names: ["close_time", "close time"] },
];
const TRADES = field("trades", "count", "number_of_trades", "number of trades");
const BOUGHT = field("buyVolume", "taker_buy_volume", "taker_buy_base_asset_volume", "taker buy base asset volume");
const QUOTE_NAMES = ["quote_volume", "quote_asset_volume", "quote asset volume"];
const BOUGHT_QUOTE_NAMES = ["taker_buy_quote_volume", "taker_buy_quote_asset_volume", "taker buy quote asset volume"];
const IGNORED: Column = { names: ["ignore"] };

const COLUMNS: readonly Column[] = [
  TIME,
  ...PRICES,
  field("quoteVolume", ...QUOTE_NAMES),
  TRADES,
  BOUGHT,
  field("buyQuoteVolume", ...BOUGHT_QUOTE_NAMES),
  IGNORED,
];
const CONTRACT_COLUMNS: readonly Column[] = [
  TIME,
  ...PRICES,
  { names: QUOTE_NAMES },
  TRADES,
  BOUGHT,
  { names: BOUGHT_QUOTE_NAMES },
  IGNORED,
];

const MARKETS = [
  { id: "", feed: "binance", name: "Binance spot", columns: COLUMNS },
  { id: "usdm-", feed: "binance-usdm", name: "Binance USD-M futures", columns: COLUMNS },
  { id: "coinm-", feed: "binance-coinm", name: "Binance COIN-M futures", columns: CONTRACT_COLUMNS },
] as const;

/** BTCUSDT-1m-2025-01-15.zip, BTCUSD_PERP-1d-2024-03.csv */
const NAME = /^(?<symbol>[A-Z0-9_]+)-(?<interval>\d+(?:s|m|h|d|w|mo))-(?<date>\d{4}-\d{2}(?:-\d{2})?)\.(?:csv|zip)$/;

export const BINANCE_KLINES: readonly ImportFormat[] = MARKETS.map(({ id, feed, name, columns }) => ({
  id: `binance-${id}klines`,
  name: `${name}: public dump of klines`,
  documentation: "https://github.com/binance/binance-public-data#klines",
  venue: undefined,
  spelling: [feed],
  fileName: NAME,
  venueData: "candle",
  text: "csv",
  delimiter: ",",
  header: "optional",
  columns,
  flags: 0,
}));
