/**
 * What Kraken calls an asset otherwise than the rest of the world does. Data, not code: a line a fact, with the
 * period in which it holds (UTC dates, the end exclusive; undefined: still).
 *
 * @see https://support.kraken.com/articles/360001206766-bitcoin-currency-code-xbt-vs-btc
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket where v1 spells XBT/USD and v2 BTC/USD
 */
export interface AssetAlias {
  /** Feed id: the two protocols of the one market spell differently. */
  readonly feed: string;
  readonly asset: string;
  readonly alias: string;
  readonly from: string;
  readonly until: string | undefined;
}

/** v1 has spoken so in all its recordings (it opened in 2019); v2 has no aliases. */
export const KRAKEN_ALIASES: readonly AssetAlias[] = [
  { feed: "kraken-v1", asset: "BTC", alias: "XBT", from: "2019-01-01", until: undefined },
  { feed: "kraken-v1", asset: "DOGE", alias: "XDG", from: "2019-01-01", until: undefined },
];

/** The venue's spelling of an asset on a feed as it stands now. */
export function krakenAsset(feed: string, asset: string): string {
  const alias = KRAKEN_ALIASES.find(
    (entry) => entry.feed === feed && entry.asset === asset && entry.until === undefined,
  );
  return alias?.alias ?? asset;
}
