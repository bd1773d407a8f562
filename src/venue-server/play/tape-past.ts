import type { RecordedTrade } from "../protocols/index.ts";
import type { PastTrade, PastTrades } from "./source.ts";

/** Trades kept a symbol; recordings that are asked about are shorter. */
const KEPT_MAX = 100_000;

/** What a recording has played, by feed and symbol, for those who ask over HTTP. */
export class TapePast {
  readonly #bySymbol = new Map<string, Map<string, PastTrade>>();

  add(feed: string, trades: readonly RecordedTrade[]): void {
    for (const { symbol, id, price, size, side, timeUs, sequence } of trades) {
      if (id === undefined || timeUs === undefined) continue;
      const key = `${feed}\n${symbol}`;
      const known = this.#bySymbol.get(key) ?? new Map<string, PastTrade>();
      this.#bySymbol.set(key, known);
      if (known.has(id)) continue;
      const number = /^\d{1,15}$/.test(id) ? Number(id) : known.size;
      const isBuy = side === "buy";
      known.set(id, { id, number, price, size, isBuy, timeUs, sequence: Number(sequence ?? 0), aggregate: number });
      const [oldest] = known.keys();
      if (known.size > KEPT_MAX && oldest !== undefined) known.delete(oldest);
    }
  }

  of(feed: string, symbol: string): PastTrades | undefined {
    const known = this.#bySymbol.get(`${feed}\n${symbol}`);
    if (known === undefined) return undefined;
    const ascending = (): readonly PastTrade[] => [...known.values()].sort((a, b) => a.number - b.number);
    return {
      from: async (number, countMax) =>
        ascending()
          .filter((trade) => trade.number >= number)
          .slice(0, countMax),
      before: async (number, countMax) =>
        ascending()
          .filter((trade) => number === undefined || trade.number < number)
          .slice(-countMax),
      since: async (timeUs, countMax) =>
        ascending()
          .filter((trade) => trade.timeUs >= timeUs)
          .slice(0, countMax),
    };
  }
}
