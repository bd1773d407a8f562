import type { Bar, BarInterval, Listings } from "../../domain/index.ts";
import { type BarRow, barRowOf, type QueryEngine } from "../../query/index.ts";
import { admits, type ListingFilter } from "./listing-filter.ts";
import type { Paced, Pacer } from "./pacer.ts";
import { Routes } from "./routes.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";

export interface BarsFilter extends ListingFilter {
  readonly interval: BarInterval;
}

export interface BarsChannelOptions {
  readonly listings: Listings;
  readonly query: Pick<QueryEngine, "bars">;
  readonly pacer: Pacer;
}

/**
 * Bars whenever they change; of several changes within a pause the last is sent. A snapshot is a query: what changes
 * while it runs is kept and sent after it, as far as the snapshot does not have it. Those who ask the same meanwhile
 * share the answer.
 */
export class BarsChannel {
  readonly #options: BarsChannelOptions;
  readonly #routes: Routes<Group>;
  /** What was published last of each listing's open bar, by interval. */
  readonly #open = new Map<string, Bar>();

  constructor(options: BarsChannelOptions) {
    this.#options = options;
    this.#routes = new Routes(options.listings, ({ filter }, listing) => admits(filter, listing));
  }

  /** @param bars open ones may be told again and again; one that has not changed goes no further */
  publish(bars: readonly Bar[]): void {
    if (this.#routes.size === 0) return;
    const touched = new Set<Group>();
    for (const bar of bars) {
      const groups = this.#routes.to(bar.listing).filter(({ filter }) => filter.interval === bar.interval);
      if (groups.length === 0 || this.#isUnchanged(bar)) continue;
      const change = new BarChange(barRowOf(bar, this.#options.listings.at(bar.listing)));
      for (const group of groups) {
        group.take(change);
        touched.add(group);
      }
    }
    for (const group of touched) if (group.hasGathered) this.#options.pacer.offer(group);
  }

  subscribe(filter: BarsFilter, snapshotRows: number, subscriber: Subscriber): Leave {
    const key = JSON.stringify([filter.symbol, filter.venue, filter.interval]);
    const group = this.#routes.open(key, () => new Group(filter));
    const opening = group.openings.get(snapshotRows) ?? this.#ask(key, group, snapshotRows);
    opening.subscribers.add(subscriber);
    return () => {
      opening.subscribers.delete(subscriber);
      group.subscribers.delete(subscriber);
      if (opening.subscribers.size === 0) opening.abort.abort(new Error("Nobody waits for this snapshot any more"));
      this.#closeIfUnused(key, group);
    };
  }

  /** Ends the queries under way. */
  [Symbol.dispose](): void {
    for (const group of this.#routes.groups()) {
      for (const { abort } of group.openings.values()) abort.abort(new Error("The stream is shutting down"));
    }
  }

  #isUnchanged(bar: Bar): boolean {
    if (bar.complete) return false;
    const key = `${bar.listing} ${bar.interval}`;
    const before = this.#open.get(key);
    this.#open.set(key, bar);
    return before?.startUs === bar.startUs && before.trades === bar.trades && before.volume === bar.volume;
  }

  #ask(key: string, group: Group, snapshotRows: number): Opening {
    const opening: Opening = { subscribers: new Set(), waiting: new Map(), abort: new AbortController() };
    group.openings.set(snapshotRows, opening);
    const isDone = (): void => {
      if (group.openings.get(snapshotRows) === opening) group.openings.delete(snapshotRows);
    };
    opening.abort.signal.addEventListener("abort", isDone);
    this.#snapshot(group.filter, snapshotRows, opening.abort.signal)
      .then(
        (rows) => {
          isDone();
          this.#join(group, opening, rows);
        },
        (error: unknown) => {
          isDone();
          for (const subscriber of opening.subscribers) subscriber.failed(error);
        },
      )
      .finally(() => this.#closeIfUnused(key, group));
    return opening;
  }

  /** Oldest first. */
  async #snapshot(filter: BarsFilter, limit: number, signal: AbortSignal): Promise<readonly BarRow[]> {
    if (limit === 0) return [];
    const { rows } = await this.#options.query.bars(
      {
        interval: filter.interval,
        ...(filter.symbol === undefined ? {} : { symbols: [filter.symbol] }),
        ...(filter.venue === undefined ? {} : { venues: [filter.venue] }),
        order: "descending",
        limit,
        includeOpen: true,
        fill: "none",
      },
      { signal },
    );
    return [...rows].reverse();
  }

  #join(group: Group, { subscribers, waiting }: Opening, rows: readonly BarRow[]): void {
    if (group.hasGathered) this.#options.pacer.flush(group); // The newcomers have these among `waiting`.
    const snapshot = tailOf(rows.map((row) => JSON.stringify(row)));
    const known = new Map(rows.map((row) => [keyOf(row), row]));
    const newer = [...waiting].filter(([key, { row }]) => isNewer(row, known.get(key)));
    const update = newer.length === 0 ? undefined : tailOf(newer.map(([, { text }]) => text));
    for (const subscriber of subscribers) {
      subscriber.snapshot(snapshot);
      if (update !== undefined) subscriber.update(update);
      if (subscribers.has(subscriber)) group.subscribers.add(subscriber); // Unless that was too much for it.
    }
  }

  #closeIfUnused(key: string, group: Group): void {
    if (group.subscribers.size > 0 || group.openings.size > 0) return;
    this.#options.pacer.forget(group);
    this.#routes.close(key, group);
  }
}

/** Those who wait for one snapshot, and what changed since it was asked for: the last state of each bar. */
interface Opening {
  readonly subscribers: Set<Subscriber>;
  readonly waiting: Map<string, BarChange>;
  readonly abort: AbortController;
}

/** Subscribers that asked the same question, and the bars that they will get next. */
class Group implements Paced {
  readonly filter: BarsFilter;
  readonly subscribers: Set<Subscriber> = new Set();
  /** By the size of the snapshot. */
  readonly openings: Map<number, Opening> = new Map();
  /** The last state of each bar that changed; as many as there are bars open. */
  readonly #gathered = new Map<string, BarChange>();

  constructor(filter: BarsFilter) {
    this.filter = filter;
  }

  get hasGathered(): boolean {
    return this.#gathered.size > 0;
  }

  take(change: BarChange): void {
    const key = keyOf(change.row);
    if (this.subscribers.size > 0) this.#gathered.set(key, change);
    for (const { waiting } of this.openings.values()) waiting.set(key, change);
  }

  flush(): void {
    if (this.#gathered.size === 0) return;
    const tail = tailOf([...this.#gathered.values()].map(({ text }) => text));
    this.#gathered.clear();
    for (const subscriber of this.subscribers) subscriber.update(tail);
  }
}

/** A bar's new state; its text is made once, when the first group sends it. */
class BarChange {
  readonly row: BarRow;
  #text: string | undefined;

  constructor(row: BarRow) {
    this.row = row;
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.row);
    return this.#text;
  }
}

function keyOf({ venue, rawSymbol, start }: BarRow): string {
  return `${venue}\n${rawSymbol}\n${start}`;
}

/** A bar gains trades while it is open, then closes, then is revised. */
function isNewer(row: BarRow, than: BarRow | undefined): boolean {
  if (than === undefined) return true;
  if (row.revision !== than.revision) return row.revision > than.revision;
  if (row.complete !== than.complete) return row.complete;
  return row.trades > than.trades;
}
