import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import type { FundingRecord, LiquidationRecord, TickerRecord } from "../../domain/index.ts";
import { binance, binanceUsdm } from "../binance/binance.ts";
import { bybitInverse, bybitLinear } from "../bybit/bybit.ts";
import { coinbaseExchange } from "../coinbase/coinbase.ts";
import type { Feed } from "../feed.ts";
import { okx } from "../okx/okx.ts";
import { readTexts } from "./test-venue-data.ts";

/*
 * Another implementation's reading of the same messages, field by field. Where K2 differs it means to:
 *
 * - It sums up what a derivative's messages told so far, K2 tells what stands in each: fields that K2 leaves out are not
 *   compared.
 * - It rounds numbers to doubles: those are compared as the shortest decimal texts that they print as.
 * - Its message of open interest on Binance is one that it fetches over REST and writes itself.
 */
interface Pair {
  readonly n: number;
  readonly inputs: readonly { readonly message: unknown }[];
  readonly expected: readonly Expected[];
}

type Expected = Readonly<Record<string, string | number | null>> & {
  readonly type: string;
  readonly timestamp: string;
};

/** Name of the file, feed, numbers of the pairs, and how many records are compared. */
const CASES: readonly (readonly [name: string, feed: Feed, pairs: readonly number[], compared: number])[] = [
  ["binance-usdm", binanceUsdm, [2, 3, 10, 13, 14], 5],
  ["bybit", bybitInverse, [45, 46, 47, 51], 4],
  ["bybit", bybitLinear, [49, 50, 54], 3],
  ["coinbase-exchange", coinbaseExchange, [7, 8, 9], 3],
  ["okx", okx, [12], 1],
];

describe.each(CASES)("%s %#", (name, feed, pairs, count) => {
  const file = sharedData(`ws/message-pairs/${name}.jsonl.gz`);

  test.skipIf(file === undefined)(`tickers, funding and liquidations of ${feed.id} are as another reads them`, () => {
    const lines = gunzipSync(readFileSync(file ?? ""))
      .toString("utf8")
      .trim()
      .split("\n");
    let compared = 0;
    for (const { n, inputs, expected } of lines.map((line) => JSON.parse(line) as Pair)) {
      if (!pairs.includes(n)) continue;
      const channels = (feed.venueData?.channels ?? []).map((channel) => channel.name);
      const kept = readTexts(
        feed,
        channels,
        inputs.map(({ message }) => JSON.stringify(message)),
      );
      expect([n, kept.refusals]).toEqual([n, []]);
      for (const record of expected.filter(({ type }) => type !== "book_change" && type !== "trade")) {
        const [ticker] = kept.tickers;
        const [funding] = kept.fundings;
        const [liquidation] = kept.liquidations;
        if (record.type === "liquidation") compareLiquidation(liquidation, record);
        else if (record.type === "book_ticker") compareQuote(ticker, record);
        else compareDerivative({ ticker, funding }, record);
        compared += 1;
      }
    }
    expect(compared).toBe(count);
  });
});

test.skipIf(sharedData("ws/message-pairs/binance-spot.jsonl.gz") === undefined)(
  "a ticker that the other leaves out is read here",
  () => {
    const lines = gunzipSync(readFileSync(sharedData("ws/message-pairs/binance-spot.jsonl.gz") ?? ""))
      .toString("utf8")
      .trim()
      .split("\n");
    const pair = lines.map((line) => JSON.parse(line) as Pair).find(({ n }) => n === 4);
    const texts = (pair?.inputs ?? []).map(({ message }) => JSON.stringify(message));
    expect(readTexts(binance, ["ticker"], texts).tickers).toMatchObject([
      {
        rawSymbol: "DOGEBNB",
        last: "0.00014360",
        bid: "0.00014365",
        trades: "514",
        eventTimeUs: 1_569_805_259_092_000,
      },
    ]);
  },
);

function compareLiquidation(record: LiquidationRecord | undefined, expected: Expected): void {
  expect([record?.rawSymbol, record?.side, Number(record?.price), Number(record?.size), record?.eventTimeUs]).toEqual([
    expected["symbol"],
    expected["side"],
    expected["price"],
    expected["amount"],
    timeUs(expected.timestamp),
  ]);
}

function compareQuote(record: TickerRecord | undefined, expected: Expected): void {
  const values = [record?.bid, record?.bidSize, record?.ask, record?.askSize].map(numberOf);
  expect([record?.rawSymbol, ...values, record?.eventTimeUs]).toEqual([
    expected["symbol"],
    expected["bidPrice"],
    expected["bidAmount"],
    expected["askPrice"],
    expected["askAmount"],
    timeUs(expected.timestamp),
  ]);
}

const FIELDS = [
  ["markPrice", "markPrice"],
  ["indexPrice", "indexPrice"],
  ["fundingRate", "fundingRate"],
  ["openInterest", "openInterest"],
] as const;

function compareDerivative(
  { ticker, funding }: { readonly ticker: TickerRecord | undefined; readonly funding: FundingRecord | undefined },
  expected: Expected,
): void {
  expect(ticker?.rawSymbol ?? funding?.rawSymbol).toBe(expected["symbol"]);
  expect(ticker?.eventTimeUs ?? funding?.eventTimeUs).toBe(timeUs(expected.timestamp));
  if (ticker?.last !== undefined) expect(Number(ticker.last)).toBe(expected["lastPrice"]);
  for (const [ours, theirs] of FIELDS) {
    const value = funding?.[ours];
    if (value !== undefined) expect([ours, Number(value)]).toEqual([ours, expected[theirs]]);
  }
  const { fundingTimestamp } = expected;
  if (funding?.nextFundingTimeUs !== undefined)
    expect(funding.nextFundingTimeUs).toBe(timeUs(String(fundingTimestamp)));
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function timeUs(text: string): number {
  const [seconds = "", fraction = ""] = text.slice(0, -1).split(".");
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, "0"));
}
