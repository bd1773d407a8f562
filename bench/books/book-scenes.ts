import { recordedMessages } from "../../src/feeds/decode/test-books.ts";
import { madeCoinbaseSnapshot, madeDepth } from "./made-frames.ts";
import type { CcxtMarket } from "./peer-keepers.ts";
import { packed, type SceneFrame } from "./scene-frame.ts";

/** A run of frames of one venue's books, and who can keep them. */
export interface BookScene {
  readonly name: string;
  readonly feed: string;
  readonly channel: string;
  /** Books that are looked at in the end, as the venue names them. */
  readonly symbols: readonly string[];
  /** undefined where the recording is not on this machine. */
  readonly frames: () => readonly SceneFrame[] | undefined;
  /** The exchange's name in tardis-dev, where it maps this shape. */
  readonly tardis?: string;
  readonly ccxt?: CcxtMarket;
}

const HFT = "ws/binance/hftbacktest";
const ADVANCED = "ws/coinbase/advanced-trade-20260809-part1.jsonl.gz";
const BINANCE_SPOT = "wss://stream.binance.com:9443/stream";
const BINANCE_USDM = "wss://fstream.binance.com/ws";
const BINANCE_COINM = "wss://dstream.binance.com/ws";

const V1_PAIRS = [
  "XBT/CHF",
  "XMR/USD",
  "WAVES/EUR",
  "OMG/USD",
  "SC/EUR",
  "ADA/XBT",
  "ETH/CHF",
  "KSM/XBT",
  "GRT/ETH",
  "OCEAN/XBT",
];
const EXCHANGE_PRODUCTS = [
  "SKL-USD",
  "DASH-BTC",
  "SKL-BTC",
  "BAND-BTC",
  "NMR-EUR",
  "CRV-EUR",
  "YFI-BTC",
  "BAND-GBP",
  "SKL-GBP",
  "NU-GBP",
];

export const BOOK_SCENES: readonly BookScene[] = [
  {
    name: "Binance spot depth, recorded",
    ...{ feed: "binance", channel: "depth@100ms", symbols: ["BTCUSDT"], tardis: "binance" },
    frames: () => binance(`${HFT}/spot_btcusdt_20240808.gz`, "BTCUSDT"),
    ccxt: { exchange: "binance", url: BINANCE_SPOT, symbols: ["BTCUSDT"], kind: "spot", isCombined: true },
  },
  {
    name: "Binance USD-M depth, recorded",
    ...{ feed: "binance-usdm", channel: "depth@0ms", symbols: ["BTCUSDT"], tardis: "binance-futures" },
    frames: () => binance(`${HFT}/usdm_btcusdt_20240808.gz`, "BTCUSDT"),
    ccxt: { exchange: "binance", url: BINANCE_USDM, symbols: ["BTCUSDT"], kind: "swap", isCombined: true },
  },
  {
    name: "Binance COIN-M depth, recorded",
    ...{ feed: "binance-coinm", channel: "depth@0ms", symbols: ["BTCUSD_PERP"], tardis: "binance-delivery" },
    frames: () => binance(`${HFT}/cm_btcusd_perp_20240808.gz`, "BTCUSD_PERP"),
    ccxt: { exchange: "binance", url: BINANCE_COINM, symbols: ["BTCUSD_PERP"], kind: "swap", isCombined: true },
  },
  {
    name: "Kraken v2 book-25, recorded",
    ...{ feed: "kraken", channel: "book-25", symbols: ["BTC/USD"] },
    frames: () =>
      received("ws/kraken/v2-book/kraken_btcusd_sample.jsonl.gz", (text) => text.startsWith('{"channel":"book"')),
    ccxt: { exchange: "kraken", url: "wss://ws.kraken.com/v2", symbols: ["BTC/USD"], kind: "spot" },
  },
  {
    name: "Kraken v1 book-1000, recorded",
    ...{ feed: "kraken-v1", channel: "book-1000", symbols: V1_PAIRS, tardis: "kraken" },
    frames: () =>
      received(
        "ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz",
        (text) => text.startsWith("[") && text.includes('"book-1000",'),
      ),
  },
  {
    name: "Bybit linear orderbook.200, recorded",
    ...{ feed: "bybit-linear", channel: "orderbook.200", symbols: ["BTCUSDT", "ETHUSDT"], tardis: "bybit" },
    frames: () =>
      received("ws/bybit/v5-linear-20260809.jsonl.gz", (text) => text.startsWith('{"topic":"orderbook.200.')),
    ccxt: {
      ...{ exchange: "bybit", url: "wss://stream.bybit.com/v5/public/linear", kind: "swap" },
      symbols: ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"],
    },
  },
  {
    name: "Coinbase Advanced level2, recorded",
    ...{ feed: "coinbase", channel: "level2", symbols: ["BTC-USD", "ETH-USD"] },
    frames: advanced,
    ccxt: {
      ...{ exchange: "coinbase", url: "wss://advanced-trade-ws.coinbase.com", kind: "spot" },
      symbols: ["BTC-USD", "ETH-USD"],
    },
  },
  {
    name: "Coinbase Exchange level2, recorded",
    ...{ feed: "coinbase-exchange", channel: "level2", symbols: EXCHANGE_PRODUCTS, tardis: "coinbase" },
    frames: () =>
      received("ws/coinbase/exchange-feed-20210417.jsonl.gz", (text) => /^\{"type":"(?:snapshot|l2update)"/.test(text)),
    ccxt: {
      exchange: "coinbaseexchange",
      url: "wss://ws-feed.exchange.coinbase.com",
      symbols: EXCHANGE_PRODUCTS,
      kind: "spot",
    },
  },
  {
    name: "Binance spot depth, made, 20 levels a message",
    ...{ feed: "binance", channel: "depth@100ms", symbols: ["MADEUSDT"], tardis: "binance" },
    frames: () => madeDepth({ symbol: "MADEUSDT", messages: 5_000, levels: 20, depth: 1_000 }),
    ccxt: { exchange: "binance", url: BINANCE_SPOT, symbols: ["MADEUSDT"], kind: "spot", isCombined: true },
  },
  {
    name: "Binance spot depth, made, 100 levels a message",
    ...{ feed: "binance", channel: "depth@100ms", symbols: ["MADEUSDT"], tardis: "binance" },
    frames: () => madeDepth({ symbol: "MADEUSDT", messages: 1_500, levels: 100, depth: 1_000 }),
    ccxt: { exchange: "binance", url: BINANCE_SPOT, symbols: ["MADEUSDT"], kind: "spot", isCombined: true },
  },
];

/** One message that is a whole book. */
export const SNAPSHOT_SCENES: readonly BookScene[] = [
  {
    name: "Coinbase snapshot of 46,000 levels, recorded",
    ...{ feed: "coinbase", channel: "level2", symbols: ["BTC-USD"] },
    frames: recordedSnapshot,
    ccxt: {
      ...{ exchange: "coinbase", url: "wss://advanced-trade-ws.coinbase.com", kind: "spot" },
      symbols: ["BTC-USD"],
    },
  },
  {
    name: "Coinbase snapshot of 46,000 levels, made",
    ...{ feed: "coinbase", channel: "level2", symbols: ["MADE-USD"] },
    frames: () => madeCoinbaseSnapshot({ symbol: "MADE-USD", levels: 23_000 }),
    ccxt: {
      ...{ exchange: "coinbase", url: "wss://advanced-trade-ws.coinbase.com", kind: "spot" },
      symbols: ["MADE-USD"],
    },
  },
];

/** What came over the socket. */
function received(
  path: string,
  fits: (text: string) => boolean,
  isOther: (text: string) => boolean = () => false,
): readonly SceneFrame[] | undefined {
  const messages = recordedMessages(path)?.filter(({ url, text }) => url === undefined && fits(text));
  return messages && packed(messages.map(({ text }) => ({ text, isOther: isOther(text) })));
}

/** All frames of the socket: they are numbered together. */
function advanced(): readonly SceneFrame[] | undefined {
  return received(
    ADVANCED,
    () => true,
    (text) => !text.startsWith('{"channel":"l2_data"'),
  );
}

/** Those up to the first snapshot. */
function recordedSnapshot(): readonly SceneFrame[] | undefined {
  const frames = advanced();
  return frames?.slice(0, 1 + frames.findIndex(({ isOther }) => isOther !== true));
}

/** Depth events, and before them the snapshot, which the recorder fetched in their midst: all drop what it holds already. */
function binance(path: string, symbol: string): readonly SceneFrame[] | undefined {
  const texts = recordedMessages(path)?.map(({ text }) => text);
  if (texts === undefined) return undefined;
  const snapshot = texts.find((text) => text.startsWith('{"lastUpdateId"')) ?? "";
  const events = texts.filter((text) => text.includes('"depthUpdate"'));
  return packed([{ text: snapshot, snapshotOf: symbol }, ...events.map((text) => ({ text }))]);
}
