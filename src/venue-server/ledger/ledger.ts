import type { FaultKind } from "../faults/index.ts";
import { SeenIds } from "./seen-ids.ts";
import { type SummedTrade, TradeSum, type TradeTotals } from "./trade-sum.ts";

/** The distinct trades of one symbol that one channel of one feed sent readable to at least one client. */
export interface LedgerTrades extends TradeTotals {
  readonly feed: string;
  /** The venue's channel or stream type: "trade", "aggTrade", "market_trades". */
  readonly channel: string;
  readonly symbol: string;
  /** Trades sent once more: to a second client, in a snapshot, after a rewind or by a duplicate. */
  readonly repeats: number;
}

/** What one kind of fault did on one feed. */
export interface LedgerFaults {
  readonly feed: string;
  readonly kind: FaultKind;
  /** How often a rule struck. */
  readonly times: number;
  /** Frames changed, held back, added or swallowed because of it. */
  readonly frames: number;
  /** Trade records within those frames. */
  readonly trades: number;
}

export interface LedgerFeed {
  readonly feed: string;
  /** Sockets accepted so far. */
  readonly connections: number;
  /** Played frames written to a socket, every copy counted; answers and heartbeats are not. */
  readonly frames: number;
  /** Requests answered with the venue's error. */
  readonly refusals: number;
  /** Connections that the server cut because the client read too slowly. */
  readonly slowClients: number;
}

/** Everything the server did, so that a test can compare "sent" with "stored". Decimals are text. */
export interface LedgerReport {
  readonly feeds: readonly LedgerFeed[];
  readonly trades: readonly LedgerTrades[];
  readonly faults: readonly LedgerFaults[];
}

export interface SentTrade extends SummedTrade {
  /** What makes the trade the same trade when it is sent again: a number or a text that no other trade has. */
  readonly key: number | string;
}

/** One line of the ledger, to which trades are added as they are written to a socket. */
export class LedgerRow {
  readonly feed: string;
  readonly channel: string;
  readonly symbol: string;
  readonly #seen = new SeenIds();
  readonly #sum = new TradeSum();
  #repeats = 0;

  constructor(place: { readonly feed: string; readonly channel: string; readonly symbol: string }) {
    this.feed = place.feed;
    this.channel = place.channel;
    this.symbol = place.symbol;
  }

  /** @returns true when this trade was not yet sent; then add it with `count` */
  isNew(key: number | string): boolean {
    const isNew = this.#seen.add(key);
    if (!isNew) this.#repeats += 1;
    return isNew;
  }

  add(trade: SentTrade): void {
    if (this.isNew(trade.key)) this.#sum.add(trade);
  }

  /** Adds a trade that `isNew`, without parsing; see `TradeSum.addScaled`. */
  count(trade: SummedTrade, sizeMantissa: number, scale: number): void {
    this.#sum.addScaled(trade, sizeMantissa, scale);
  }

  report(): LedgerTrades {
    const { feed, channel, symbol } = this;
    return { feed, channel, symbol, ...this.#sum.totals(), repeats: this.#repeats };
  }
}

interface FeedCounts {
  connections: number;
  frames: number;
  refusals: number;
  slowClients: number;
}

/** Counts while the server runs; `report()` reads it at any time. */
export class Ledger {
  readonly #rows = new Map<string, LedgerRow>();
  readonly #feeds = new Map<string, FeedCounts>();
  readonly #faults = new Map<
    string,
    { feed: string; kind: FaultKind; times: number; frames: number; trades: number }
  >();

  feed(feed: string): FeedCounts {
    return entry(this.#feeds, feed, () => ({ connections: 0, frames: 0, refusals: 0, slowClients: 0 }));
  }

  row(place: { readonly feed: string; readonly channel: string; readonly symbol: string }): LedgerRow {
    const key = `${place.feed}\n${place.channel}\n${place.symbol}`;
    return entry(this.#rows, key, () => new LedgerRow(place));
  }

  fault(
    feed: string,
    kind: FaultKind,
    change: { readonly times: number; readonly frames: number; readonly trades: number },
  ): void {
    const counts = entry(this.#faults, `${feed}\n${kind}`, () => ({ feed, kind, times: 0, frames: 0, trades: 0 }));
    counts.times += change.times;
    counts.frames += change.frames;
    counts.trades += change.trades;
  }

  report(): LedgerReport {
    return {
      feeds: [...this.#feeds].map(([feed, counts]) => ({ feed, ...counts })).sort(byText((row) => row.feed)),
      trades: [...this.#rows.values()]
        .map((row) => row.report())
        .filter((row) => row.trades > 0)
        .sort(byText((row) => `${row.feed}\n${row.channel}\n${row.symbol}`)),
      faults: [...this.#faults.values()].map((row) => ({ ...row })).sort(byText((row) => `${row.feed}\n${row.kind}`)),
    };
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function byText<T>(text: (row: T) => string): (a: T, b: T) => number {
  return (a, b) => (text(a) < text(b) ? -1 : 1);
}
