import type { SnapshotRequest } from "../../domain/index.ts";

/** How one market gives snapshots. */
export interface SnapshotEndpoint {
  readonly url: string;
  /** The counts of levels that it gives, each with its weight; where `isAnyLimit`, also those between. */
  readonly limits: readonly { readonly levels: number; readonly weight: number }[];
  readonly isAnyLimit: boolean;
}

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book */
export const SPOT_SNAPSHOTS: SnapshotEndpoint = {
  url: "https://api.binance.com/api/v3/depth",
  limits: [
    { levels: 100, weight: 5 },
    { levels: 500, weight: 25 },
    { levels: 1000, weight: 50 },
    { levels: 5000, weight: 250 },
  ],
  isAnyLimit: true,
};

const FUTURES_LIMITS: SnapshotEndpoint["limits"] = [
  { levels: 5, weight: 2 },
  { levels: 10, weight: 2 },
  { levels: 20, weight: 2 },
  { levels: 50, weight: 2 },
  { levels: 100, weight: 5 },
  { levels: 500, weight: 10 },
  { levels: 1000, weight: 20 },
];

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book */
export const USDM_SNAPSHOTS: SnapshotEndpoint = {
  url: "https://fapi.binance.com/fapi/v1/depth",
  limits: FUTURES_LIMITS,
  isAnyLimit: false,
};

/** @see https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Order-Book */
export const COINM_SNAPSHOTS: SnapshotEndpoint = {
  url: "https://dapi.binance.com/dapi/v1/depth",
  limits: FUTURES_LIMITS,
  isAnyLimit: false,
};

/** The request for at least `depth` levels a side, or for as many as there are. */
export function snapshotRequest(
  { url, limits, isAnyLimit }: SnapshotEndpoint,
  rawSymbol: string,
  depth: number = Number.POSITIVE_INFINITY,
): SnapshotRequest {
  const found = limits.find(({ levels }) => levels >= depth) ?? limits.at(-1);
  const levels = found?.levels ?? 0;
  const limit = isAnyLimit ? Math.max(1, Math.min(levels, Math.ceil(depth))) : levels;
  return { url: `${url}?symbol=${encodeURIComponent(rawSymbol)}&limit=${limit}`, weight: found?.weight ?? 0 };
}

const DEPTH_PATH = /\/(?:api\/v[13]|fapi\/v1|dapi\/v1)\/depth$/;

/** The symbol whose snapshot a URL asks for; undefined where it asks for something else. */
export function symbolOfSnapshot(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { pathname, searchParams } = new URL(url);
  return DEPTH_PATH.test(pathname) ? (searchParams.get("symbol") ?? undefined) : undefined;
}
