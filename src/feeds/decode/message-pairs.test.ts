import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { formatShortest } from "../../domain/index.ts";
import { binance, binanceUsdm } from "../binance/binance.ts";
import { bitstamp } from "../bitstamp/bitstamp.ts";
import { bybitLinear } from "../bybit/bybit.ts";
import { bybitV2 } from "../bybit-v2/bybit-v2.ts";
import { coinbaseExchange } from "../coinbase/coinbase.ts";
import type { Feed } from "../feed.ts";
import { krakenV1 } from "../kraken/kraken.ts";
import { okx } from "../okx/okx.ts";
import { CollectingContext, frame } from "./test-support.ts";

/*
 * Another implementation's reading of the same messages, field by field. Where K2 differs it means to:
 *
 * - kraken-v1: it gives no id, K2 makes one.
 * - binance-usdm 11: it drops INSURANCE_FUND prints, K2 keeps them and flags them.
 * - binance-usdm 1: an aggTrade, which it drops; here a message of another channel.
 * - bybit before v5: K2 speaks v2 of the inverse market only; linear contracts and books of that time it refuses.
 * - okx before v5 ("table"): K2 refuses them as unknown.
 * - bitstamp: it writes pairs in capitals.
 * - prices and amounts: its doubles are compared as the shortest decimal texts that they print as.
 */
interface Pair {
  readonly n: number;
  readonly inputs: readonly { readonly message: unknown }[];
  readonly expected: readonly Expected[];
}

interface Expected {
  readonly type: string;
  readonly symbol: string;
  readonly id: string | null;
  readonly price: number;
  readonly amount: number;
  readonly side: string;
  readonly timestamp: string;
}

interface Case {
  /** The file. */
  readonly name: string;
  readonly feed: Feed;
  readonly rawSymbols: readonly string[];
  readonly channels?: readonly string[];
  /** How many trades are compared. */
  readonly count: number;
  /** Numbers of the pairs that K2 reads otherwise on purpose. */
  readonly different?: readonly number[];
  /** Messages of the feed's protocol, where a file has several of one venue; the others are left out. */
  readonly speaks?: RegExp;
}

const CASES: readonly Case[] = [
  { name: "binance-spot", feed: binance, rawSymbols: ["BNBBTC"], count: 2 },
  { name: "binance-usdm", feed: binanceUsdm, rawSymbols: ["BTCUSDT", "ETHUSDT"], count: 2, different: [11] },
  { name: "kraken-v1", feed: krakenV1, rawSymbols: ["LTC/XBT", "XBT/EUR"], count: 3 },
  { name: "coinbase-exchange", feed: coinbaseExchange, rawSymbols: ["ETC-GBP"], count: 1 },
  { name: "bitstamp", feed: bitstamp, rawSymbols: ["btceur", "btcusd"], count: 2, speaks: /"channel":"live_trades_/ },
  {
    name: "bybit",
    feed: bybitLinear,
    rawSymbols: ["BTCUSD", "LTCUSDT"],
    count: 4,
    speaks: /^(?!.*"topic":"trade\.)/,
  },
  {
    name: "bybit",
    feed: bybitV2,
    rawSymbols: ["BTCUSD", "ETHUSD"],
    count: 2,
    speaks: /"topic":"trade\.(?:BTC|ETH)USD"/,
  },
  {
    name: "okx",
    feed: okx,
    rawSymbols: ["CRV-USDT", "BSV-USDT"],
    channels: okx.channels,
    count: 2,
    speaks: /^(?!.*"table":)/,
  },
];

describe.each(CASES)(
  "$name as $feed.id",
  ({ name, feed, rawSymbols, channels, count, different = [], speaks = /^/ }) => {
    const file = sharedData(`ws/message-pairs/${name}.jsonl.gz`);

    test.skipIf(file === undefined)("trades are as another implementation reads them", () => {
      const lines = gunzipSync(readFileSync(file ?? ""))
        .toString("utf8")
        .trim()
        .split("\n");
      let compared = 0;
      for (const line of lines) {
        const pair = JSON.parse(line) as Pair;
        const context = new CollectingContext(
          feed.venue,
          new Map(rawSymbols.map((symbol) => [symbol, "BTC-USD-SPOT"])),
        );
        // Of channels that tell the same executions only one becomes trades: the one that the pair is of.
        const told = channels?.filter((channel) => line.includes(`"channel":"${channel}"`));
        const decoder = feed.createDecoder({ channels: told ?? feed.channels.slice(0, 1) });
        for (const { message } of pair.inputs) decoder.decode(frame(JSON.stringify(message)), context);
        const expected = pair.expected.filter((record) => record.type === "trade").map(comparable);
        if (different.includes(pair.n)) {
          expect([expected, context.rows().map((trade) => trade.flags)]).toEqual([[], [["nonMarket"]]]);
        } else if (pair.inputs.every(({ message }) => speaks.test(JSON.stringify(message)))) {
          expect(context.rows().map((trade, index) => comparableTrade(trade, expected[index]?.id ?? null))).toEqual(
            expected,
          );
          compared += expected.length;
        }
      }
      expect(compared).toBe(count);
    });
  },
);

function comparable(record: Expected) {
  const { symbol, id, side } = record;
  const [seconds = "", fraction = ""] = record.timestamp.slice(0, -1).split(".");
  return {
    symbol,
    id,
    side,
    price: String(record.price),
    amount: String(record.amount),
    timeNs: BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0")),
  };
}

function comparableTrade(trade: ReturnType<CollectingContext["rows"]>[number], expectedId: string | null) {
  return {
    symbol: trade.rawSymbol.toUpperCase(),
    id: expectedId === null ? null : trade.tradeId,
    side: trade.takerSide,
    price: formatShortest(trade.price),
    amount: formatShortest(trade.size),
    timeNs: trade.eventTimeNs,
  };
}
