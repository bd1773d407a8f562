import { InvalidInputError, K2Error } from "../../base/index.ts";
import type { CcxtExchange, CcxtExchanges } from "./ccxt-exchange.ts";

/** Not a dependency of K2: whoever wants it installs it. */
const PACKAGE = "ccxt";

/** A feed `ccxt:…` is to be captured, and the package is not installed. */
export class CcxtMissingError extends K2Error {
  readonly code = "K2_CCXT_MISSING";
  readonly remedy = "fix-input";
}

interface CcxtModule {
  readonly version: string;
  readonly pro: Readonly<Record<string, (new (options: object) => CcxtExchange) | undefined>>;
}

/** @throws {CcxtMissingError} when the package is not installed */
export function requireCcxt(): void {
  try {
    import.meta.resolve(PACKAGE);
  } catch (cause) {
    throw new CcxtMissingError(
      "Feeds ccxt:<exchange> need the package ccxt, which is not installed. Nothing was started. Run: npm install ccxt",
      { cause },
    );
  }
}

/**
 * Loads ccxt and makes an exchange of it, its markets known.
 *
 * @throws {CcxtMissingError} when the package is not installed
 * @throws {InvalidInputError} when ccxt has no streams of such an exchange
 */
export async function loadExchange(exchange: string, url: string | undefined): Promise<CcxtExchanges> {
  requireCcxt();
  const { default: ccxt } = (await import(PACKAGE)) as { readonly default: CcxtModule };
  return await exchangesOf(ccxt, exchange, url);
}

/** As `loadExchange`, of a ccxt that is loaded. */
export async function exchangesOf(
  { version, pro }: CcxtModule,
  exchange: string,
  url: string | undefined,
): Promise<CcxtExchanges> {
  const Exchange = pro[exchange];
  if (typeof Exchange !== "function") {
    throw new InvalidInputError(
      `ccxt ${version} has no streams of ${exchange}. Choose one of: ${Object.keys(pro).filter(isExchange).join(", ")}`,
    );
  }
  const make = (number: CcxtExchange["number"]): CcxtExchange => {
    const made = new Exchange({ enableRateLimit: true, newUpdates: true });
    made.number = number;
    if (url !== undefined) made.urls["api"] = redirected(made.urls["api"], url);
    return made;
  };
  const exchanges = { version, trades: make(String), books: make(Number) };
  // ccxt opens ws:// (a venue on this machine) only with an agent that it loads on demand.
  if (url?.startsWith("ws:")) for (const each of [exchanges.trades, exchanges.books]) await each.loadHttpProxyAgent?.();
  await exchanges.trades.loadMarkets();
  return exchanges;
}

const isExchange = (name: string): boolean => /^[a-z0-9]+$/.test(name);

/** The endpoints of an exchange with all those of streams replaced by one. */
export function redirected(endpoints: unknown, url: string): unknown {
  if (typeof endpoints === "string") return /^wss?:/.test(endpoints) ? url : endpoints;
  if (typeof endpoints !== "object" || endpoints === null) return endpoints;
  return Object.fromEntries(Object.entries(endpoints).map(([name, value]) => [name, redirected(value, url)]));
}
