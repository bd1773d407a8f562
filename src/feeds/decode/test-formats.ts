import { TRADE_FLAGS } from "../../domain/index.ts";
import * as binance from "../binance/fixtures.ts";
import { binanceFormat } from "../binance/messages.ts";
import * as bitstamp from "../bitstamp/fixtures.ts";
import { BITSTAMP_FORMAT } from "../bitstamp/messages.ts";
import * as bybit from "../bybit/fixtures.ts";
import { bybitFormat } from "../bybit/messages.ts";
import * as bybitV2 from "../bybit-v2/fixtures.ts";
import { BYBIT_V2_FORMAT } from "../bybit-v2/messages.ts";
import { ADVANCED_FORMAT } from "../coinbase/advanced-messages.ts";
import { EXCHANGE_FORMAT } from "../coinbase/exchange-messages.ts";
import * as coinbase from "../coinbase/fixtures.ts";
import * as gemini from "../gemini/fixtures.ts";
import { GEMINI_FORMAT } from "../gemini/messages.ts";
import * as kraken from "../kraken/fixtures.ts";
import { KRAKEN_V1_FORMAT } from "../kraken/v1-messages.ts";
import { KRAKEN_V2_FORMAT } from "../kraken/v2-messages.ts";
import * as krakenFutures from "../kraken-futures/fixtures.ts";
import { KRAKEN_FUTURES_FORMAT } from "../kraken-futures/messages.ts";
import * as okx from "../okx/fixtures.ts";
import { okxFormat } from "../okx/messages.ts";
import type { WireFormat } from "./wire-decoder.ts";

interface FormatCase {
  readonly name: string;
  readonly format: WireFormat;
  /** Frames of trades as they come all day. */
  readonly plain: readonly string[];
  /** Frames of trades that need the slow path. */
  readonly unusual: readonly string[];
}

/** Every wire format with its frames of trades. */
export const FORMATS: readonly FormatCase[] = [
  {
    name: "binance",
    format: binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }),
    plain: [binance.SPOT_TRADE, binance.SPOT_TRADE_BARE, binance.SPOT_AGGREGATE],
    unusual: [binance.SPOT_TRADE_OLD],
  },
  {
    name: "binance futures",
    format: binanceFormat({ channels: ["trade", "aggTrade"], flags: TRADE_FLAGS.contracts }),
    plain: [binance.FUTURES_TRADE, binance.FUTURES_INSURANCE_FUND, binance.FUTURES_AGGREGATE],
    unusual: [binance.FUTURES_NOTHING],
  },
  {
    name: "kraken v2",
    format: KRAKEN_V2_FORMAT,
    plain: [kraken.V2_UPDATE, kraken.V2_SNAPSHOT],
    unusual: [kraken.V2_EXACT],
  },
  { name: "kraken v1", format: KRAKEN_V1_FORMAT, plain: [kraken.V1_TRADES], unusual: [] },
  {
    name: "coinbase advanced",
    format: ADVANCED_FORMAT,
    plain: [coinbase.MARKET_TRADES, coinbase.MARKET_TRADES_DOCUMENTED],
    unusual: [],
  },
  { name: "coinbase exchange", format: EXCHANGE_FORMAT, plain: [coinbase.MATCH, coinbase.LAST_MATCH], unusual: [] },
  {
    name: "bybit",
    format: bybitFormat({ marketFlags: 0 }),
    plain: [bybit.LINEAR_TRADES, bybit.SPOT_TRADES_IN_ORDER, bybit.LINEAR_TRADES_OLD],
    unusual: [bybit.SPOT_TRADES],
  },
  {
    name: "bybit inverse",
    format: bybitFormat({ marketFlags: TRADE_FLAGS.contracts }),
    plain: [bybit.INVERSE_TRADES],
    unusual: [],
  },
  { name: "bybit v2", format: BYBIT_V2_FORMAT, plain: [bybitV2.TRADES], unusual: [bybitV2.TRADES_OLD] },
  {
    name: "okx",
    format: okxFormat({ channels: ["trades", "trades-all"] }),
    plain: [okx.SPOT_TRADE, okx.SWAP_TRADES, okx.FUTURE_TRADE_OLD, okx.SINGLE_TRADE],
    unusual: [okx.SPOT_TRADE_REORDERED],
  },
  {
    name: "kraken futures",
    format: KRAKEN_FUTURES_FORMAT,
    plain: [krakenFutures.TRADE, krakenFutures.LINEAR_TRADE],
    unusual: [krakenFutures.ASSIGNMENT, krakenFutures.TRADE_SNAPSHOT],
  },
  {
    name: "bitstamp",
    format: BITSTAMP_FORMAT,
    plain: [bitstamp.TRADE, bitstamp.TRADE_SOLD],
    unusual: [bitstamp.TRADE_OLD],
  },
  {
    name: "gemini",
    format: GEMINI_FORMAT,
    plain: [gemini.TRADE, gemini.TRADE_SOLD],
    unusual: [gemini.BLOCK_TRADE, gemini.FIRST_UPDATES],
  },
];

export const SYMBOLS: readonly string[] = [
  "BTCUSDT",
  "ETHUSDT",
  "BTCUSD_PERP",
  "BTC/USD",
  "DOGE/USD",
  "XBT/USD",
  "BTC-USD",
  "ETH-USD",
  "BTCUSD",
  "ETHUSD",
  "BTC-USDT",
  "BTC-USDT-SWAP",
  "BTC-USD-220624",
  "PI_XBTUSD",
  "PF_XBTUSD",
  "FI_XBTUSD_261225",
  "btcusd",
  "ethusd",
];
