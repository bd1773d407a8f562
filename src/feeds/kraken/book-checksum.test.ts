import { describe, expect, test } from "vitest";
import { ASK, BID, OrderBook } from "../../domain/index.ts";
import { isObject, type JsonNumber, type JsonObject, parseLexemes } from "../decode/lexeme-json.ts";
import { decimalsOf, type LevelText, recordedMessages, TextBook } from "../decode/test-books.ts";
import { bookChecksum } from "./book-checksum.ts";

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

  test("an eleventh level is not in it", () => {
    const ten = Array.from({ length: 10 }, (_, index) => [ASK, 100n + BigInt(index), 5n] as const);
    expect(bookChecksum(book([...ten, [ASK, 110n, 7n]]))).toBe(bookChecksum(book(ten)));
    expect(bookChecksum(book([...ten, [ASK, 99n, 7n]]))).not.toBe(bookChecksum(book(ten)));
  });
});

/** Levels of a message, and its checksum where it has one. */
interface BookMessage {
  readonly pair: string;
  readonly isSnapshot: boolean;
  readonly sides: ReadonlyMap<number, readonly LevelText[]>;
  readonly checksum: number | undefined;
}

/** Checksums given, reproduced, and books that were crossed. */
function checked(messages: Iterable<BookMessage>, depthMax: number): readonly [number, number, number] {
  const books = new Map<string, TextBook>();
  let [given, reproduced, crossed] = [0, 0, 0];
  for (const { pair, isSnapshot, sides, checksum } of messages) {
    const text = isSnapshot ? newBook(sides, depthMax) : books.get(pair);
    if (text === undefined) throw new Error(`${pair} begins without a snapshot`);
    books.set(pair, text);
    if (isSnapshot) text.replace(sides);
    else text.apply(sides);
    if (text.book.isCrossed) crossed += 1;
    if (checksum === undefined) continue;
    given += 1;
    if (bookChecksum(text.book) === checksum) reproduced += 1;
  }
  return [given, reproduced, crossed];
}

/** The pair's scales are those of its first level. */
function newBook(sides: ReadonlyMap<number, readonly LevelText[]>, depthMax: number): TextBook {
  const [price = "", size = ""] = [...sides.values()].flat()[0] ?? [];
  return new TextBook({ scales: { price: decimalsOf(price), size: decimalsOf(size) }, depthMax });
}

/** {"channel":"book","type":…,"data":[{"symbol":…,"bids":[{"price":…,"qty":…}],"asks":[…],"checksum":…}]} */
function* v2Messages(texts: Iterable<string>): Generator<BookMessage> {
  for (const text of texts) {
    const message = parseLexemes(text);
    if (!isObject(message) || message["channel"] !== "book") continue;
    for (const data of message["data"] as readonly JsonObject[]) {
      yield {
        pair: String(data["symbol"]),
        isSnapshot: message["type"] === "snapshot",
        sides: new Map([
          [BID, v2Levels(data["bids"])],
          [ASK, v2Levels(data["asks"])],
        ]),
        checksum: Number((data["checksum"] as JsonNumber).text),
      };
    }
  }
}

function v2Levels(levels: unknown): readonly LevelText[] {
  return (levels as readonly { readonly price: JsonNumber; readonly qty: JsonNumber }[]).map(({ price, qty }) => [
    price.text,
    qty.text,
  ]);
}

/** [channelID, {"as":[…],"bs":[…]} or {"a":[…],"b":[…],"c":"…"}, …, "book-1000", pair]; a and b may be in two objects. */
function* v1Messages(texts: Iterable<string>): Generator<BookMessage> {
  for (const text of texts) {
    const message: unknown = JSON.parse(text);
    if (!Array.isArray(message) || !String(message.at(-2)).startsWith("book-")) continue;
    const parts = message.slice(1, -2) as readonly Readonly<Record<string, unknown>>[];
    const all: Readonly<Record<string, unknown>> = Object.assign({}, ...parts);
    const isSnapshot = "as" in all;
    const [asks, bids] = isSnapshot ? [all["as"], all["bs"]] : [all["a"], all["b"]];
    yield {
      pair: String(message.at(-1)),
      isSnapshot,
      sides: new Map([
        [BID, v1Levels(bids)],
        [ASK, v1Levels(asks)],
      ]),
      checksum: typeof all["c"] === "string" ? Number(all["c"]) : undefined,
    };
  }
}

function v1Levels(levels: unknown): readonly LevelText[] {
  return ((levels ?? []) as readonly (readonly string[])[]).map(([price = "", size = ""]) => [price, size]);
}

const V2 = [
  { file: "ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz", depth: 10, checksums: 301 },
  { file: "ws/kraken/v2-book/kraken_btcusd_sample.jsonl.gz", depth: 25, checksums: 2052 },
  { file: "ws/kraken/v2-book/kraken_ethusd_sample.jsonl.gz", depth: 25, checksums: 1129 },
] as const;

describe.each(V2)("recorded $file", ({ file, depth, checksums }) => {
  const messages = recordedMessages(file);

  test.skipIf(messages === undefined)(`all ${checksums} checksums are reproduced, and no book is crossed`, () => {
    const texts = (messages ?? []).map(({ text }) => text);
    expect(checked(v2Messages(texts), depth)).toEqual([checksums, checksums, 0]);
  });
});

const shallow = recordedMessages("ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz");

test.skipIf(shallow === undefined)(
  "a book that keeps what falls out of the subscribed depth fails its checksums",
  () => {
    const texts = (shallow ?? []).map(({ text }) => text);
    const [given, reproduced] = checked(v2Messages(texts), 1000);
    expect([given, reproduced]).toEqual([301, 294]);
  },
);

const v1 = recordedMessages("ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz");

test.skipIf(v1 === undefined)("recorded v1: all 4,269 checksums of ten pairs are reproduced", () => {
  const texts = (v1 ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);
  expect(checked(v1Messages(texts), 1000)).toEqual([4269, 4269, 0]);
});
