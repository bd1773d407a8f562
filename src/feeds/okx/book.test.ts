import { expect, test } from "vitest";
import { ASK, BID, OrderBook } from "../../domain/index.ts";
import { type LevelText, recordedMessages, SCALES, TextBook } from "../decode/test-books.ts";
import { bookChecksum } from "./book-checksum.ts";
import { BookSequence } from "./book-sequence.ts";

test("each message names the one before; numbers may stay or fall", () => {
  const sequence = new BookSequence();
  const update = (prevSeqId: number, seqId: number) => sequence.take({ action: "update", prevSeqId, seqId });
  expect(update(9, 10)).toBe("gap");
  // The documentation's own example.
  expect(sequence.take({ action: "snapshot", prevSeqId: -1, seqId: 10 })).toBe("replace");
  expect([update(10, 15), update(15, 15), update(15, 3), update(3, 5)]).toEqual(["apply", "apply", "apply", "apply"]);
  expect(update(6, 7)).toBe("gap");
  expect(update(7, 8)).toBe("gap");
});

test("the checksum takes what there is of either side", () => {
  const book = new TextBook();
  book.replace(
    new Map([
      [BID, [["3366.1", "7"]]],
      [
        ASK,
        [
          ["3366.8", "9"],
          ["3368", "8"],
        ],
      ],
    ]),
  );
  // CRC-32 of "3366.1:7:3366.8:9:3368:8", by another implementation: Python's zlib.crc32.
  expect(bookChecksum(book.book, SCALES)).toBe(-1_471_518_219);
  expect(bookChecksum(new OrderBook(), SCALES)).toBe(0);
});

interface BookMessage {
  readonly arg: { readonly channel: string; readonly instId: string };
  readonly action: "snapshot" | "update";
  readonly data?: readonly {
    readonly bids: readonly LevelText[];
    readonly asks: readonly LevelText[];
    readonly checksum: number;
  }[];
}

const messages = recordedMessages("ws/other/okx-20220513.jsonl.gz");

test.skipIf(messages === undefined)(
  "recorded: all 290 checksums of three books are reproduced, none is crossed",
  () => {
    const books = new Map<string, TextBook>();
    const counts = { given: 0, reproduced: 0, crossed: 0 };
    const frames = (messages ?? []).filter(({ url }) => url === undefined).map(({ text }) => JSON.parse(text));
    for (const { arg, action, data } of frames.filter((frame: BookMessage) => frame.arg.channel === "books")) {
      for (const { bids, asks, checksum } of (data ?? []) as Required<BookMessage>["data"]) {
        const book = books.get(arg.instId) ?? new TextBook({ depthMax: 400 });
        books.set(arg.instId, book);
        const sides = new Map([
          [BID, bids],
          [ASK, asks],
        ]);
        if (action === "snapshot") book.replace(sides);
        else book.apply(sides);
        counts.given += 1;
        if (bookChecksum(book.book, SCALES) === checksum) counts.reproduced += 1;
        if (book.book.isCrossed) counts.crossed += 1;
      }
    }
    expect([books.size, counts]).toEqual([3, { given: 290, reproduced: 290, crossed: 0 }]);
  },
);
