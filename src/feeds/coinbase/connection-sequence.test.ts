import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { type LevelText, recordedMessages, TextBook } from "../decode/test-books.ts";
import { ConnectionSequence } from "./connection-sequence.ts";

test("numbers go on from 0; a hole is told once, and what came before it is old", () => {
  const sequence = new ConnectionSequence();
  expect([0, 1, 1, 3, 4, 2].map((number) => sequence.take(number))).toEqual([
    ...["next", "next", "old", "gap", "next", "old"],
  ]);
});

interface Level2Event {
  readonly type: "snapshot" | "update";
  readonly product_id: string;
  readonly updates: readonly { readonly side: string; readonly price_level: string; readonly new_quantity: string }[];
}

interface AdvancedMessage {
  readonly channel: string;
  readonly sequence_num: number;
  readonly events: readonly unknown[];
}

interface TickerEvent {
  readonly tickers: readonly {
    readonly product_id: string;
    readonly best_bid: string;
    readonly best_ask: string;
  }[];
}

function sidesOf(updates: Level2Event["updates"]): ReadonlyMap<number, readonly LevelText[]> {
  const levels = (name: string): readonly LevelText[] =>
    updates.filter(({ side }) => side === name).map(({ price_level, new_quantity }) => [price_level, new_quantity]);
  return new Map([
    [BID, levels("bid")],
    [ASK, levels("offer")],
  ]);
}

/** Books by product, and what was counted on the way. */
class Books {
  readonly counts = { snapshot: 0, update: 0, crossed: 0, tickers: 0, equal: 0 };
  readonly #books = new Map<string, TextBook>();

  take(product: string, type: "snapshot" | "update", sides: ReadonlyMap<number, readonly LevelText[]>): void {
    const text = this.#books.get(product) ?? new TextBook();
    this.#books.set(product, text);
    if (type === "snapshot") text.replace(sides);
    else text.apply(sides);
    this.counts[type] += 1;
    if (text.book.isCrossed) this.counts.crossed += 1;
  }

  compare({ product_id, best_bid, best_ask }: TickerEvent["tickers"][number]): void {
    const text = this.#books.get(product_id);
    if (text === undefined) return;
    const { bids, asks } = text.book;
    this.counts.tickers += 1;
    if (bids.price(0) === text.price(best_bid) && asks.price(0) === text.price(best_ask)) this.counts.equal += 1;
  }
}

const advanced = recordedMessages("ws/coinbase/advanced-trade-20260809-part1.jsonl.gz");

test.skipIf(advanced === undefined)(
  "recorded Advanced Trade: 600 messages without a hole, books never crossed, the ticker's prices but where it lags",
  () => {
    const sequence = new ConnectionSequence();
    const books = new Books();
    const verdicts: string[] = [];
    for (const { text } of (advanced ?? []).filter(({ url }) => url === undefined)) {
      const { channel, sequence_num, events } = JSON.parse(text) as AdvancedMessage;
      verdicts.push(sequence.take(sequence_num));
      for (const event of channel === "l2_data" ? (events as readonly Level2Event[]) : [])
        books.take(event.product_id, event.type, sidesOf(event.updates));
      for (const { tickers } of channel === "ticker" ? (events as readonly TickerEvent[]) : [])
        for (const ticker of tickers) books.compare(ticker);
    }
    expect(verdicts).toEqual(Array.from({ length: 600 }, () => "next"));
    expect(books.counts).toEqual({ snapshot: 2, update: 436, crossed: 0, tickers: 91, equal: 85 });
  },
);

interface ExchangeMessage {
  readonly type: string;
  readonly product_id: string;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
  readonly changes: readonly (readonly [side: string, price: string, size: string])[];
}

function exchangeSides({ type, bids, asks, changes }: ExchangeMessage): ReadonlyMap<number, readonly LevelText[]> {
  const of = (name: string): readonly LevelText[] =>
    changes.filter(([side]) => side === name).map(([, price, size]) => [price, size]);
  return new Map(
    type === "snapshot"
      ? [
          [BID, bids],
          [ASK, asks],
        ]
      : [
          [BID, of("buy")],
          [ASK, of("sell")],
        ],
  );
}

const exchange = recordedMessages("ws/coinbase/exchange-feed-20210417.jsonl.gz");

test.skipIf(exchange === undefined)("recorded Exchange: ten books, 9,719 updates, never crossed", () => {
  const books = new Books();
  for (const { text } of (exchange ?? []).filter(({ url }) => url === undefined)) {
    const message = JSON.parse(text) as ExchangeMessage;
    if (message.type === "snapshot") books.take(message.product_id, "snapshot", exchangeSides(message));
    if (message.type === "l2update") books.take(message.product_id, "update", exchangeSides(message));
  }
  expect(books.counts).toMatchObject({ snapshot: 10, update: 9719, crossed: 0 });
});
