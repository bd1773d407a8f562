import { formatInstant } from "../domain/index.ts";
import type { BarExtent, BarReader } from "./bar-reader.ts";
import { type BarKey, compareBars, type KeyedBar, keyOf } from "./bar-rows.ts";
import type { TimeWindow } from "./narrowing.ts";
import type { BarsRequest } from "./query.ts";

export interface FillInput {
  readonly range: Pick<BarsRequest, "startUs" | "endUs" | "order">;
  /** Continue after this bar. */
  readonly key: BarKey | undefined;
  readonly limit: number;
  readonly intervalUs: number;
  readonly reader: Pick<BarReader, "extents" | "all" | "lastBefore">;
}

/**
 * A page of bars in which intervals without a trade stand as venues print them: open, high, low and close at the
 * previous close, volumes and trades 0. A listing's series goes from its first to its last bar of the range; nothing is
 * made up before or after. Which intervals a page covers follows from that alone, so pages join without a seam.
 */
export async function fillPage({ range, key, limit, intervalUs, reader }: FillInput): Promise<readonly KeyedBar[]> {
  const window = { startUs: range.startUs, endUs: range.endUs };
  const extents = await reader.extents(window);
  const keys = [...series({ extents, key, order: range.order, intervalUs }, limit)];
  const times = keys.map(({ startUs }) => startUs);
  if (keys.length === 0) return [];
  const [firstUs, lastUs] = [Math.min(...times), Math.max(...times)];
  const bars = await reader.all(clipped(window, { startUs: firstUs, endUs: lastUs + intervalUs }));
  const previous = needsPrevious(keys, bars) ? await reader.lastBefore(window, firstUs) : [];
  const filled = carryForward([...previous, ...bars], keys);
  return keys.map((each) => filled.get(textOf(each))).filter((bar) => bar !== undefined);
}

interface SeriesInput {
  readonly extents: readonly BarExtent[];
  readonly key: BarKey | undefined;
  readonly order: BarsRequest["order"];
  readonly intervalUs: number;
}

/** The keys of the filled series in the request's order, after `key`, up to `limit`. */
function* series({ extents, key, order, intervalUs }: SeriesInput, limit: number): Generator<BarKey> {
  const sign = order === "ascending" ? 1 : -1;
  const listings = [...extents].sort((a, b) => sign * compareBars({ ...a, startUs: 0 }, { ...b, startUs: 0 }));
  let left = limit;
  let timeUs = key?.startUs ?? edge(listings, sign, Number.NEGATIVE_INFINITY);
  while (timeUs !== undefined && left > 0) {
    for (const { venue, rawSymbol, firstUs, lastUs } of listings) {
      const each = { startUs: timeUs, venue, rawSymbol };
      const isAfter = key === undefined || sign * compareBars(each, key) > 0;
      if (timeUs < firstUs || timeUs > lastUs || !isAfter || left === 0) continue;
      left -= 1;
      yield each;
    }
    const next: number = timeUs + sign * intervalUs;
    const isCovered = listings.some(({ firstUs, lastUs }) => firstUs <= next && next <= lastUs);
    timeUs = isCovered ? next : edge(listings, sign, sign * timeUs);
  }
}

/** The nearest beginning of a series beyond `after` (both times the sign of the order). */
function edge(extents: readonly BarExtent[], sign: number, after: number): number | undefined {
  const starts = extents.map(({ firstUs, lastUs }) => (sign > 0 ? firstUs : -lastUs)).filter((start) => start > after);
  return starts.length === 0 ? undefined : sign * Math.min(...starts);
}

/** True when a listing's first interval of the page has no bar of its own. */
function needsPrevious(keys: readonly BarKey[], bars: readonly KeyedBar[]): boolean {
  const present = new Set(bars.map((bar) => textOf(keyOf(bar))));
  const earliest = new Map<string, BarKey>();
  for (const key of keys) {
    const listing = listingOf(key);
    if (key.startUs < (earliest.get(listing)?.startUs ?? Number.POSITIVE_INFINITY)) earliest.set(listing, key);
  }
  return [...earliest.values()].some((key) => !present.has(textOf(key)));
}

/** A bar for each key: its own, or an empty one at the close of the latest before it. */
function carryForward(bars: readonly KeyedBar[], keys: readonly BarKey[]): ReadonlyMap<string, KeyedBar> {
  const own = new Map(bars.map((bar) => [textOf(keyOf(bar)), bar]));
  const last = new Map<string, KeyedBar>();
  const filled = new Map<string, KeyedBar>();
  const events = [...bars.map(keyOf), ...keys].sort((a, b) => a.startUs - b.startUs);
  for (const key of events) {
    const bar = own.get(textOf(key));
    const previous = last.get(listingOf(key));
    if (bar !== undefined) last.set(listingOf(key), bar);
    const shown = bar ?? (previous === undefined ? undefined : emptyBar(previous, key.startUs));
    if (shown !== undefined) filled.set(textOf(key), shown);
  }
  return filled;
}

function emptyBar({ row }: KeyedBar, startUs: number): KeyedBar {
  const { close } = row;
  const nothing = { volume: "0", quoteVolume: "0", buyVolume: "0", sellVolume: "0", vwap: null, trades: 0 };
  const prices = { open: close, high: close, low: close, close };
  return {
    startUs,
    row: { ...row, ...prices, ...nothing, start: formatInstant(startUs), revision: 0, cause: "closed", complete: true },
  };
}

function clipped(
  { startUs, endUs }: TimeWindow,
  window: { readonly startUs: number; readonly endUs: number },
): TimeWindow {
  return {
    startUs: Math.max(window.startUs, startUs ?? window.startUs),
    endUs: Math.min(window.endUs, endUs ?? window.endUs),
  };
}

function listingOf({ venue, rawSymbol }: BarKey): string {
  return `${venue} ${rawSymbol}`;
}

function textOf(key: BarKey): string {
  return `${key.startUs} ${listingOf(key)}`;
}
