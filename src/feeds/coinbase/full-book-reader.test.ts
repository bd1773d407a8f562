import { describe, expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { decodeTexts } from "../decode/test-decode.ts";
import { frame } from "../decode/test-support.ts";
import { runFeed } from "../feed-run.ts";
import { testRunOptions } from "../test-feed.ts";
import { coinbaseExchange } from "./coinbase.ts";
import * as fixtures from "./fixtures.ts";
import * as full from "./full-fixtures.ts";
import { StartedFull } from "./test-full-reader.ts";

const numbered = (text: string, sequence: number): string => text.replace(/"sequence":\d+/, `"sequence":${sequence}`);
const snapshotAt = (sequence: number): string => numbered(full.FULL_BOOK.body, sequence);

describe("a book of full", () => {
  test("every kind of message does to the levels what it says, and only orders that rest make them", () => {
    const started = StartedFull.whole();
    expect(started.book).toEqual([
      [[8_501_220_000_000n, 110_000_000n]],
      [
        [8_501_234_000_000n, 80_000_000n],
        [8_501_300_000_000n, 200_000_000n],
      ],
    ]);
    started.read(...full.FULL_MESSAGES, full.ACTIVATE);
    expect(started.context.messages.map(({ verdict, levels }) => [verdict, levels])).toEqual([
      ["old", []], // 101, which the snapshot has.
      ["apply", [[BID, 8_501_230_000_000n, 134_000_000n]]],
      ["old", []],
      ["apply", [[ASK, 8_501_234_000_000n, 79_850_000n]]],
      ["old", []],
      ["apply", [[ASK, 8_501_234_000_000n, 55_000_000n]]],
      [
        "apply",
        [
          [BID, 8_501_230_000_000n, 0n],
          [BID, 8_501_220_000_000n, 310_000_000n],
        ],
      ],
      ["old", []],
      ["apply", [[BID, 8_501_220_000_000n, 110_000_000n]]], // At the price at which the order rests, not the message's.
    ]);
    expect(started.isProven).toBe(true);
    expect([started.context.refusals, started.context.losses, started.context.counts["gap"]]).toEqual([
      [],
      [],
      undefined,
    ]);
  });

  test("messages wait for the book; those after its sequence go on from it, those before are in it", () => {
    const started = new StartedFull();
    started.read(...full.FULL_MESSAGES.slice(0, 4));
    expect(started.snapshot(snapshotAt(102))).toBe("book");
    expect(started.verdicts).toEqual([
      ["early", 101],
      ["early", 102],
      ["early", 103],
      ["early", 104],
      ["replace", 102],
      ["old", 101],
      ["old", 102],
      ["old", 103],
      ["apply", 104],
    ]);
    // Each has a place of its own, behind the snapshot's.
    expect(started.context.messages.slice(4).map(({ frameIndex }) => frameIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(started.isProven).toBe(true);
  });

  test("a book that begins before what was kept proves nothing, one that is ahead of it does", () => {
    const started = new StartedFull();
    started.read(full.OPEN);
    started.snapshot(snapshotAt(100));
    expect(started.context.messages.at(-1)).toMatchObject({ verdict: "gap", detail: /before the first message/ });
    started.snapshot(snapshotAt(104));
    started.read(full.RECEIVED_MARKET, full.FULL_MATCH, full.DONE_MARKET, full.CHANGE_STP);
    expect(started.verdicts.slice(2)).toEqual([
      ["replace", 104],
      ["old", 102],
      ["old", 103],
      ["old", 104],
      ["old", 105],
      ["apply", 106],
    ]);
  });

  test("what is kept has no hole: what came before one does not go on from any book", () => {
    const started = new StartedFull();
    started.read(full.RECEIVED, full.RECEIVED_MARKET, full.RECEIVED_MARKET);
    expect(started.verdicts).toEqual([
      ["early", 101],
      ["early", 103],
      ["old", 103],
    ]);
    started.snapshot(snapshotAt(101));
    started.snapshot(snapshotAt(102));
    expect(started.verdicts.slice(3)).toEqual([
      ["gap", 101],
      ["replace", 102],
      ["old", 103],
    ]);
  });

  test("a number that is left out breaks the book until another book comes; its neighbours go on", () => {
    const started = StartedFull.whole();
    const other = (text: string): string => text.replace("BTC-USD", "ETH-USD");
    started.read(other(full.RECEIVED));
    started.reader.fetched?.(other(full.FULL_BOOK.url), frame(full.FULL_BOOK.body), started.context);
    started.context.messages.length = 0;
    started.read(full.OPEN, full.FULL_MATCH, full.DONE_MARKET, other(full.OPEN), full.OPEN);
    expect(started.context.messages.map(({ rawSymbol, verdict, detail }) => [rawSymbol, verdict, detail])).toEqual([
      ["BTC-USD", "apply", undefined],
      ["BTC-USD", "gap", "sequence is 104 after 102"],
      ["BTC-USD", "early", undefined],
      ["ETH-USD", "apply", undefined],
      ["BTC-USD", "old", undefined],
    ]);
    expect([started.isProven, started.context.books.get("book ETH-USD")?.isProven]).toEqual([false, true]);
    started.snapshot(snapshotAt(103));
    expect(started.verdicts.slice(5)).toEqual([
      ["replace", 103],
      ["apply", 104],
      ["old", 105],
    ]);
    expect(started.isProven).toBe(true);
  });

  test("a number that is beyond all reason costs the book, and nothing more", () => {
    const started = StartedFull.whole();
    const later = (text: string): string => text.replace("T08:00:00", "T08:01:30");
    started.read(numbered(full.RECEIVED, 999_999_999_999), full.OPEN, later(full.OPEN), later(full.RECEIVED_MARKET));
    started.snapshot();
    started.read(later(full.FULL_MATCH));
    expect(started.verdicts).toEqual([
      ["gap", 999_999_999_999],
      ["old", 102], // For a minute it may be a late one.
      ["early", 102],
      ["early", 103],
      ["replace", 101],
      ["apply", 102],
      ["old", 103],
      ["apply", 104],
    ]);
  });

  test("numbers that begin anew are not late messages", () => {
    const started = StartedFull.whole();
    const later = (text: string, sequence: number): string =>
      numbered(text, sequence).replace("T08:00:00", "T08:01:30");
    started.read(full.OPEN, numbered(full.RECEIVED, 7), later(full.RECEIVED, 7), later(full.RECEIVED_MARKET, 8));
    started.snapshot(snapshotAt(7));
    expect(started.verdicts).toEqual([
      ["apply", 102],
      ["old", 7],
      ["gap", 7],
      ["early", 8],
      ["replace", 7],
      ["old", 7],
      ["old", 8],
    ]);
    expect(started.isProven).toBe(true);
  });

  test.each([
    ["a match of an order that does not rest", full.FULL_MATCH.replace("ac928c66", "00000000"), /does not rest/],
    ["a match of more than rests", full.FULL_MATCH.replace('"0.0015"', '"0.51"'), /rests otherwise/],
    ["a match at another price", full.FULL_MATCH.replace("85012.34", "85012.35"), /rests otherwise/],
    ["a match on the other side", full.FULL_MATCH.replace('"sell"', '"buy"'), /rests otherwise/],
    ["a match of nothing", full.FULL_MATCH.replace('"0.0015"', '"0"'), /rests otherwise/],
    [
      "an order that rests already",
      full.OPEN.replace(/"order_id":"[^"]*"/, '"order_id":"ac928c66-ca53-498f-9c13-a110027a60e8"'),
      /rests already/,
    ],
    ["an order of nothing", full.OPEN.replace('"1.34"', '"0"'), /cannot rest/],
    ["a change of side", full.CHANGE_STP.replace('"sell"', '"buy"'), /other side/],
  ])("%s contradicts the book, whatever its sequence", (_what, text, detail) => {
    const started = StartedFull.whole();
    started.read(numbered(text, 102), numbered(full.RECEIVED_MARKET, 103));
    expect(started.context.messages).toMatchObject([
      { verdict: "gap", detail, sequence: 102 },
      { verdict: "early", sequence: 103 },
    ]);
    started.snapshot(snapshotAt(101));
    expect(started.verdicts.slice(2)).toEqual([
      ["replace", 101],
      ["gap", 102],
      ["early", 103],
    ]);
  });

  test.each([
    full.OPEN.replace('"buy"', '"both"'),
    full.OPEN.replace("2025-11-21T08:00:00.1Z", "yesterday"),
    full.OPEN.replace('"sequence":102', '"sequence":"x"'),
    full.OPEN.replace('"85012.3"', "85012.3"),
    full.OPEN.replace('"1.34"', '"much"'),
    full.OPEN.replace('"1.34"', '"1.123456789"'),
    full.OPEN.replace(/"order_id":"[^"]*"/, '"order_id":7'),
    full.DONE.replace(/"order_id":"[^"]*",/, ""),
    full.CHANGE_STP.replace('"0.25"', "0.25"),
  ])("%s is refused, and its book is not proven without it", (text) => {
    const started = StartedFull.whole();
    started.read(text.includes('"x"') ? text : numbered(text, 102), numbered(full.RECEIVED_MARKET, 103));
    expect(started.context.refusals).toHaveLength(1);
    expect(started.context.messages.map(({ verdict }) => verdict)).toEqual(["gap", "early"]);
    started.snapshot(snapshotAt(102));
    expect(started.isProven).toBe(true);
  });

  test("of answers only a book with ids, for the product that was asked, is one", () => {
    const started = new StartedFull();
    expect(started.snapshot()).toBe("other"); // Nothing came yet.
    started.read(full.RECEIVED);
    for (const body of ['{"message":"NotFound"}', full.FULL_BOOK.body.replace(/"bbbb[^"]*"/, "2"), "[]"])
      expect(started.snapshot(body)).toBe("refused");
    expect(started.snapshot("{")).toBe("refused");
    expect(started.context.refusals.map(({ reason }) => reason)).toEqual([
      "venue_error",
      "venue_error",
      "venue_error",
      "malformed",
    ]);
    for (const url of ["https://venue.example/products/BTC-USD/trades", full.FULL_BOOK.url.replace("3", "2"), "", "x"])
      expect(started.reader.fetched?.(url, frame(full.FULL_BOOK.body), started.context)).toBe("other");
    started.snapshot(
      full.FULL_BOOK.body.replace("cccccccc-61f7-4c36-88e5-c9dd15927b16", "bbbbbbbb-61f7-4c36-88e5-c9dd15927b16"),
    );
    expect(started.context.messages.at(-1)).toMatchObject({
      verdict: "gap",
      detail: /in the snapshot order .* rests already/,
    });
    // Crossed, as no venue that trades shows it.
    started.snapshot(full.FULL_BOOK.body.replace('"85012.2"', '"85012.34"'));
    expect([started.isProven, started.context.refusals.length]).toEqual([false, 5]);
    expect(started.snapshot()).toBe("book");
    started.read(full.RECEIVED);
    started.snapshot();
    expect(started.isProven).toBe(true);
  });

  test("a late answer to a book that goes on tells it as it stands by now", () => {
    const started = StartedFull.whole();
    started.read(full.OPEN);
    started.snapshot();
    expect(started.context.messages.at(-1)).toMatchObject({
      verdict: "replace",
      sequence: 102,
      eventTimeUs: undefined,
      levels: [
        [BID, 8_501_230_000_000n, 134_000_000n],
        [BID, 8_501_220_000_000n, 110_000_000n],
        [ASK, 8_501_234_000_000n, 80_000_000n],
        [ASK, 8_501_300_000_000n, 200_000_000n],
      ],
    });
  });

  test("a frame that is no JSON is found missing by the next number; frames of other channels are not the book's", () => {
    const started = StartedFull.whole();
    expect(started.reader.read(frame('{"type":"open"'), started.context)).toBe("refused");
    for (const text of [fixtures.EXCHANGE_TICKER, fixtures.EXCHANGE_HEARTBEAT, fixtures.LAST_MATCH, full.ACTIVATE])
      expect(started.reader.read(frame(text), started.context)).toBe("other");
    expect([started.isProven, started.context.losses]).toEqual([true, []]);
    started.read(full.RECEIVED_MARKET);
    expect(started.verdicts).toEqual([["gap", 103]]);
  });
});

test("a match of full is the trade of matches, by its id, once", () => {
  const options = { symbols: ["BTC-USD-SPOT"], channels: ["matches", "full"] };
  const decoded = decodeTexts(coinbaseExchange, options, [fixtures.MATCH, ...full.FULL_MESSAGES]);
  expect(decoded.outcomes.filter((outcome) => outcome === "trades")).toHaveLength(2);
  expect(decoded.trades[1]).toEqual(decoded.trades[0]);
  expect([decoded.trades.length, decoded.refusals]).toEqual([2, []]);
  expect(decodeTexts(coinbaseExchange, { ...options, channels: ["full"] }, [full.FULL_MATCH]).trades).toEqual([]);
});

describe("the channel", () => {
  const asked = (channels: readonly string[]) =>
    coinbaseExchange.subscribe(["BTC-USD"], channels).map((text) => JSON.parse(text).channels);

  test("is asked for instead of matches, which it tells too, and its book over HTTP", () => {
    expect(asked(["matches", "full", "ticker"])).toEqual([["full", "ticker", "heartbeat"]]);
    expect(asked(["matches", "level2_batch"])).toEqual([["matches", "level2_batch", "heartbeat"]]);
    expect(coinbaseExchange.books?.renewal?.("BTC-USD", "full")).toBeUndefined();
    expect(coinbaseExchange.books?.renewal?.("BTC-USD", "level2_batch")).toHaveLength(2);
    expect(coinbaseExchange.books?.snapshotRequest?.("BTC-USD")).toEqual({ url: full.FULL_BOOK.url, weight: 5 });
  });

  test("is refused at the venue's own endpoint, which asks for a login, and by the venue with its reason", () => {
    const { url: _url, ...options } = testRunOptions({ feed: coinbaseExchange, channels: ["matches", "full"] });
    expect(() => runFeed({ ...options, rawSymbols: ["BTC-USD"] })).toThrow(
      /Cannot capture full of coinbase-exchange: .* logs in.* Nothing was started.* level2_batch .*url/,
    );
    expect(coinbaseExchange.readAnswer(full.LOGIN_REFUSED)).toMatchObject({
      kind: "refused",
      reason: /full channels now require authentication/,
    });
  });
});
