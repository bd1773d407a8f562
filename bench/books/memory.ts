import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ASK, BID, BookLevels, OrderBook } from "../../src/domain/index.ts";
import type { Peers } from "./peer-packages.ts";

const BOOKS = 1_000;
const DEPTHS = [20, 200, 1_000];
const MIDDLE = 61_800;
const MEBIBYTE = 1_048_576;

type Pairs = readonly [price: number, size: number][];

/** What a thousand books hold in memory, filled by a snapshot each: heap and array buffers, after collection. */
export function printMemory({ tardis, ccxt }: Peers): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  console.log(`memory of ${BOOKS.toLocaleString("en-US")} books`);
  const Ccxt = ccxt?.pro["binance"];
  const exchange = Ccxt === undefined ? undefined : new Ccxt();
  for (const depth of DEPTHS) {
    const parts = [`K2 ${mebibytes(collect, () => k2Book(depth))}`];
    if (tardis !== undefined) {
      const { OrderBook: Book } = tardis;
      const kept = (): object => {
        const book = new Book();
        const [bids, asks] = [true, false].map((isBid) =>
          pairsOf(depth, isBid).map(([price, amount]) => ({ price, amount })),
        );
        book.update(Object.assign({ symbol: "X", isSnapshot: true }, { bids, asks }));
        return book;
      };
      parts.push(`tardis-dev ${mebibytes(collect, kept)}`);
    }
    if (exchange !== undefined) {
      const kept = (): object => {
        const book = exchange.orderBook({});
        book.reset({ bids: pairsOf(depth, true), asks: pairsOf(depth, false) });
        return book;
      };
      parts.push(`ccxt ${mebibytes(collect, kept)}`);
    }
    console.log(`  ${String(depth).padStart(5)} levels a side: ${parts.join(", ")}`);
  }
}

function mebibytes(collect: () => void, open: () => object): string {
  const used = (): number => {
    for (let round = 0; round < 3; round += 1) collect(); // What weak references hold goes with a later one.
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  open();
  const kept: object[] = [];
  const before = used();
  for (let book = 0; book < BOOKS; book += 1) kept.push(open());
  const after = used();
  if (kept.length !== BOOKS) throw new Error("a book is missing");
  return `${((after - before) / MEBIBYTE).toFixed(1)} MiB`;
}

function k2Book(depth: number): OrderBook {
  const levels = new BookLevels(2 * depth);
  for (const side of [BID, ASK])
    for (const [price, size] of pairsOf(depth, side === BID))
      levels.push(side, { price: BigInt(Math.round(price * 1e8)), size: BigInt(Math.round(size * 1e8)) });
  const book = new OrderBook();
  book.replace(levels);
  return book;
}

/** Best first, as venues send them. */
function pairsOf(depth: number, isBid: boolean): Pairs {
  return Array.from({ length: depth }, (_, index): [number, number] => [
    isBid ? MIDDLE - (index + 1) / 100 : MIDDLE + index / 100,
    (index + 1) / 1_000,
  ]);
}
