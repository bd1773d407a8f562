import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { parseInstrument } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { decodeTexts } from "../decode/test-decode.ts";
import { frame } from "../decode/test-support.ts";
import { runFeed } from "../feed-run.ts";
import { feedById } from "../registry.ts";
import { testRunOptions } from "../test-feed.ts";
import { ccxtFeed } from "./ccxt.ts";
import { venueText } from "./exact-text.ts";
import * as fixtures from "./fixtures.ts";

const bitfinex = ccxtFeed("ccxt:bitfinex");
const SYMBOLS = ["BTC-USDT-SPOT", "BTC-USDT-PERP"];

describe("ccxt", () => {
  test("numbers are the exchange's own where ccxt's info has them as texts", () => {
    const { outcomes, trades } = decodeTexts(bitfinex, { symbols: SYMBOLS }, [fixtures.EXACT_TRADES]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "ccxt-bitfinex",
        symbol: "BTC-USDT-SPOT",
        rawSymbol: "BTC/USDT",
        tradeId: "4711",
        price: { mantissa: 8_501_230_000_000n, scale: 8 },
        size: { mantissa: 412_306n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_346_000_000n,
        sequence: 4711n,
        flags: [],
      },
      // A size with a sign is another number: that the amount is the same is ccxt's word.
      { tradeId: "4712", takerSide: "sell", flags: ["inexact"] },
    ]);
  });

  test("numbers that went through a double say so", () => {
    const { trades } = decodeTexts(bitfinex, { symbols: SYMBOLS }, [fixtures.INEXACT_TRADE]);
    expect(trades).toMatchObject([{ price: { mantissa: 8_501_230_000_000n, scale: 8 }, flags: ["inexact"] }]);
  });

  test("trades without ids get such as tell them apart; those of contracts count contracts", () => {
    const options = { symbols: SYMBOLS, channels: ["fetched-trades"] };
    const { trades } = decodeTexts(bitfinex, options, [fixtures.NAMELESS_TRADES]);
    expect(trades.map(({ tradeId, takerSide, flags }) => [tradeId, takerSide, flags])).toEqual([
      ["1763712000600/85012/3/", "unknown", ["syntheticId", "contracts"]],
      ["1763712000600/85012/3//1", "unknown", ["syntheticId", "contracts"]],
    ]);
  });

  test.each([
    [fixtures.SUBSCRIBED, "control", undefined],
    [fixtures.BOOK, "other", undefined],
    [fixtures.NAMELESS_TRADES, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"channel":"weather","result":[]}', "refused", "unknown_message"],
    ['{"ccxt":"4.5.84"}', "refused", "unknown_message"],
    ['{"channel":"trades","result":7}', "refused", "malformed"],
    ["7", "refused", "malformed"],
    [fixtures.INEXACT_TRADE.replace('"side":"buy"', '"side":"both"'), "trades", "malformed"],
    [fixtures.INEXACT_TRADE.replace('"timestamp":1763712000500', '"timestamp":null'), "trades", "malformed"],
    [fixtures.INEXACT_TRADE.replace('"amount":"0.5"', '"amount":null'), "trades", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(bitfinex, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  test("a book is the best levels anew each time, with a time where ccxt has one", () => {
    const context = new KeepingContext();
    context.isCollecting = true;
    const reader = bitfinex.books?.createBookReader({ channels: ["trades", "order-book"] });
    for (const text of [fixtures.BOOK, fixtures.EXACT_TRADES, fixtures.BOOK_UNTIMED])
      reader?.read(frame(text), context);
    expect(
      context.messages.map(({ verdict, depth, sequence, eventTimeUs }) => [verdict, depth, sequence, eventTimeUs]),
    ).toEqual([
      ["replace", 50, 99, 1_763_712_000_700_000],
      ["replace", 50, -1, undefined],
    ]);
    expect(context.messages[0]?.levels[1]).toEqual([0, 8_501_200_000_000n, 10n]);
    reader?.read(frame(fixtures.BOOK.replace("[85012,1e-7]", "[85012]")), context);
    expect(context.refusals).toMatchObject([{ reason: "malformed", rawSymbol: "BTC/USDT" }]);
  });
});

test("the exchange's text is found wherever info has it, and only as a text", () => {
  expect(venueText("0.5", { a: [{ b: "0.50" }] })).toBe("0.50");
  expect(venueText("5e-1", ["0.5"])).toBe("0.5");
  for (const info of [undefined, { a: 0.5 }, { a: "0.51" }, { a: "half" }])
    expect(venueText("0.5", info)).toBeUndefined();
  expect(venueText("half", ["half"])).toBeUndefined();
});

test("symbols are ccxt's unified ones", () => {
  const spelled = (id: string): string | undefined => bitfinex.rawSymbol(parseInstrument(id));
  expect(spelled("BTC-USDT-SPOT")).toBe("BTC/USDT");
  expect(spelled("BTC-USDT-PERP")).toBe("BTC/USDT:USDT");
  expect(spelled("BTC-USD:BTC-PERP")).toBe("BTC/USD:BTC");
  expect(spelled("BTC-USD:BTC-FUT-20261225")).toBe("BTC/USD:BTC-261225");
  expect(spelled("BTC-USD:BTC-OPT-20261225-100000-C")).toBe("BTC/USD:BTC-261225-100000-C");
  expect(spelled("AAPL-XNAS-EQ")).toBeUndefined();
});

test("feeds of ccxt are found by their id, which says the exchange", () => {
  expect(feedById("ccxt:bitfinex")).toMatchObject({ id: "ccxt:bitfinex", venue: "ccxt-bitfinex" });
  for (const id of ["ccxt:", "ccxt:../x", "ccxt:Bitfinex"]) expect(() => feedById(id)).toThrow(InvalidInputError);
  expect(bitfinex.readAnswer(fixtures.SUBSCRIBED)).toEqual({ kind: "accepted", count: 1 });
  expect(bitfinex.readAnswer(fixtures.REFUSED)).toMatchObject({ kind: "refused", reason: /BadSymbol/ });
  for (const text of [fixtures.EXACT_TRADES, '{"refused"']) expect(bitfinex.readAnswer(text)).toBeUndefined();
});

const PACKAGE = "ccxt";
const isInstalled = (() => {
  try {
    import.meta.resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(isInstalled)("without the package nothing is started, and it is said what to install", () => {
  const options = { ...testRunOptions({ feed: bitfinex }), rawSymbols: ["BTC/USDT"] };
  expect(() => runFeed(options)).toThrow(
    expect.objectContaining({ code: "K2_CCXT_MISSING", message: expect.stringContaining("npm install ccxt") }),
  );
});
