import type { Frame } from "../../domain/index.ts";
import { type LedgerReport, TradeSum, type TradeTotals } from "../ledger/index.ts";
import type { FramesSource, MarketSource } from "../options.ts";
import { PROTOCOLS } from "../protocols/index.ts";
import type { BareClient } from "./bare-client.ts";

export const START_NS = 1_786_309_548_000_000_000n;
/** A market of Binance alone, the same in every run. */
export const market = (more: Partial<MarketSource> = {}): MarketSource => ({
  kind: "market",
  seed: 11,
  tradesPerSecond: 1000,
  startTimeNs: START_NS,
  firstTradeId: 1,
  feeds: ["binance"],
  ...more,
});

/** Binance frames `trade` of two symbols by turns, one every `everyMs`, as a recorder would have kept them. */
export function recorded(count: number, { everyMs = 10 }: { readonly everyMs?: number } = {}): readonly Frame[] {
  return Array.from({ length: count }, (_, index) => {
    const symbol = index % 2 === 0 ? "BTCUSDT" : "ETHUSDT";
    const text = `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":${1000 + index},"s":"${symbol}","t":${100 + (index >> 1)},"p":"${index + 1}.50","q":"0.0${(index % 9) + 1}0","T":${1000 + index},"m":${index % 3 === 0},"M":true}}`;
    return {
      kind: "received",
      feed: "binance",
      connection: "binance/0",
      epoch: 0,
      timeNs: START_NS + BigInt(index * everyMs) * 1_000_000n,
      source: "live",
      payload: Buffer.from(text),
    };
  });
}

export const textOf = ({ payload }: { readonly payload: Uint8Array }): string => Buffer.from(payload).toString("utf8");

/** The frames as a raw log. */
export function tape(frames: readonly Frame[], more: Partial<FramesSource> = {}): FramesSource {
  return {
    kind: "frames",
    feeds: ["binance"],
    frames: async function* () {
      yield* frames;
    },
    ...more,
  };
}

/** A Binance request. */
export const subscribe = (...params: readonly string[]): object => ({ method: "SUBSCRIBE", params, id: 1 });
/** The streams of `recorded()`. */
export const BOTH: readonly string[] = ["btcusdt@trade", "ethusdt@trade"];
export const isTrade = (text: string): boolean => text.includes('"e":"trade"');

/** Sums what a client heard, the way the ledger does; each id once. */
export function heardTotals(feed: string, frames: readonly string[]): Readonly<Record<string, TradeTotals>> {
  const protocol = PROTOCOLS.find((known) => known.feed === feed);
  const rows = new Map<string, { readonly sum: TradeSum; readonly ids: Set<string> }>();
  for (const frame of frames) {
    for (const { channel, symbol, id = "", ...trade } of protocol?.tradesOf(frame) ?? []) {
      const row = rows.get(`${channel} ${symbol}`) ?? { sum: new TradeSum(), ids: new Set() };
      rows.set(`${channel} ${symbol}`, row);
      if (row.ids.has(id)) continue;
      row.ids.add(id);
      row.sum.add({ ...trade, id });
    }
  }
  return Object.fromEntries([...rows].sort().map(([key, { sum }]) => [key, sum.totals()]));
}

/** The ledger of one feed, in the same form. */
export function sentTotals(report: LedgerReport, feed: string): Readonly<Record<string, TradeTotals>> {
  const rows = report.trades.filter((row) => row.feed === feed);
  return Object.fromEntries(
    rows.map(({ channel, symbol, feed: _feed, repeats: _repeats, ...totals }) => [`${channel} ${symbol}`, totals]),
  );
}

/** What the client has heard of everything that was sent until now: a WebSocket answers a ping in its turn. */
export async function settled(client: BareClient): Promise<readonly string[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  client.webSocket.once("pong", () => resolve());
  client.webSocket.ping();
  await promise;
  return client.heard;
}
