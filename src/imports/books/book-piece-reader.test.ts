import { expect, test } from "vitest";
import { BID, type BookContext, BookLevels, type BookMessage } from "../../domain/index.ts";
import { type PieceHead, piecePayload } from "../piece-head.ts";
import { importFormat } from "../registry.ts";
import { readFirstLine } from "../table/table-file.ts";
import { createBookPieceReader } from "./book-piece-reader.ts";
import type { PieceCounts } from "./piece-counts.ts";

const HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount";
const FORMAT = importFormat("tardis-incremental-book-l2");
const T = 1_704_067_200_000_000;

/** What a reader tells, one text a message: verdict, recorded time, levels. */
class Told implements BookContext {
  readonly levels: BookLevels = new BookLevels();
  readonly messages: string[] = [];
  readonly refusals: string[] = [];

  listing(rawSymbol: string): ReturnType<BookContext["listing"]> {
    return { index: rawSymbol === "BTCUSDT" ? 0 : 1, unitExponent: 0 };
  }

  message({ verdict, recorded, listing, isKnown }: BookMessage): void {
    const { length, side, price, size } = this.levels;
    const levels = Array.from(
      { length },
      (_, row) => `${side[row] === BID ? "b" : "a"}${Number(price.get(row)) / 1e8}×${Number(size.get(row)) / 1e8}`,
    );
    const known = isKnown === true ? " known" : "";
    this.messages.push(`${listing.index} ${verdict}${known} ${(recorded?.us ?? 0) - T} ${levels.join(" ")}`);
  }

  lost(): void {
    throw new Error("nothing was lost");
  }

  refuse(reason: string, detail: string): void {
    this.refusals.push(`${reason}: ${detail}`);
  }
}

function piece(rows: readonly string[], of: Partial<PieceHead> = {}): Uint8Array {
  const first = readFirstLine(FORMAT, Buffer.from(`${HEADER}\n`));
  if (typeof first === "string" || first.header === undefined) throw new Error("it has a header");
  const listings = ["BTCUSDT", "ETHUSDT"].map((rawSymbol) => ({
    venue: "binance",
    rawSymbol,
    symbol: `${rawSymbol.slice(0, 3)}-USDT-SPOT`,
  }));
  const place = { version: 1, format: FORMAT.id, file: "f".repeat(64), text: "x.csv", byte: 0, row: 2 } as const;
  return piecePayload({ ...place, listings, header: first.header, ...of }, Buffer.from(`${rows.join("\n")}\n`));
}

function row(at: number, level: string, { symbol = "BTCUSDT", isSnapshot = false } = {}): string {
  return `binance,${symbol},${T + at - 1},${T + at},${isSnapshot},${level}`;
}

const SNAPSHOT = [row(0, "bid,100,1", { isSnapshot: true }), row(0, "ask,101,2", { isSnapshot: true })];

test("rows of one recorded time and symbol are one message; a snapshot's first part replaces, its others are added", () => {
  const told = new Told();
  const reader = createBookPieceReader(FORMAT);
  const rows = [
    ...SNAPSHOT,
    row(1, "bid,99,3", { isSnapshot: true }),
    row(5, "bid,100,0"),
    row(5, "ask,101,4"),
    row(5, "bid,7,1", { symbol: "ETHUSDT" }),
    row(6, "ask,101,0.00"),
  ];
  expect(reader.read(piece(rows), told)).toBe("book");
  expect(told.messages).toEqual([
    "0 replace 0 b100×1 a101×2",
    "0 apply 1 b99×3",
    "0 apply 5 b100×0 a101×4",
    "1 gap 5 b7×1",
    "0 apply 6 a101×0",
  ]);
});

test("a reader that was given what another had seen goes on as it would", () => {
  const [one, other] = [createBookPieceReader(FORMAT), createBookPieceReader(FORMAT)];
  one.read(piece(SNAPSHOT), new Told());
  other.restore?.(one.save?.() ?? "");
  const [first, second] = [new Told(), new Told()];
  const more = piece([row(7, "bid,100,2")], { byte: 500, row: 4 });
  one.read(more, first);
  other.read(more, second);
  expect(first.messages).toEqual(["0 apply 7 b100×2"]);
  expect(second.messages).toEqual(first.messages);
});

test("rows that another file has told are known, and what became of each row is counted", () => {
  const told = new Told();
  const seen: PieceCounts[] = [];
  const reader = createBookPieceReader(FORMAT, (counts) => seen.push(counts));
  const known = [{ venue: "binance", rawSymbol: "BTCUSDT", fromUs: T, toUs: T + 5 }];
  const rows = [
    ...SNAPSHOT,
    row(5, "bid,100,3"),
    row(6, "bid,1,1", { symbol: "XRP" }),
    row(7, "bid,100,4"),
    row(8, "bid,x,3"),
    row(9, "bid,100,5"),
  ];
  reader.read(piece(rows, { known }), told);
  expect(told.messages).toEqual([
    "0 replace known 0 b100×1 a101×2",
    "0 apply known 5 b100×3",
    "0 apply 7 b100×4",
    "0 gap 9 b100×5",
  ]);
  expect(told.refusals.map((text) => text.slice(0, 48))).toEqual([
    'unknown_symbol: x.csv, row 5: "XRP" of binance i',
    'malformed: x.csv, row 7: column "price" is "x", ',
  ]);
  expect(seen).toMatchObject([{ taken: 2, known: 3, refused: 2, firstUs: T + 7, lastUs: T + 9 }]);
});

test("a quote's side that a row does not name is as it was left, also in the next piece and after a restart", () => {
  const format = importFormat("lean-equity-quotes");
  const rows = [
    "1000,1000000,5,0,0,P,1,0",
    "1001,0,0,1010000,7,Q,1,0",
    "1002,1000100,6,0,0,P,1,0",
    "1003,0,0,1000900,8,Z,1,0",
  ];
  const listings = [{ venue: "us-equities", rawSymbol: "BTCUSDT", symbol: "BAC-XNYS-EQ" }];
  const place = {
    version: 1,
    format: format.id,
    file: "f".repeat(64),
    text: "x.csv",
    byte: 0,
    row: 1,
    date: "20131007",
  } as const;
  const of = (some: readonly string[]): Uint8Array =>
    piecePayload({ ...place, listings }, Buffer.from(`${some.join("\n")}\n`));
  const levels = (pieces: readonly (readonly string[])[], isRestarted: boolean): readonly string[] => {
    const told = new Told();
    let reader = createBookPieceReader(format);
    for (const some of pieces) {
      reader.read(of(some), told);
      if (!isRestarted) continue;
      const saved = reader.save?.() ?? "";
      reader = createBookPieceReader(format);
      reader.restore?.(saved);
    }
    return told.messages.map((text) => text.split(" ").slice(3).join(" "));
  };
  const expected = ["b100×5", "a101×7 b100×5", "b100.01×6 a101×7", "a100.09×8 b100.01×6"];
  expect(levels([rows], false)).toEqual(expected);
  expect(
    levels(
      rows.map((one) => [one]),
      true,
    ),
  ).toEqual(expected);
});
