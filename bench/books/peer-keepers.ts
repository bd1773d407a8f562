import type { BestLevel, BestLevels, BookKeeper, Sum } from "./book-keeper.ts";
import type { CcxtBook, CcxtExchange, CcxtModule, TardisBook, TardisMapper, TardisModule } from "./peer-packages.ts";
import type { SceneFrame } from "./scene-frame.ts";

const SNAPSHOT_STREAM = "depthSnapshot";

/** tardis-dev: its mapper of an exchange and one of its order books a symbol. */
export class TardisKeeper implements BookKeeper {
  readonly #tardis: TardisModule;
  readonly #mapper: TardisMapper;
  readonly #receivedAt = new Date();
  readonly #books = new Map<string, TardisBook>();
  readonly #sum: Sum;

  constructor(tardis: TardisModule, exchange: string, sum: Sum) {
    this.#tardis = tardis;
    this.#mapper = tardis.normalizeBookChanges(exchange, this.#receivedAt);
    this.#sum = sum;
  }

  take({ bytes, snapshotOf, isOther }: SceneFrame): void {
    if (isOther === true) return;
    const parsed: unknown = JSON.parse(textOf(bytes));
    const message =
      snapshotOf === undefined
        ? parsed
        : { stream: `${snapshotOf.toLowerCase()}@${SNAPSHOT_STREAM}`, generated: true, data: parsed };
    for (const change of this.#mapper.map(message, this.#receivedAt) ?? []) {
      const book = this.#book(change.symbol);
      book.update(change);
      this.#sum.value += (book.bestBid()?.price ?? 0) + (book.bestAsk()?.price ?? 0);
    }
  }

  best(symbol: string): BestLevels {
    const book = this.#books.get(symbol);
    const [bid, ask] = [book?.bestBid(), book?.bestAsk()];
    return {
      bid: bid && { price: bid.price, size: bid.amount },
      ask: ask && { price: ask.price, size: ask.amount },
    };
  }

  #book(symbol: string): TardisBook {
    const known = this.#books.get(symbol);
    if (known !== undefined) return known;
    const book = new this.#tardis.OrderBook();
    this.#books.set(symbol, book);
    return book;
  }
}

export interface CcxtMarket {
  /** ccxt's class and the socket's URL, by which it tells spot from futures. */
  readonly exchange: string;
  readonly url: string;
  readonly symbols: readonly string[];
  readonly kind: "spot" | "swap";
  /** Of the messages of a combined stream it takes the inner one. */
  readonly isCombined?: boolean;
  /** By the key under which it keeps subscriptions: where it looks whether anybody still listens. */
  readonly subscriptions?: readonly string[];
}

/** ccxt: its handler of an exchange's messages, without the socket. */
export class CcxtKeeper implements BookKeeper {
  readonly #exchange: CcxtExchange;
  readonly #client: object;
  readonly #market: CcxtMarket;
  readonly #unified: ReadonlyMap<string, string>;
  readonly #sum: Sum;
  #last: CcxtBook | undefined;

  constructor(ccxt: CcxtModule, market: CcxtMarket, sum: Sum) {
    const Exchange = ccxt.pro[market.exchange];
    if (Exchange === undefined) throw new Error(`ccxt has no ${market.exchange}`);
    this.#exchange = new Exchange();
    this.#exchange.setMarkets(market.symbols.map((id) => marketOf(id, market.kind)));
    this.#unified = new Map(market.symbols.map((id) => [id, unifiedOf(id)]));
    this.#market = market;
    this.#sum = sum;
    this.#client = {
      url: market.url,
      subscriptions: Object.fromEntries((market.subscriptions ?? []).map((key) => [key, {}])),
      // What ccxt tells a waiting caller: the book.
      resolve: (book: CcxtBook) => {
        this.#last = book;
      },
      reject: (error: unknown) => {
        throw error;
      },
    };
  }

  take({ bytes, snapshotOf, isOther }: SceneFrame): void {
    if (isOther === true) return;
    const parsed = JSON.parse(textOf(bytes)) as { readonly data?: unknown; readonly lastUpdateId?: number };
    if (snapshotOf !== undefined) {
      this.#reset(this.#unified.get(snapshotOf) ?? snapshotOf, parsed);
      return;
    }
    this.#last = undefined;
    if (this.#market.isCombined === true) this.#exchange.handleOrderBook(this.#client, parsed.data);
    else this.#exchange.handleMessage(this.#client, parsed);
    const book = this.#last as CcxtBook | undefined;
    if (book?.bids !== undefined) this.#sum.value += (book.bids[0]?.[0] ?? 0) + (book.asks[0]?.[0] ?? 0);
  }

  best(symbol: string): BestLevels {
    const book = this.#exchange.orderbooks[this.#unified.get(symbol) ?? symbol];
    return { bid: level(book?.bids[0]), ask: level(book?.asks[0]) };
  }

  /** As its fetchOrderBookSnapshot does with what it has fetched. */
  #reset(symbol: string, body: { readonly lastUpdateId?: number }): void {
    const snapshot = this.#exchange.parseOrderBook(body, symbol);
    if (body.lastUpdateId !== undefined) snapshot.nonce = body.lastUpdateId;
    const books = this.#exchange.orderbooks as Record<string, CcxtBook>;
    const book = this.#exchange.orderBook({});
    books[symbol] = book;
    book.reset(snapshot);
  }
}

function level(found: readonly [number, number] | undefined): BestLevel | undefined {
  return found && { price: found[0], size: found[1] };
}

/** ccxt's own name, by which it keeps a book. Which one does not matter, but where the venue uses the same. */
function unifiedOf(id: string): string {
  return id.includes("/") ? id : `${id}/X`;
}

function marketOf(id: string, kind: "spot" | "swap"): object {
  const isSwap = kind === "swap";
  const named = { id, symbol: unifiedOf(id), base: id, quote: "X", baseId: id, quoteId: "X" };
  return { ...named, type: kind, spot: !isSwap, swap: isSwap, contract: isSwap, linear: isSwap, active: true };
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}
