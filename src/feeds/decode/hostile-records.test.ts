import { expect, test } from "vitest";
import type { DecodeContext, DecodedListing } from "../../domain/index.ts";
import { binanceFormat } from "../binance/messages.ts";
import { okxFormat } from "../okx/messages.ts";
import { FixedContext, frame } from "./test-support.ts";
import { createWireDecoder } from "./wire-decoder.ts";

const okxTrade = (id: string): Uint8Array =>
  frame(
    `{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":${id},"px":"85012.3","sz":"0.5","side":"buy","ts":"1763712000346"}]}`,
  );

test("half a surrogate pair is no trade id: two of them would be one in the log; a whole pair is one", () => {
  const context = new FixedContext(new Map([["BTC-USDT", { index: 0, unitExponent: 0 }]]));
  const decoder = createWireDecoder(okxFormat({ channels: ["trades"] }));
  for (const id of ['"\\ud800"', '"a\\udc00b"', '"\\udc00\\ud800"']) {
    expect(decoder.decode(okxTrade(id), context)).toBe("trades");
  }
  expect(context.trades.length).toBe(0);
  expect(context.refusals.map(({ reason }) => reason)).toEqual(["malformed", "malformed", "malformed"]);
  decoder.decode(okxTrade('"\\ud83d\\ude80"'), context);
  expect(context.trades.tradeId(0)).toBe("\u{1f680}");
});

test("an answer that is provisional is not remembered: the next trade of the symbol asks again", () => {
  const format = binanceFormat({ channels: ["trade"], flags: 0 });
  const decoder = createWireDecoder(format);
  const fixed = new FixedContext(new Map());
  const asked: string[] = [];
  const context: DecodeContext = {
    trades: fixed.trades,
    refuse: fixed.refuse.bind(fixed),
    listing(_rawSymbol, price): DecodedListing {
      asked.push(price);
      return price === "0" ? { index: 9, unitExponent: 0, isProvisional: true } : { index: 3, unitExponent: 0 };
    },
  };
  const trade = (price: string): Uint8Array =>
    frame(
      `{"stream":"btcusdt@trade","data":{"e":"trade","E":1763712000105,"s":"BTCUSDT","t":5500000001,"p":"${price}","q":"0.015","T":1763712000104,"m":true,"M":true}}`,
    );
  for (const price of ["0", "85012.34", "85012.35"]) decoder.decode(trade(price), context);
  expect(asked).toEqual(["0", "85012.34"]);
  expect([...fixed.trades.listing.subarray(0, fixed.trades.length)]).toEqual([3, 3]);
  expect(fixed.refusals.map(({ reason }) => reason)).toEqual(["non_positive_price"]);
});

test("an event whose name is nested deeper than the stack is refused like any other unknown one", () => {
  const context = new FixedContext(new Map());
  const decoder = createWireDecoder(binanceFormat({ channels: ["trade"], flags: 0 }));
  const deep = `{"e":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect(decoder.decode(frame(deep), context)).toBe("refused");
  expect(context.refusals[0]?.reason).toBe("unknown_message");
});

test("a frame of more records than a frame can number is read up to there, and one of megabytes not at all", () => {
  const context = new FixedContext(new Map([["BTC-USDT", { index: 0, unitExponent: 0 }]]));
  const decoder = createWireDecoder(okxFormat({ channels: ["trades"] }));
  const frameOf = (records: number): Uint8Array =>
    frame(`{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[${"1,".repeat(records - 1)}1]}`);
  expect(decoder.decode(frameOf(70_000), context)).toBe("trades");
  expect(context.refusals).toHaveLength(65_536 + 1);
  expect(context.refusals.at(-1)).toMatchObject({ reason: "malformed", frameIndex: 65_536 });
  context.clear();
  expect(decoder.decode(frameOf(3_000_000), context)).toBe("refused");
  expect(context.refusals).toMatchObject([
    { reason: "malformed", detail: expect.stringContaining("has at most 4194304 characters") },
  ]);
});
