import {
  ASK,
  BID,
  type BookLevels,
  L3_UNKNOWN,
  L3Book,
  ORDER_SIDE_NONE,
  type OrderEvents,
} from "../../domain/index.ts";

/**
 * The book behind a LOBSTER message file, held against the orderbook file. The files begin with a book that is not told,
 * and list events near the best price only: a level that was further away becomes known when its row shows it. Such a
 * row is a reveal: the book learns from it what rests there, and forgets what it believed to be better.
 */
export class LobsterReplay {
  readonly book: L3Book = new L3Book();
  /** Rows that the book was equal to before it saw them. */
  reproduced = 0;
  /** Rows that it learned from. */
  revealed = 0;

  /** Takes a message, and the row that the venue's book was after it. @returns whether the book was equal */
  apply(events: OrderEvents, row: number, levels: BookLevels): boolean {
    const { book } = this;
    // An order that is not known, among known ones: of these some have gone without a message. The size is what the rows
    // vouch for, so the orders are forgotten and the size shrinks.
    if (book.apply(events, row) === L3_UNKNOWN) {
      const side = events.side[row] ?? ORDER_SIDE_NONE;
      if (book.forgetOrders(side, events.price.high(row), events.price.low(row))) book.apply(events, row);
    }
    if (this.#isEqual(levels)) {
      this.reproduced += 1;
      return true;
    }
    this.revealed += 1;
    this.#learn(levels);
    return false;
  }

  #isEqual(levels: BookLevels): boolean {
    const { book } = this;
    const ranks = [0, 0];
    for (let row = 0; row < levels.length; row += 1) {
      const side = levels.side[row] === ASK ? ASK : BID;
      const rank = ranks[side] ?? 0;
      if (rank >= book.levels.depth(side)) return false;
      if (book.levels.priceNumber(side, rank) !== levels.price.getNumber(row)) return false;
      if (book.levels.sizeNumber(side, rank) !== levels.size.getNumber(row)) return false;
      ranks[side] = rank + 1;
    }
    // A side that the row shows empty is.
    return [BID, ASK].every((side) => ranks[side] !== 0 || book.levels.depth(side) === 0);
  }

  #learn(levels: BookLevels): void {
    for (const side of [BID, ASK]) {
      const shown = new Map<bigint, bigint>();
      for (let row = 0; row < levels.length; row += 1) {
        if (levels.side[row] === side) shown.set(levels.price.get(row), levels.size.get(row));
      }
      for (const price of this.#unshown(side, [...shown.keys()])) this.book.reveal(side, { price, size: 0n });
      for (const [price, size] of shown) this.book.reveal(side, { price, size });
    }
  }

  /** Levels that the book believes in and that are not among those shown, though they are as good as the worst of these. */
  #unshown(side: number, shown: readonly bigint[]): readonly bigint[] {
    const { book } = this;
    const worst = shown.at(-1);
    const gone: bigint[] = [];
    for (let rank = 0; rank < book.levels.depth(side); rank += 1) {
      const price = book.levels.price(side, rank);
      if (worst !== undefined && (side === BID ? price < worst : price > worst)) break;
      if (!shown.includes(price)) gone.push(price);
    }
    return gone;
  }
}
