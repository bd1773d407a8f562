import { abortable, type Clock, type Logger, type Metrics, type Random } from "../../base/index.ts";
import type { Gap, Source, TradeBatch } from "../../domain/index.ts";
import type { RestClient, RestClients } from "../../feeds/index.ts";
import type { Log } from "../../log/index.ts";
import type { Pipeline } from "../../pipeline/index.ts";
import { FetchedRecorder } from "./fetched-recorder.ts";
import { type AskedGap, type Conclusion, GapHealer } from "./heal-gap.ts";
import type { HealedFeed } from "./healed-feeds.ts";
import type { SeenRows } from "./seen-rows.ts";

/** Gaps that wait to be asked for; one more is given up. */
const WAITING_MAX = 10_000;
const NOT_ASKED: Conclusion = {
  coverage: "notOffered",
  requests: 0,
  detail: "the venue is not asked for this feed",
};

export interface HealingOptions {
  readonly feeds: readonly HealedFeed[];
  readonly log: Pick<Log, "append">;
  readonly pipeline: Pick<Pipeline, "gapDesk" | "listings">;
  /** Shared with all others who ask venues. */
  readonly clients: RestClients;
  /** The rows that are here, in which the last trade before a gap and the first after it are looked up. */
  readonly rows: SeenRows;
  /** What the answers' rows say of their origin. */
  readonly source: Source;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** One venue's endpoint and the gaps that wait for it. */
interface Desk {
  readonly client: RestClient | undefined;
  readonly waiting: Gap[];
  work: Promise<void> | undefined;
}

/** A connection's gap that is asked for from its beginning on. */
interface Watch {
  readonly task: Promise<void>;
  readonly closed: PromiseWithResolvers<Gap>;
  isClosed: boolean;
}

/**
 * Asks the venues for what gaps miss, gap after gap, one endpoint beside another: every answer goes into the raw log
 * before anything looks at it, and how it ended as well, so that what comes of it is decided by the pipeline, from the
 * log alone. Costs nothing while there are no gaps.
 *
 * A venue that tells only its newest trades is asked while its connection is still lost: afterwards may be too late.
 */
export class Healing {
  readonly #options: HealingOptions;
  readonly #feeds: ReadonlyMap<string, HealedFeed>;
  readonly #recorder: FetchedRecorder;
  readonly #healer: GapHealer;
  readonly #desks = new Map<string, Desk>();
  /** By gap. */
  readonly #watches = new Map<string, Watch>();
  /** Gaps that wait or are asked for. */
  readonly #known = new Set<string>();
  readonly #gaps;
  readonly #failed: PromiseWithResolvers<never> = Promise.withResolvers();
  #signal: AbortSignal | undefined;

  constructor(options: HealingOptions) {
    this.#options = options;
    this.#feeds = new Map(options.feeds.map((healed) => [healed.feed.id, healed]));
    this.#recorder = new FetchedRecorder(options.log, options.source);
    this.#failed.promise.catch(() => {}); // Told by `run`.
    const requests = options.metrics.counter({
      name: "k2_heal_requests_total",
      help: "Requests to venues for trades that were missed",
      labels: ["feed"],
    });
    this.#gaps = options.metrics.counter({
      name: "k2_heal_gaps_total",
      help: "Gaps that the venue was asked for, by how that ended",
      labels: ["feed", "coverage"],
    });
    const { pipeline, clock, random, rows } = options;
    this.#healer = new GapHealer({
      ...{ pipeline, clock, random, recorder: this.#recorder },
      // Rows of the simulated market all have one source, whether they were streamed or asked for.
      rows: options.source === "backfill" ? rows : undefined,
      onRequests: (feed, count) => requests.add({ feed }, count),
    });
  }

  /** Trades that have just become durable. */
  sawTrades(trades: TradeBatch): void {
    this.#healer.lateness.saw(trades);
  }

  /** Gaps that have just become durable. */
  sawGaps(gaps: readonly Gap[]): void {
    if (this.#signal?.aborted !== false) return; // Before `run` they are in the pipeline's state, after it for the next start.
    for (const gap of gaps) {
      const isOver = gap.cause === "missed" ? gap.state === "open" : gap.resolution === "reconnected";
      if (isOver) this.#enqueue(gap);
      else if (gap.state === "open" && gap.cause !== "missed") this.#watchNewest(gap);
    }
  }

  /**
   * Asks for what is open from before, and for all that comes, until aborted.
   *
   * @throws what the raw log rejects an append with
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const gap of this.#options.pipeline.gapDesk.gapsToHeal()) this.#enqueue(gap);
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    if (!signal.aborted) await Promise.race([aborted.promise, this.#failed.promise]);
    await Promise.all([...this.#watches.values()].map(({ task }) => task));
    await this.idle();
  }

  /** Resolves when nothing is asked for any more, but for connections that are lost still. */
  async idle(): Promise<void> {
    for (;;) {
      const working = [...this.#desks.values()].flatMap(({ work }) => (work === undefined ? [] : [work]));
      for (const { isClosed, task } of this.#watches.values()) if (isClosed) working.push(task);
      if (working.length === 0) return;
      await Promise.all(working);
    }
  }

  #enqueue(gap: Gap): void {
    const watch = this.#watchNewest(gap);
    if (watch !== undefined) {
      watch.isClosed = true;
      watch.closed.resolve(gap);
      return;
    }
    const healed = this.#feeds.get(gap.feed);
    if (healed === undefined || this.#known.has(gap.gapId)) return;
    // Nobody waits for the end of a connection's gap where nobody can be asked; missing ids are waited for by themselves.
    if (healed.endpoint === undefined && gap.cause !== "missed") return;
    this.#known.add(gap.gapId);
    const desk = this.#deskOf(healed);
    desk.waiting.push(gap);
    desk.work ??= this.#told(this.#work(desk)).finally(() => {
      desk.work = undefined;
    });
  }

  /** @returns the watch of a connection's gap whose venue tells only its newest trades */
  #watchNewest(gap: Gap): Watch | undefined {
    const healed = this.#feeds.get(gap.feed);
    const { rest } = healed?.feed ?? {};
    if (healed === undefined || rest?.isNewestOnly !== true || gap.cause === "missed") return undefined;
    const { client } = this.#deskOf(healed);
    const signal = this.#signal;
    if (client === undefined || signal === undefined) return undefined;
    const known = this.#watches.get(gap.gapId);
    if (known !== undefined) return known;
    const closed = Promise.withResolvers<Gap>();
    const task = this.#told(this.#watched({ gap, healed, rest, client, signal }, closed.promise)).finally(() => {
      this.#watches.delete(gap.gapId);
    });
    const watch = { task, closed, isClosed: false };
    this.#watches.set(gap.gapId, watch);
    return watch;
  }

  async #watched(asked: AskedGap, closed: Promise<Gap>): Promise<void> {
    await undefined; // Called while the pipeline tells of gaps: that comes first.
    const { signal } = asked;
    const watch = this.#healer.watch(asked);
    const stopping = new AbortController();
    const flows = abortable(closed, signal).then(async (gap) => {
      await this.#healer.untilHistoryHasIt(gap, signal);
      return gap;
    });
    const stop = (): void => stopping.abort();
    void flows.then(stop, stop);
    await watch.run(stopping.signal);
    const gap = await flows;
    const concluded = await this.#healer.concludeWatch(watch, { ...asked, gap });
    await this.#conclude(gap, asked.healed, concluded);
  }

  #deskOf(healed: HealedFeed): Desk {
    const { endpoint, feed } = healed;
    const key = endpoint ?? feed.id;
    const known = this.#desks.get(key);
    if (known !== undefined) return known;
    const client =
      endpoint === undefined || feed.rest === undefined
        ? undefined
        : this.#options.clients.of(endpoint, feed.rest.limits);
    const desk: Desk = { client, waiting: [], work: undefined };
    this.#desks.set(key, desk);
    return desk;
  }

  async #work(desk: Desk): Promise<void> {
    await undefined; // Called while the pipeline tells of gaps: that comes first.
    for (let gap = desk.waiting.shift(); gap !== undefined; gap = desk.waiting.shift()) {
      this.#signal?.throwIfAborted();
      const healed = this.#feeds.get(gap.feed) as HealedFeed;
      const concluded =
        desk.waiting.length >= WAITING_MAX
          ? { coverage: "givenUp" as const, requests: 0, detail: `more than ${WAITING_MAX} gaps wait` }
          : await this.#heal(gap, healed, desk.client);
      await this.#conclude(gap, healed, concluded);
      this.#known.delete(gap.gapId);
    }
  }

  async #heal(gap: Gap, healed: HealedFeed, client: RestClient | undefined): Promise<Conclusion> {
    const { rest } = healed.feed;
    const signal = this.#signal;
    if (client === undefined || rest === undefined || signal === undefined) return NOT_ASKED;
    return this.#healer.heal({ gap, healed, rest, client, signal });
  }

  async #conclude(gap: Gap, healed: HealedFeed, concluded: Conclusion): Promise<void> {
    const { gapId, feed } = gap;
    await this.#recorder.concluded(gap, healed, { gapId, ...concluded }, this.#options.clock.nowNs());
    this.#gaps.add({ feed, coverage: concluded.coverage });
    this.#options.logger.info({ gapId, ...concluded }, "asked the venue for what a gap misses");
  }

  /** What goes wrong ends `run`, unless it was to end anyway. */
  #told(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (this.#signal?.aborted !== true) this.#failed.reject(error);
    });
  }
}
