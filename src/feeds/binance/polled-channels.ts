import { type PolledChannel, type PollRequest, requestEach } from "../polling/polled-channel.ts";

/** Keeps an address shorter than 2,000 characters. */
const SYMBOLS_PER_REQUEST = 100;
const SPOT_INFO_WEIGHT = 20;

/**
 * Status and increments of spot: the chosen symbols together, once a minute. Without the lists of accounts that may trade
 * them, which are most of an answer.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information
 */
export const SPOT_POLLED: readonly PolledChannel[] = [
  {
    name: "exchangeInfo",
    everyMs: 60_000,
    requests(rawSymbols) {
      const requests: PollRequest[] = [];
      for (let from = 0; from < rawSymbols.length; from += SYMBOLS_PER_REQUEST) {
        const some = rawSymbols.slice(from, from + SYMBOLS_PER_REQUEST);
        const symbols = encodeURIComponent(JSON.stringify(some));
        const path = `/api/v3/exchangeInfo?symbols=${symbols}&showPermissionSets=false`;
        requests.push({ path, weight: SPOT_INFO_WEIGHT, rawSymbols: some });
      }
      return requests;
    },
  },
];

/**
 * Of futures: open interest of each symbol every ten seconds; status and increments of the whole market, which cannot be
 * asked for by symbol (a megabyte or more), every five minutes: `!contractInfo` tells of changes at once.
 *
 * @param prefix "/fapi/v1", "/dapi/v1"
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 * @see https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Open-Interest
 */
export function futuresPolled(prefix: string): readonly PolledChannel[] {
  return [
    {
      name: "openInterest",
      everyMs: 10_000,
      requests: (rawSymbols) => requestEach(rawSymbols, (symbol) => `${prefix}/openInterest?symbol=${symbol}`),
    },
    {
      name: "exchangeInfo",
      everyMs: 300_000,
      requests: () => [{ path: `${prefix}/exchangeInfo`, weight: 1, rawSymbols: [] }],
    },
  ];
}
