/** An asset of the simulated market. All share one factor; `beta` says how much of it. */
export interface MarketAsset {
  readonly name: string;
  /** Where the price starts, in US dollars. */
  readonly priceUsd: number;
  /** Standard deviation of the asset's own log price over a year. */
  readonly volatility: number;
  readonly beta: number;
  /** Its share of all trades, in any unit. */
  readonly weight: number;
  /** Dollars in the middle one of its orders. */
  readonly medianUsd: number;
}

/** A listing of the simulated market: an asset at a venue, with that venue's grid of prices and sizes. */
export interface MarketListing {
  /** Place in `MARKET_LISTINGS`. */
  readonly index: number;
  readonly venue: string;
  readonly asset: MarketAsset;
  /** The symbol on the wire of each feed that carries it. */
  readonly symbols: Readonly<Record<string, string>>;
  /** Prices are whole multiples of `tick` × 10^-priceScale; the scale is also how many digits are printed. */
  readonly priceScale: number;
  readonly tick: number;
  readonly sizeScale: number;
  readonly lot: number;
  /** US dollars that one whole unit of size stands for where it counts contracts; undefined: units of the asset. */
  readonly contractUsd: number | undefined;
  readonly weight: number;
}

const asset = (
  name: string,
  priceUsd: number,
  volatility: number,
  beta: number,
  weight: number,
  medianUsd = 400,
): MarketAsset => ({ name, priceUsd, volatility, beta, weight, medianUsd });
const BTC = asset("BTC", 65_000, 0.25, 1, 40);
const ETH = asset("ETH", 1_920, 0.35, 1.25, 25);
const SOL = asset("SOL", 77.3, 0.55, 1.5, 12);
const XRP = asset("XRP", 0.62, 0.5, 1.2, 8);
const DOGE = asset("DOGE", 0.0815, 0.6, 1.4, 7);
const ADA = asset("ADA", 0.45, 0.5, 1.3, 3);
const LTC = asset("LTC", 84, 0.4, 1.1, 2);
const LINK = asset("LINK", 13.7, 0.5, 1.3, 2);
/** Priced so low and traded in so many that neither number fits where ordinary ones do. */
const PICO = asset("PICO", 1.2345e-13, 0.9, 1.5, 1, 1.5);

/** Grid of one asset at one venue: [asset, priceScale, tick, sizeScale, lot]. */
type Grid = readonly [MarketAsset, number, number, number, number];

const BINANCE: readonly Grid[] = [
  [BTC, 8, 1_000_000, 8, 1_000],
  [ETH, 8, 1_000_000, 8, 10_000],
  [SOL, 8, 1_000_000, 8, 100_000],
  [XRP, 8, 10_000, 8, 10_000_000],
  [DOGE, 8, 1_000, 8, 100_000_000],
  [ADA, 8, 10_000, 8, 10_000_000],
  [LTC, 8, 1_000_000, 8, 100_000],
  [LINK, 8, 1_000_000, 8, 1_000_000],
  [PICO, 17, 1, 0, 1_000_000],
];
const BINANCE_USDM: readonly Grid[] = [
  [BTC, 2, 10, 3, 1],
  [ETH, 2, 1, 3, 1],
  [SOL, 4, 100, 0, 1],
  [XRP, 4, 1, 1, 1],
  [DOGE, 6, 10, 0, 1],
];
const BINANCE_COINM: readonly Grid[] = [
  [BTC, 1, 1, 0, 1],
  [ETH, 2, 1, 0, 1],
];
const KRAKEN: readonly Grid[] = [
  [BTC, 1, 1, 8, 1],
  [ETH, 2, 1, 8, 1],
  [SOL, 2, 1, 8, 1],
  [XRP, 5, 1, 8, 1],
  [DOGE, 7, 1, 8, 1],
  [ADA, 6, 1, 8, 1],
  [LTC, 2, 1, 8, 1],
  [LINK, 5, 1, 8, 1],
];
const COINBASE: readonly Grid[] = [
  [BTC, 2, 1, 8, 1],
  [ETH, 2, 1, 8, 1],
  [SOL, 2, 1, 8, 1],
  [XRP, 4, 1, 6, 1],
  [DOGE, 5, 1, 1, 1],
  [ADA, 4, 1, 8, 1],
  [LTC, 2, 1, 8, 1],
  [LINK, 3, 1, 2, 1],
];
const BYBIT: readonly Grid[] = [
  [BTC, 2, 1, 6, 1],
  [ETH, 2, 1, 5, 1],
  [SOL, 2, 1, 3, 1],
  [XRP, 4, 1, 2, 1],
  [DOGE, 5, 1, 1, 1],
  [ADA, 4, 1, 2, 1],
  [LTC, 2, 1, 5, 1],
  [LINK, 3, 1, 3, 1],
  [PICO, 17, 1, 0, 1_000_000],
];
const BYBIT_LINEAR: readonly Grid[] = [
  [BTC, 2, 10, 3, 1],
  [ETH, 2, 1, 2, 1],
  [SOL, 3, 10, 1, 1],
  [XRP, 4, 1, 0, 1],
  [DOGE, 5, 1, 0, 1],
];

const BYBIT_INVERSE: readonly Grid[] = [
  [BTC, 2, 50, 0, 1],
  [ETH, 2, 5, 0, 1],
  [XRP, 4, 1, 0, 1],
];
const OKX_SPOT: readonly Grid[] = [
  [BTC, 1, 1, 8, 1],
  [ETH, 2, 1, 6, 1],
  [SOL, 2, 1, 6, 1],
  [XRP, 4, 1, 6, 1],
  [DOGE, 5, 1, 6, 1],
];
const OKX_SWAP: readonly Grid[] = [
  [BTC, 1, 1, 0, 1],
  [ETH, 2, 1, 0, 1],
];
const KRAKEN_FUTURES_INVERSE: readonly Grid[] = [
  [BTC, 1, 5, 0, 1],
  [ETH, 2, 5, 0, 1],
];
const KRAKEN_FUTURES_LINEAR: readonly Grid[] = [
  [BTC, 1, 5, 4, 1],
  [ETH, 2, 5, 3, 1],
  [SOL, 3, 10, 2, 1],
];
const BITSTAMP: readonly Grid[] = [
  [BTC, 2, 100, 8, 1],
  [ETH, 2, 10, 8, 1],
  [XRP, 5, 1, 8, 1],
  [LTC, 2, 1, 8, 1],
];
const GEMINI: readonly Grid[] = [
  [BTC, 2, 1, 8, 1],
  [ETH, 2, 1, 6, 1],
  [SOL, 3, 1, 6, 1],
  [DOGE, 5, 1, 6, 1],
];

/** Kraken's older protocol has its own names for two assets. */
const KRAKEN_V1_NAMES: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };
const hundredOrTen = (base: string): number => (base === "BTC" ? 100 : 10);

interface VenueGrid {
  readonly venue: string;
  readonly share: number;
  readonly grid: readonly Grid[];
  readonly symbols: (base: string) => Readonly<Record<string, string>>;
  /** US dollars of one contract, where sizes count contracts. */
  readonly contractUsd?: (base: string) => number;
}

const VENUES: readonly VenueGrid[] = [
  { venue: "binance", share: 5, grid: BINANCE, symbols: (base) => ({ binance: `${base}USDT` }) },
  { venue: "binance-usdm", share: 6, grid: BINANCE_USDM, symbols: (base) => ({ "binance-usdm": `${base}USDT` }) },
  {
    venue: "binance-coinm",
    share: 1,
    grid: BINANCE_COINM,
    symbols: (base) => ({ "binance-coinm": `${base}USD_PERP` }),
    contractUsd: hundredOrTen,
  },
  {
    venue: "kraken",
    share: 1,
    grid: KRAKEN,
    symbols: (base) => ({ kraken: `${base}/USD`, "kraken-v1": `${KRAKEN_V1_NAMES[base] ?? base}/USD` }),
  },
  {
    venue: "coinbase",
    share: 2,
    grid: COINBASE,
    symbols: (base) => ({ coinbase: `${base}-USD`, "coinbase-exchange": `${base}-USD` }),
  },
  { venue: "bybit", share: 2, grid: BYBIT, symbols: (base) => ({ bybit: `${base}USDT` }) },
  { venue: "bybit-linear", share: 3, grid: BYBIT_LINEAR, symbols: (base) => ({ "bybit-linear": `${base}USDT` }) },
  {
    venue: "bybit-inverse",
    share: 1,
    grid: BYBIT_INVERSE,
    symbols: (base) => ({ "bybit-inverse": `${base}USD`, "bybit-v2": `${base}USD` }),
    contractUsd: () => 1,
  },
  { venue: "okx", share: 3, grid: OKX_SPOT, symbols: (base) => ({ okx: `${base}-USDT` }) },
  {
    venue: "okx",
    share: 1,
    grid: OKX_SWAP,
    symbols: (base) => ({ okx: `${base}-USD-SWAP` }),
    contractUsd: hundredOrTen,
  },
  {
    venue: "kraken-futures",
    share: 1,
    grid: KRAKEN_FUTURES_INVERSE,
    symbols: (base) => ({ "kraken-futures": `PI_${KRAKEN_V1_NAMES[base] ?? base}USD` }),
    contractUsd: () => 1,
  },
  {
    venue: "kraken-futures",
    share: 2,
    grid: KRAKEN_FUTURES_LINEAR,
    symbols: (base) => ({ "kraken-futures": `PF_${KRAKEN_V1_NAMES[base] ?? base}USD` }),
  },
  {
    venue: "bitstamp",
    share: 1,
    grid: BITSTAMP,
    symbols: (base) => ({ bitstamp: `${base}USD`.toLowerCase() }),
  },
  { venue: "gemini", share: 1, grid: GEMINI, symbols: (base) => ({ gemini: `${base}USD` }) },
];

/** Every listing that the simulated market has. Appending is safe; any other change alters what a seed gives. */
export const MARKET_LISTINGS: readonly MarketListing[] = VENUES.flatMap(
  ({ venue, share, grid, symbols, contractUsd }) =>
    grid.map(([base, priceScale, tick, sizeScale, lot]) => ({
      index: 0,
      venue,
      asset: base,
      symbols: symbols(base.name),
      priceScale,
      tick,
      sizeScale,
      lot,
      contractUsd: contractUsd?.(base.name),
      weight: base.weight * share,
    })),
).map((listing, index) => ({ ...listing, index }));
