import { type PolledChannel, requestEach } from "../polling/polled-channel.ts";

const OK = /^\s*\{\s*"retCode"\s*:\s*0\s*,/;
const SHOWN_MAX = 120;

/**
 * Status and increments, once a minute, each symbol by itself: an answer about one is a kilobyte, about all of a market
 * most of a megabyte, in pages.
 *
 * @see https://bybit-exchange.github.io/docs/v5/market/instrument
 */
export function bybitPolled(category: "spot" | "linear" | "inverse"): readonly PolledChannel[] {
  return [
    {
      name: "instruments-info",
      everyMs: 60_000,
      requests: (rawSymbols) =>
        requestEach(rawSymbols, (symbol) => `/v5/market/instruments-info?category=${category}&symbol=${symbol}`),
      refusal(body) {
        const start = new TextDecoder().decode(body.subarray(0, SHOWN_MAX));
        return OK.test(start) ? undefined : start;
      },
    },
  ];
}
