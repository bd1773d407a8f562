import { describe, expect, test } from "vitest";
import { ASK, BID, OrderBook } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { recordedMessages } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import type { Feed } from "../feed.ts";
import { bookChecksum } from "./book-checksum.ts";
import { kraken, krakenV1 } from "./kraken.ts";

describe("bookChecksum()", () => {
  const book = (levels: readonly (readonly [number, bigint, bigint])[]): OrderBook => {
    const made = new OrderBook();
    for (const [side, price, size] of levels) {
      const halves = (value: bigint) => [Number(value >> 32n), Number(BigInt.asIntN(32, value))] as const;
      (side === BID ? made.bids : made.asks).set(...halves(price), ...halves(size));
    }
    return made;
  };

  test("is over asks from the lowest, then bids from the highest, as digits", () => {
    // "50061" + "500000" + "50059" + "100": asks first.
    expect(
      bookChecksum(
        book([
          [BID, 50_059n, 100n],
          [ASK, 50_061n, 500_000n],
        ]),
      ),
    ).toBe(
      bookChecksum(
        book([
          [ASK, 50_061n, 500_000n],
          [ASK, 50_062n, 0n],
          [BID, 50_059n, 100n],
        ]),
      ),
    );
    expect(bookChecksum(new OrderBook())).toBe(0);
    // The check value of CRC-32 is over "123456789".
    expect(
      bookChecksum(
        book([
          [ASK, 12n, 345n],
          [BID, 67n, 89n],
        ]),
      ),
    ).toBe(0xcbf43926);
  });

  test("numbers beyond 2^53 count with all their digits", () => {
    const large = 2n ** 62n + 1n;
    expect(bookChecksum(book([[ASK, large, large]]))).not.toBe(bookChecksum(book([[ASK, large, large + 1n]])));
  });

  test("zeros that the mantissas have after the wire's digits are left out; those that they lack are added", () => {
    const wire = book([
      [BID, 67n, 890n],
      [ASK, 12n, 3450n],
    ]);
    const stored = book([
      [BID, 67_000n, 89n],
      [ASK, 12_000n, 345n],
    ]);
    expect(bookChecksum(stored, { price: 3, size: -1 })).toBe(bookChecksum(wire));
    const large = book([[ASK, 10n ** 17n + 10n ** 5n, 10n ** 18n]]);
    expect(bookChecksum(large, { price: 5, size: 17 })).toBe(bookChecksum(book([[ASK, 10n ** 12n + 1n, 10n]])));
  });

  test("an eleventh level is not in it", () => {
    const ten = Array.from({ length: 10 }, (_, index) => [ASK, 100n + BigInt(index), 5n] as const);
    expect(bookChecksum(book([...ten, [ASK, 110n, 7n]]))).toBe(bookChecksum(book(ten)));
    expect(bookChecksum(book([...ten, [ASK, 99n, 7n]]))).not.toBe(bookChecksum(book(ten)));
  });
});

/** What a recording does to the books of a feed's reader. */
function replayed(feed: Feed, channel: string, texts: readonly string[], unitExponent?: number): KeepingContext {
  const context = new KeepingContext(unitExponent === undefined ? {} : { unitExponent });
  const reader = feed.books?.createBookReader({ channels: [channel] });
  for (const text of texts) reader?.read(frame(text), context);
  return context;
}

const V2 = [
  { file: "ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz", depth: 10, snapshots: 5, updates: 296 },
  { file: "ws/kraken/v2-book/kraken_btcusd_sample.jsonl.gz", depth: 25, snapshots: 1, updates: 2051 },
  { file: "ws/kraken/v2-book/kraken_ethusd_sample.jsonl.gz", depth: 25, snapshots: 1, updates: 1128 },
] as const;

describe.each(V2)("recorded $file", ({ file, depth, snapshots, updates }) => {
  const messages = recordedMessages(file);
  const texts = (messages ?? []).map(({ text }) => text);

  test.skipIf(messages === undefined)("all checksums are reproduced, and no book is crossed", () => {
    const { counts, refusals, losses } = replayed(kraken, `book-${depth}`, texts);
    expect(counts).toEqual({ replace: snapshots, apply: updates, checksum: snapshots + updates });
    expect([refusals, losses]).toEqual([[], []]);
  });

  test.skipIf(messages === undefined)(
    "begun in the middle, no book is said to be proven until the next snapshot",
    () => {
      const first = texts.findIndex((text) => text.includes('"snapshot"') && text.includes('"bids"'));
      const { counts } = replayed(kraken, `book-${depth}`, texts.slice(first + 1));
      expect(counts["replace"] ?? 0).toBe(snapshots - 1);
      expect(counts["gap"]).toBeGreaterThan(0);
    },
  );
});

const shallow = recordedMessages("ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz");

test.skipIf(shallow === undefined)(
  "a book that keeps what falls out of the subscribed depth fails its checksums",
  () => {
    const texts = (shallow ?? []).map(({ text }) => text);
    const { counts } = replayed(kraken, "book-1000", texts);
    expect([counts["checksum"], counts["wrong checksum"]]).toEqual([294, 7]);
  },
);

test.skipIf(shallow === undefined)("the checksum is the same in whatever unit the listing is stored", () => {
  const texts = (shallow ?? []).map(({ text }) => text);
  expect(replayed(kraken, "book-10", texts, 0).counts["checksum"]).toBe(301);
});

const v1 = recordedMessages("ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz");
const v1Texts = (v1 ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);

test.skipIf(v1 === undefined)("recorded v1: all 4,269 checksums of ten pairs are reproduced", () => {
  const { counts, refusals, losses } = replayed(krakenV1, "book-1000", v1Texts);
  expect(counts).toEqual({ replace: 10, apply: 4269, checksum: 4269 });
  expect([refusals, losses]).toEqual([[], []]);
});

test.skipIf(v1 === undefined)("recorded v1: 18 tickers are quotes", () => {
  const { counts, refusals } = replayed(krakenV1, "ticker", v1Texts);
  expect([counts, refusals]).toEqual([{ quote: 18 }, []]);
});
