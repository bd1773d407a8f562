import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { formatShortest } from "../../domain/index.ts";
import { binance, binanceUsdm } from "../binance/binance.ts";
import { bybitLinear } from "../bybit/bybit.ts";
import { coinbaseExchange } from "../coinbase/coinbase.ts";
import type { Feed } from "../feed.ts";
import { krakenV1 } from "../kraken/kraken.ts";
import { CollectingContext, frame } from "./test-support.ts";

/*
 * Another implementation's reading of the same messages, field by field. Where K2 differs it means to:
 *
 * - kraken-v1: it gives no id, K2 makes one.
 * - binance-usdm 11: it drops INSURANCE_FUND prints, K2 keeps them and flags them.
 * - binance-usdm 1: an aggTrade, which it drops; here a message of another channel.
 * - bybit before v5 (topic "trade.", and their books): K2 speaks v5 only and refuses them as unknown.
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

/** File, feed, raw symbols, trades compared, and the numbers of the pairs that K2 reads otherwise on purpose. */
const CASES: readonly (readonly [string, Feed, readonly string[], number, readonly number[]])[] = [
  ["binance-spot", binance, ["BNBBTC"], 2, []],
  ["binance-usdm", binanceUsdm, ["BTCUSDT", "ETHUSDT"], 2, [11]],
  ["kraken-v1", krakenV1, ["LTC/XBT", "XBT/EUR"], 3, []],
  ["coinbase-exchange", coinbaseExchange, ["ETC-GBP"], 1, []],
  ["bybit", bybitLinear, ["BTCUSD", "LTCUSDT"], 4, []],
];

describe.each(CASES)("%s", (name, feed, symbols, count, different) => {
  const file = sharedData(`ws/message-pairs/${name}.jsonl.gz`);

  test.skipIf(file === undefined)("trades are as another implementation reads them", () => {
    const lines = gunzipSync(readFileSync(file ?? ""))
      .toString("utf8")
      .trim()
      .split("\n");
    let compared = 0;
    for (const line of lines) {
      const pair = JSON.parse(line) as Pair;
      const context = new CollectingContext(feed.venue, new Map(symbols.map((symbol) => [symbol, "BTC-USD-SPOT"])));
      const decoder = feed.createDecoder({ channels: feed.channels.slice(0, 1) });
      for (const { message } of pair.inputs) decoder.decode(frame(JSON.stringify(message)), context);
      const expected = pair.expected.filter((record) => record.type === "trade").map(comparable);
      if (different.includes(pair.n)) {
        expect([expected, context.rows().map((trade) => trade.flags)]).toEqual([[], [["nonMarket"]]]);
      } else if (!isRetired(pair)) {
        expect(context.rows().map((trade, index) => comparableTrade(trade, expected[index]?.id ?? null))).toEqual(
          expected,
        );
        compared += expected.length;
      }
    }
    expect(compared).toBe(count);
  });
});

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
    symbol: trade.rawSymbol,
    id: expectedId === null ? null : trade.tradeId,
    side: trade.takerSide,
    price: formatShortest(trade.price),
    amount: formatShortest(trade.size),
    timeNs: trade.eventTimeNs,
  };
}

/** Messages of Bybit's APIs before v5. */
function isRetired({ inputs }: Pair): boolean {
  return inputs.some(({ message }) => JSON.stringify(message).includes('"topic":"trade.'));
}
