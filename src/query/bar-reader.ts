import { BAR_INTERVAL_US, BARS, type Bar } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import {
  BAR_COLUMNS,
  type BarKey,
  barRow,
  barRowOf,
  compareBars,
  type KeyedBar,
  keyOf,
  type SelectedBar,
  selectBarRows,
} from "./bar-rows.ts";
import { narrowing, type TimeWindow } from "./narrowing.ts";
import type { BarsRequest } from "./query.ts";
import { filterOf } from "./range.ts";
import type { Sources } from "./sources.ts";

export interface BarsContext {
  readonly sources: Sources;
  readonly store: Pick<Store, "query" | "listings">;
  /** Bars that the store may not have yet: open ones, and those closed a moment ago. */
  readonly openBars: readonly Bar[];
}

/** Which bars a listing has in the range. */
export interface BarExtent {
  readonly venue: string;
  readonly rawSymbol: string;
  readonly firstUs: number;
  readonly lastUs: number;
}

/** Reads bars of one request from lake, store and the open ones. */
export class BarReader {
  readonly #request: BarsRequest;
  readonly #context: BarsContext;
  readonly #signal: AbortSignal | undefined;
  readonly #open: readonly KeyedBar[];

  constructor(request: BarsRequest, context: BarsContext, signal: AbortSignal | undefined) {
    this.#request = request;
    this.#context = context;
    this.#signal = signal;
    this.#open = openRows(request, context);
  }

  /** Up to `limit` bars in the request's order, after `key`. */
  async page(range: TimeWindow, key: BarKey | undefined, limit: number): Promise<readonly KeyedBar[]> {
    const { order, interval } = this.#request;
    const times = await this.#context.sources.times(BARS);
    let found: readonly KeyedBar[] = this.#merged([], range, key, limit);
    const firstWidthUs = 2 * limit * BAR_INTERVAL_US[interval];
    for (const window of narrowing({ ...range, order, times, firstWidthUs })) {
      found = this.#merged(await this.#read(window, key, limit), window, key, limit);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** First and last bar of each listing within the range. */
  async extents(range: TimeWindow): Promise<readonly BarExtent[]> {
    const relation = await this.#relation(range, ["venue", "raw_symbol", "start"]);
    const rows =
      relation === undefined
        ? []
        : await this.#rows(
            `SELECT venue, raw_symbol, epoch_us(min("start"))::DOUBLE, epoch_us(max("start"))::DOUBLE FROM ${relation} GROUP BY ALL`,
          );
    const known = (rows as [string, string, number, number][]).map(([venue, rawSymbol, firstUs, lastUs]) => ({
      venue,
      rawSymbol,
      firstUs,
      lastUs,
    }));
    const open = this.#open
      .filter(({ startUs }) => within(range, startUs))
      .map(({ startUs, row }) => ({ venue: row.venue, rawSymbol: row.rawSymbol, firstUs: startUs, lastUs: startUs }));
    return united([...known, ...open]);
  }

  /** All bars of a window that a page of the filled series covers. */
  async all(window: TimeWindow): Promise<readonly KeyedBar[]> {
    return this.#merged(await this.#read(window, undefined, undefined), window, undefined, undefined);
  }

  /** The last bar of each listing at or after `range.startUs` and before `beforeUs`. */
  async lastBefore(range: TimeWindow, beforeUs: number): Promise<readonly KeyedBar[]> {
    const relation = await this.#relation({ startUs: range.startUs, endUs: beforeUs }, BAR_COLUMNS);
    const sql = `SELECT * FROM ${latest(relation ?? "")} QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol ORDER BY "start" DESC) = 1`;
    const stored =
      relation === undefined
        ? []
        : (await this.#rows(selectBarRows(`(${sql})`))).map((row) => barRow(row as SelectedBar));
    const open = this.#open.filter(({ startUs }) => startUs < beforeUs && within(range, startUs));
    return merge(stored, open);
  }

  async #read(window: TimeWindow, key: BarKey | undefined, limit: number | undefined): Promise<readonly KeyedBar[]> {
    const relation = await this.#relation(window, BAR_COLUMNS);
    if (relation === undefined) return [];
    const { order } = this.#request;
    const [direction, comparison] = order === "ascending" ? (["ASC", ">"] as const) : (["DESC", "<"] as const);
    const after =
      key === undefined
        ? ""
        : `WHERE ("start", venue, raw_symbol) ${comparison} (make_timestamptz(${key.startUs}), ${text(key.venue)}, ${text(key.rawSymbol)})`;
    const sql = `${selectBarRows(latest(relation))} ${after}
      ORDER BY "start" ${direction}, venue ${direction}, raw_symbol ${direction} ${limit === undefined ? "" : `LIMIT ${limit}`}`;
    return (await this.#rows(sql)).map((row) => barRow(row as SelectedBar));
  }

  async #rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    return (await this.#context.store.query(sql, { signal: this.#signal })).rows;
  }

  async #relation(window: TimeWindow, columns: readonly string[]): Promise<string | undefined> {
    const { interval } = this.#request;
    return await this.#context.sources.relation(BARS, { ...filterOf(this.#request), ...window, interval, columns });
  }

  #merged(
    stored: readonly KeyedBar[],
    window: TimeWindow,
    key: BarKey | undefined,
    limit: number | undefined,
  ): readonly KeyedBar[] {
    const sign = this.#request.order === "ascending" ? 1 : -1;
    const open = this.#open.filter(
      (bar) => within(window, bar.startUs) && (key === undefined || sign * compareBars(keyOf(bar), key) > 0),
    );
    return merge(stored, open)
      .sort((a, b) => sign * compareBars(keyOf(a), keyOf(b)))
      .slice(0, limit);
  }
}

/** Of two rows about one bar the one known later: a closed one before an open one, then the higher revision. */
function merge(stored: readonly KeyedBar[], open: readonly KeyedBar[]): KeyedBar[] {
  const merged = new Map<string, KeyedBar>();
  for (const bar of [...stored, ...open]) {
    const key = `${bar.startUs} ${bar.row.venue} ${bar.row.rawSymbol}`;
    const other = merged.get(key);
    const isNewer =
      other === undefined ||
      (bar.row.complete === other.row.complete ? bar.row.revision > other.row.revision : bar.row.complete);
    if (isNewer) merged.set(key, bar);
  }
  return [...merged.values()];
}

function united(extents: readonly BarExtent[]): readonly BarExtent[] {
  const byListing = new Map<string, BarExtent>();
  for (const extent of extents) {
    const key = `${extent.venue} ${extent.rawSymbol}`;
    const other = byListing.get(key) ?? extent;
    byListing.set(key, {
      ...extent,
      firstUs: Math.min(extent.firstUs, other.firstUs),
      lastUs: Math.max(extent.lastUs, other.lastUs),
    });
  }
  return [...byListing.values()];
}

function within({ startUs, endUs }: TimeWindow, timeUs: number): boolean {
  return (startUs === undefined || timeUs >= startUs) && (endUs === undefined || timeUs < endUs);
}

/** The highest revision of each bar. */
function latest(relation: string): string {
  return `(SELECT * FROM ${relation} QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "start" ORDER BY revision DESC) = 1)`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The bars of the pipeline's memory that the request admits. */
function openRows({ interval, includeOpen, asOf, ...request }: BarsRequest, context: BarsContext): readonly KeyedBar[] {
  if (asOf !== undefined) return [];
  const { symbols, venues } = filterOf({ ...request });
  const listings = context.store.listings();
  return context.openBars.flatMap((bar) => {
    const listing = listings[bar.listing];
    if (listing === undefined || bar.interval !== interval || !(bar.complete || includeOpen)) return [];
    const isWanted = (symbols?.includes(listing.symbol) ?? true) && (venues?.includes(listing.venue) ?? true);
    return isWanted ? [{ startUs: bar.startUs, row: barRowOf(bar, listing) }] : [];
  });
}
