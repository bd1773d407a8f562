import { type Clock, describeError, systemClock } from "../../base/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { OpenSocket, Socket, SocketEnd, SocketHandlers } from "../socket.ts";
import type { CcxtExchange, CcxtExchanges, LoadExchange } from "./ccxt-exchange.ts";
import { BOOK_CHANNEL, FETCHED, WATCHED } from "./channels.ts";

/** What ccxt throws where asking again will not help: of one symbol, and the others go on. */
const REFUSALS: ReadonlySet<string> = new Set([
  "ArgumentsRequired",
  "AuthenticationError",
  "BadRequest",
  "BadSymbol",
  "NotSupported",
  "PermissionDenied",
]);
/** Between two requests for the trades of one symbol, where there is no stream; never more often than ccxt's own limit. */
const FETCH_EVERY_MS_MIN = 2000;
const FETCHED_MAX = 1000;
/** Ids of fetched trades that are remembered, so that none is told twice. */
const SEEN_MAX = 10_000;

const encoder = new TextEncoder();

/**
 * Makes "sockets" whose frames are ccxt's objects as JSON: to the rest of K2 an exchange of ccxt is a feed like any other.
 *
 * @param clock of K2's own pauses; ccxt has timers of its own
 */
export function ccxtSocket(exchange: string, load: LoadExchange, clock: Clock = systemClock): OpenSocket {
  return (url, handlers) => new CcxtSocket({ exchange, load, clock, url, handlers });
}

interface CcxtSocketOptions {
  readonly exchange: string;
  readonly load: LoadExchange;
  readonly clock: Clock;
  readonly url: string;
  readonly handlers: SocketHandlers;
}

class CcxtSocket implements Socket {
  readonly #options: CcxtSocketOptions;
  readonly #abort = new AbortController();
  #exchanges: CcxtExchanges | undefined;
  #isEnded = false;
  #resumed: PromiseWithResolvers<void> | undefined;

  constructor(options: CcxtSocketOptions) {
    this.#options = options;
    void this.#open();
  }

  send(frame: string): void {
    const request: unknown = JSON.parse(frame);
    if (!isObject(request)) return;
    const channel = String(request["subscribe"]);
    const symbol = String(request["symbol"]);
    void this.#watch(channel, symbol);
  }

  /** ccxt goes on to read, and keeps the last thousand trades of a symbol: what is beyond that meanwhile is lost. */
  pause(): void {
    this.#resumed ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  close(): void {
    this.#end({ kind: "closed", code: 1000, detail: "Closed by K2" });
  }

  terminate(): void {
    this.#end({ kind: "broken", detail: "Ended by K2" });
  }

  async #open(): Promise<void> {
    const { exchange, load, url, handlers } = this.#options;
    try {
      const exchanges = await load(exchange, new URL(url).hostname === "ccxt.invalid" ? undefined : url);
      if (this.#isEnded) {
        closeAll(exchanges);
        return;
      }
      this.#exchanges = exchanges;
      handlers.opened();
    } catch (error) {
      this.#end({ kind: "unreachable", detail: describeError(error) });
    }
  }

  async #watch(channel: string, symbol: string): Promise<void> {
    const exchanges = this.#exchanges;
    if (exchanges === undefined || this.#isEnded) return;
    try {
      const market = exchanges.trades.market(symbol);
      this.#tell({ subscribed: channel, symbol });
      const head = { symbol, contract: market.contract === true };
      if (channel === BOOK_CHANNEL.name) await this.#watchBook(exchanges.books, head);
      else if (channel === FETCHED) await this.#fetchTrades(exchanges.trades, head);
      else await this.#watchTrades(exchanges.trades, head);
    } catch (error) {
      if (this.#isEnded) return;
      const name = error instanceof Error ? error.constructor.name : "";
      if (REFUSALS.has(name)) this.#tell({ refused: channel, symbol, reason: `${name}: ${describeError(error)}` });
      else this.#end({ kind: "broken", detail: `${channel} of ${symbol}: ${describeError(error)}` });
    }
  }

  async #watchTrades(exchange: CcxtExchange, head: Head): Promise<void> {
    while (!this.#isEnded) {
      const result = await exchange.watchTrades(head.symbol);
      this.#tell({ method: "watchTrades", channel: WATCHED, ...head, result });
      await this.#resumed?.promise;
    }
  }

  async #fetchTrades(exchange: CcxtExchange, head: Head): Promise<void> {
    const seen = new Set<string>();
    while (!this.#isEnded) {
      const fetched = await exchange.fetchTrades(head.symbol, undefined, FETCHED_MAX);
      const result = fetched.filter((trade) => isNew(trade, seen));
      if (result.length > 0) this.#tell({ method: "fetchTrades", channel: FETCHED, ...head, result });
      await this.#resumed?.promise;
      const { signal } = this.#abort;
      await this.#options.clock.sleep(Math.max(FETCH_EVERY_MS_MIN, exchange.rateLimit), { signal });
    }
  }

  async #watchBook(exchange: CcxtExchange, head: Head): Promise<void> {
    const depth = BOOK_CHANNEL.depth ?? 0;
    while (!this.#isEnded) {
      const { bids, asks, timestamp, nonce } = await exchange.watchOrderBook(head.symbol);
      // Of ccxt's levels the price and the size; it changes the lists behind our back, so that they are told at once.
      const levels = (side: readonly (readonly unknown[])[]) => side.slice(0, depth).map((level) => level.slice(0, 2));
      const result = { bids: levels(bids), asks: levels(asks), timestamp, nonce };
      this.#tell({ method: "watchOrderBook", channel: BOOK_CHANNEL.name, ...head, result });
      await this.#resumed?.promise;
    }
  }

  #tell(message: object): void {
    if (this.#isEnded) return;
    const { exchange } = this.#options;
    const told = { ccxt: this.#exchanges?.version, exchange, ...message };
    this.#options.handlers.frame(encoder.encode(JSON.stringify(told)), true);
  }

  #end(end: SocketEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#abort.abort();
    this.resume();
    if (this.#exchanges !== undefined) closeAll(this.#exchanges);
    // Never from within the call that asked for it.
    queueMicrotask(() => this.#options.handlers.ended(end));
  }
}

interface Head {
  readonly symbol: string;
  readonly contract: boolean;
}

/** A trade without an id is always new: what it is called tells only with the others of its frame. */
function isNew(trade: unknown, seen: Set<string>): boolean {
  const id = isObject(trade) ? trade["id"] : undefined;
  if (typeof id !== "string") return true;
  if (seen.has(id)) return false;
  seen.add(id);
  for (const oldest of seen) {
    if (seen.size <= SEEN_MAX) break;
    seen.delete(oldest);
  }
  return true;
}

/** What still waits for ccxt is rejected by it; nobody listens any more. */
function closeAll({ trades, books }: CcxtExchanges): void {
  for (const exchange of [trades, books]) exchange.close().catch(() => {});
}
