import type { BookReader } from "../../domain/index.ts";
import { binance, binanceCoinm, binanceUsdm } from "../binance/binance.ts";
import { createBinanceBookReader } from "../binance/book-reader.ts";
import { createLevelsReader } from "../bitstamp/book-reader.ts";
import * as bitstamp from "../bitstamp/fixtures.ts";
import { BOOK_CHANNELS as BYBIT_CHANNELS } from "../bybit/book-channels.ts";
import { bybitBookFormat } from "../bybit/book-reader.ts";
import { bybitV2BookFormat } from "../bybit-v2/book-reader.ts";
import * as bybitV2 from "../bybit-v2/fixtures.ts";
import { advancedBookFormat } from "../coinbase/advanced-book-reader.ts";
import { exchangeBookFormat } from "../coinbase/exchange-book-reader.ts";
import type { Feed } from "../feed.ts";
import { geminiBookFormat } from "../gemini/book-reader.ts";
import * as gemini from "../gemini/fixtures.ts";
import { v1BookFormat } from "../kraken/v1-book-reader.ts";
import { v2BookFormat } from "../kraken/v2-book-reader.ts";
import { krakenFuturesBookFormat } from "../kraken-futures/book-reader.ts";
import * as krakenFutures from "../kraken-futures/fixtures.ts";
import { okxBookFormat } from "../okx/book-reader.ts";
import { type BookFormat, createBookReader } from "./book-desk.ts";

/* Frames of our own making, in the grammar that the venues document and send. */

interface BookFormatCase {
  readonly name: string;
  readonly create: (options: { readonly onlySlowly: boolean }) => BookReader;
  /** A snapshot, then what goes on from it: messages as they come all day. */
  readonly plain: readonly string[];
  /** Whole messages that take the slow path. */
  readonly unusual: readonly string[];
  /** The symbols in them. */
  readonly symbols: readonly string[];
  /** The answer to a request for a snapshot, to be taken first. */
  readonly snapshot?: { readonly url: string; readonly body: string };
}

function readerOf<S>(format: () => BookFormat<S>): BookFormatCase["create"] {
  return (options) => createBookReader(format(), options);
}

function binanceReader({ books }: Feed, names: readonly string[]): BookFormatCase["create"] {
  const channels = (books?.channels ?? []).filter(({ name }) => names.includes(name));
  return (options) => createBinanceBookReader({ channels, ...options });
}

export const BOOK_FORMATS: readonly BookFormatCase[] = [
  {
    name: "binance",
    create: binanceReader(binance, ["depth@100ms", "bookTicker"]),
    symbols: ["BTCUSDT"],
    snapshot: {
      url: "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000",
      body: '{"lastUpdateId":160,"bids":[["85012.33000000","10.00000000"],["85012.32000000","0.00100000"]],"asks":[["85012.34000000","1.50000000"]]}',
    },
    plain: [
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1763712000100,"s":"BTCUSDT","U":157,"u":165,"b":[["85012.33000000","10.00000000"],["85012.31000000","0.00000000"]],"a":[["85012.35000000","2.00000000"]]}}',
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1763712000200,"s":"BTCUSDT","U":166,"u":166,"b":[],"a":[["85012.34000000","0.00000000"]]}}',
      '{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"85012.33000000","B":"31.21000000","a":"85012.34000000","A":"40.66000000"}}',
    ],
    unusual: [
      '{"e":"depthUpdate","E":1763712000300123,"s":"BTCUSDT","U":167,"u":167,"b":[["85012.3","1e-3"]],"a":[]}',
      '{"u":400900218,"s":"BTCUSDT","b":"0.00000000","B":"0.00000000","a":"85012.34000000","A":"40.66000000"}',
    ],
  },
  {
    name: "binance partial depth",
    create: binanceReader(binance, ["depth5@100ms"]),
    symbols: ["BTCUSDT"],
    plain: [
      '{"stream":"btcusdt@depth5@100ms","data":{"lastUpdateId":160,"bids":[["85012.33000000","10.00000000"]],"asks":[["85012.34000000","1.50000000"],["85012.40000000","3.00000000"]]}}',
    ],
    unusual: [],
  },
  {
    name: "binance usdm",
    create: binanceReader(binanceUsdm, ["depth", "bookTicker"]),
    symbols: ["BTCUSDT"],
    snapshot: {
      url: "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000",
      body: '{"lastUpdateId":1027024,"E":1763712000100,"T":1763712000090,"bids":[["85012.30","431.000"]],"asks":[["85012.40","12.000"]]}',
    },
    plain: [
      '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1763712000110,"T":1763712000108,"s":"BTCUSDT","U":1027030,"u":1027044,"pu":1027020,"b":[["85012.20","0.500"]],"a":[["85012.40","0.000"],["85012.50","3.000"]]}}',
      '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1763712000360,"T":1763712000350,"s":"BTCUSDT","U":1027060,"u":1027080,"pu":1027044,"b":[],"a":[]}}',
      '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":1027090,"s":"BTCUSDT","b":"85012.30","B":"431.000","a":"85012.50","A":"3.000","T":1763712000400,"E":1763712000405}}',
    ],
    unusual: [],
  },
  {
    name: "binance coinm",
    create: binanceReader(binanceCoinm, ["depth@500ms", "depth10", "bookTicker"]),
    symbols: ["BTCUSD_PERP"],
    snapshot: {
      url: "https://dapi.binance.com/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000",
      body: '{"lastUpdateId":1027024,"E":1763712000100,"T":1763712000090,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[["85012.3","431"]],"asks":[["85012.4","12"]]}',
    },
    plain: [
      '{"stream":"btcusd_perp@depth@500ms","data":{"e":"depthUpdate","E":1763712000110,"T":1763712000108,"s":"BTCUSD_PERP","ps":"BTCUSD","U":1027030,"u":1027044,"pu":1027024,"b":[["85012.2","5"]],"a":[]}}',
      '{"stream":"btcusd_perp@depth10","data":{"e":"depthUpdate","E":1763712000110,"T":1763712000108,"s":"BTCUSD_PERP","ps":"BTCUSD","U":1027045,"u":1027050,"pu":1027044,"b":[["85012.2","5"]],"a":[["85012.3","7"]]}}',
      '{"stream":"btcusd_perp@bookTicker","data":{"u":1027060,"e":"bookTicker","s":"BTCUSD_PERP","ps":"BTCUSD","b":"85012.2","B":"35","a":"85012.3","A":"1645","T":1763712000465,"E":1763712000476}}',
    ],
    unusual: [],
  },
  {
    name: "kraken v2",
    create: readerOf(() => v2BookFormat({ channels: ["book-10", "ticker"] })),
    symbols: ["BTC/USD"],
    plain: [
      '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":85012.3,"qty":1.59719228},{"price":85012.0,"qty":0.50000000}],"asks":[{"price":85012.5,"qty":2.00000000}],"checksum":3726153463,"timestamp":"2025-11-21T08:00:00.100000Z"}]}',
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":85012.0,"qty":0.00000000}],"asks":[{"price":85012.4,"qty":0.25000000}],"checksum":2532652056,"timestamp":"2025-11-21T08:00:00.200000Z"}]}',
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":85012.4,"qty":0.75000000}],"checksum":1,"timestamp":"2025-11-21T08:00:00.3Z"}]}',
    ],
    unusual: [
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":85012.1,"qty":5e-05}],"asks":[],"checksum":7},{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":8}]}',
      '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":85012.3,"bid_qty":0.5,"ask":85012.4,"ask_qty":1.25,"last":85012.3,"volume":1234.5,"vwap":85000.1,"low":84000.0,"high":86000.0,"change":12.3,"change_pct":0.01}]}',
    ],
  },
  {
    name: "kraken v1",
    create: readerOf(() => v1BookFormat({ channels: ["book-10", "spread", "ticker"] })),
    symbols: ["XBT/USD"],
    plain: [
      '[336,{"as":[["85012.50000","2.00000000","1763712000.123456"]],"bs":[["85012.30000","1.50000000","1763711999.200000"],["85012.00000","0.10000000","1763711990.2"]]},"book-10","XBT/USD"]',
      '[336,{"a":[["85012.50000","0.00000000","1763712000.200001"],["85012.60000","1.00000000","1763711000.5","r"]],"c":"974942666"},"book-10","XBT/USD"]',
      '[336,{"a":[["85012.40000","0.50000000","1763712000.300000"]]},{"b":[["85012.30000","0.00000000","1763712000.400000"]],"c":"974942667"},"book-10","XBT/USD"]',
      '[336,{"b":[["85012.20000","3.00000000","1763712000.5"]],"c":"12"},"book-10","XBT/USD"]',
    ],
    unusual: [
      '[341,["85012.30000","85012.40000","1763712000.123456","1.50000000","2.00000000"],"spread","XBT/USD"]',
      '[340,{"a":["85012.40000",1,"1.00000000"],"b":["85012.30000",1,"1.50000000"],"c":["85012.30000","0.10000000"]},"ticker","XBT/USD"]',
    ],
  },
  {
    name: "coinbase advanced",
    create: readerOf(() => advancedBookFormat({ channels: ["level2"] })),
    symbols: ["BTC-USD"],
    plain: [
      '{"channel":"l2_data","timestamp":"2025-11-21T08:00:00.2Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2025-11-21T08:00:00.1Z","price_level":"85012.33","new_quantity":"0.2"},{"side":"offer","event_time":"2025-11-21T08:00:00.1Z","price_level":"85012.4","new_quantity":"1"}]}]}',
      '{"channel":"l2_data","client_id":"","timestamp":"2025-11-21T08:00:00.228568804Z","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2025-11-21T08:00:00.123456Z","price_level":"85012.33","new_quantity":"0"}]}]}',
    ],
    unusual: [
      '{"channel":"heartbeats","timestamp":"2025-11-21T08:00:00.856364007Z","sequence_num":2,"events":[{"current_time":"2025-11-21 08:00:00.854840045 +0000 UTC m=+41691.260485341","heartbeat_counter":41691}]}',
      '{"channel":"l2_data","timestamp":"2025-11-21T08:00:01Z","sequence_num":3,"events":[{"type":"update","product_id":"BTC-USD","updates":[]},{"type":"update","product_id":"BTC-USD","updates":[{"side":"offer","event_time":"2025-11-21T08:00:00.123456Z","price_level":"85013","new_quantity":"1"},{"side":"offer","event_time":"2025-11-21T08:00:00.123457Z","price_level":"85014","new_quantity":"1"}]}]}',
    ],
  },
  {
    name: "coinbase exchange",
    create: readerOf(() => exchangeBookFormat({ channels: ["level2_batch"] })),
    symbols: ["BTC-USD"],
    plain: [
      '{"type":"snapshot","product_id":"BTC-USD","asks":[["85012.40","1.50000000"]],"bids":[["85012.33","10.00000000"],["85012.00","0.10000000"]]}',
      '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","85012.33","0.00"],["sell","85012.39","0.25"]],"time":"2025-11-21T08:00:00.104123Z"}',
      '{"type":"snapshot","product_id":"BTC-USD","bids":[["85012.33","10.00000000"]],"asks":[["85012.40","1.50000000"]],"time":"2025-11-21T08:00:01Z"}',
    ],
    unusual: ['{"product_id":"BTC-USD","type":"l2update","changes":[],"time":"2025-11-21T08:00:00.104123Z"}'],
  },
  {
    name: "bybit",
    create: readerOf(() => bybitBookFormat({ channels: BYBIT_CHANNELS.map(({ name }) => name) })),
    symbols: ["BTCUSDT"],
    plain: [
      '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1763712000350,"data":{"s":"BTCUSDT","b":[["85012.20","1.000"],["85012.10","0.004"]],"a":[["85012.30","2.500"]],"u":24042997,"seq":209972815373},"cts":1763712000349}',
      '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1763712000370,"data":{"s":"BTCUSDT","b":[["85012.20","0"]],"a":[],"u":24042998,"seq":209972815380},"cts":1763712000369}',
      '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1763712000390,"data":{"s":"BTCUSDT","b":[],"a":[["85012.40","1"]],"u":24042999,"seq":209972815390}}',
      '{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1763712000350,"data":{"s":"BTCUSDT","b":[["85012.2","1"]],"a":[["85012.3","2"]],"u":24042997,"seq":209972815373},"cts":1763712000349}',
    ],
    unusual: [
      '{"topic":"orderbook.50.BTCUSDT","ts":1763712000400,"type":"delta","data":{"s":"BTCUSDT","b":[["85012.1","5"]],"a":[],"u":24043000,"seq":1},"cts":1763712000399}',
    ],
  },
  {
    name: "okx",
    create: readerOf(() => okxBookFormat({ channels: ["books", "books5", "bbo-tbt"] })),
    symbols: ["BTC-USDT"],
    plain: [
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["85012.4","1","0","1"]],"bids":[["85012.3","2.5","0","3"],["85012","0.25","0","1"]],"ts":"1763712000350","checksum":-855196043,"prevSeqId":-1,"seqId":10}]}',
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[["85012.3","0","0","0"]],"ts":"1763712000450","checksum":855196044,"prevSeqId":10,"seqId":15}]}',
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1763712060450","checksum":0,"prevSeqId":15,"seqId":15}]}',
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["85012.5","1","0","1"]],"bids":[],"ts":"1763712060460","checksum":12}]}',
      '{"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["85012.4","1","0","1"]],"bids":[["85012.3","2.5","0","3"]],"instId":"BTC-USDT","ts":"1763712000350","seqId":123}]}',
      '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["85012.4","1","0","1"]],"bids":[["85012.3","2.5","0","3"]],"ts":"1763712000350","seqId":124}]}',
    ],
    unusual: [
      '{"arg":{"instId":"BTC-USDT","channel":"books"},"action":"update","data":[{"asks":[["85012.4","0","0","0"]],"bids":[],"ts":"1763712000550","checksum":7,"seqId":17,"prevSeqId":15}]}',
    ],
  },
  {
    name: "kraken futures",
    create: readerOf(() => krakenFuturesBookFormat({ channels: ["book"] })),
    symbols: ["PI_XBTUSD"],
    plain: [krakenFutures.BOOK_SNAPSHOT, krakenFutures.BOOK_CHANGE, krakenFutures.BOOK_CHANGE_NEXT],
    unusual: [
      '{"feed":"book","product_id":"PI_XBTUSD","side":"buy","price":84890,"qty":1e3,"seq":326072252,"timestamp":1763712000961}',
    ],
  },
  {
    name: "bitstamp",
    create: (options) => createLevelsReader({ channels: ["diff_order_book", "order_book"], ...options }),
    symbols: ["btcusd"],
    plain: [bitstamp.DIFFERENCE, bitstamp.DIFFERENCE_NEXT, bitstamp.BEST_LEVELS],
    unusual: [
      '{"event":"data","channel":"diff_order_book_btcusd","data":{"microtimestamp":"1763712000350000","bids":[["85012.30","1e-3"]],"asks":[]}}',
    ],
  },
  {
    name: "gemini",
    create: readerOf(() => geminiBookFormat({ channels: ["l2"] })),
    symbols: ["BTCUSD"],
    plain: [gemini.FIRST_UPDATES, gemini.UPDATES],
    unusual: ['{"symbol":"BTCUSD","type":"l2_updates","changes":[["sell","85012.36","1e-3"]]}'],
  },
  {
    name: "bybit v2",
    create: readerOf(() => bybitV2BookFormat({ channels: ["orderBookL2_25"] })),
    symbols: ["BTCUSD"],
    plain: [bybitV2.ORDER_BOOK_SNAPSHOT, bybitV2.ORDER_BOOK_CHANGES],
    unusual: [],
  },
];
