/**
 * What K2 uses of an exchange of ccxt: its documented interface, and no more of it.
 *
 * @see https://docs.ccxt.com/#/ccxt.pro.manual
 */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, unknown>>;
  /** How ccxt turns texts into numbers: `String` leaves them texts. */
  number: NumberConstructor | StringConstructor;
  /** Milliseconds between requests. */
  readonly rateLimit: number;
  readonly urls: Record<string, unknown>;
  loadMarkets(): Promise<unknown>;
  market(symbol: string): CcxtMarket;
  watchTrades(symbol: string): Promise<readonly unknown[]>;
  fetchTrades(symbol: string, since?: number, limit?: number): Promise<readonly unknown[]>;
  watchOrderBook(symbol: string, limit?: number): Promise<CcxtBook>;
  loadHttpProxyAgent?(): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface CcxtMarket {
  /** Amounts count contracts. */
  readonly contract?: boolean;
}

export interface CcxtBook {
  readonly bids: readonly (readonly unknown[])[];
  readonly asks: readonly (readonly unknown[])[];
  readonly timestamp?: unknown;
  readonly nonce?: unknown;
}

/** Two of an exchange: one that leaves numbers as texts, and one whose books need them as numbers. */
export interface CcxtExchanges {
  readonly version: string;
  readonly trades: CcxtExchange;
  readonly books: CcxtExchange;
}

/** @param url instead of the exchange's own endpoints for streams */
export type LoadExchange = (exchange: string, url: string | undefined) => Promise<CcxtExchanges>;
