import type { Clock, Logger, Metrics, Random } from "../../base/index.ts";
import type { Gap, GapConcluded, Source, TradeBatch } from "../../domain/index.ts";
import { RestClient } from "../../feeds/index.ts";
import type { Log } from "../../log/index.ts";
import type { Pipeline } from "../../pipeline/index.ts";
import { type Asked, askVenue } from "./ask-venue.ts";
import { FetchedRecorder } from "./fetched-recorder.ts";
import type { HealedFeed } from "./healed-feeds.ts";
import { Lateness } from "./lateness.ts";
import { type HealFacts, planHeal } from "./plan-heal.ts";

/** Gaps that wait to be asked for; one more is given up. */
const WAITING_MAX = 10_000;
/** A venue's history may be so far behind its stream. */
const HISTORY_BEHIND_MS = 1_000;
/** How often is asked again for what the history does not have yet. */
const BEHIND_TRIES_MAX = 3;

export interface HealingOptions {
  readonly feeds: readonly HealedFeed[];
  readonly log: Pick<Log, "append">;
  readonly pipeline: Pick<Pipeline, "gapDesk" | "listings">;
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

/**
 * Asks the venues for what gaps miss, gap after gap, one endpoint beside another: every answer goes into the raw log
 * before anything looks at it, and how it ended as well, so that what comes of it is decided by the pipeline, from the
 * log alone. Costs nothing while there are no gaps.
 */
export class Healing {
  readonly #options: HealingOptions;
  readonly #feeds: ReadonlyMap<string, HealedFeed>;
  readonly #recorder: FetchedRecorder;
  readonly #desks = new Map<string, Desk>();
  readonly #lateness = new Lateness();
  /** Gaps that wait or are asked for. */
  readonly #known = new Set<string>();
  readonly #requests;
  readonly #gaps;
  readonly #failed: PromiseWithResolvers<never> = Promise.withResolvers();
  #signal: AbortSignal | undefined;

  constructor(options: HealingOptions) {
    this.#options = options;
    this.#feeds = new Map(options.feeds.map((healed) => [healed.feed.id, healed]));
    this.#recorder = new FetchedRecorder(options.log, options.source);
    this.#failed.promise.catch(() => {}); // Told by `run`.
    this.#requests = options.metrics.counter({
      name: "k2_heal_requests_total",
      help: "Requests to venues for trades that were missed",
      labels: ["feed"],
    });
    this.#gaps = options.metrics.counter({
      name: "k2_heal_gaps_total",
      help: "Gaps that the venue was asked for, by how that ended",
      labels: ["feed", "coverage"],
    });
  }

  /** Trades that have just become durable. */
  sawTrades(trades: TradeBatch): void {
    this.#lateness.saw(trades);
  }

  /** Gaps that have just become durable. */
  sawGaps(gaps: readonly Gap[]): void {
    if (this.#signal?.aborted !== false) return; // Before `run` they are in the pipeline's state, after it for the next start.
    for (const gap of gaps) {
      if (gap.cause === "missed" ? gap.state === "open" : gap.resolution === "reconnected") this.#enqueue(gap);
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
    await this.idle();
  }

  /** Resolves when nothing is asked for any more. */
  async idle(): Promise<void> {
    for (;;) {
      const working = [...this.#desks.values()].flatMap(({ work }) => (work === undefined ? [] : [work]));
      if (working.length === 0) return;
      await Promise.all(working);
    }
  }

  #enqueue(gap: Gap): void {
    const healed = this.#feeds.get(gap.feed);
    if (healed === undefined || this.#known.has(gap.gapId)) return;
    // Nobody waits for the end of a connection's gap where nobody can be asked; missing ids are waited for by themselves.
    if (healed.endpoint === undefined && gap.cause !== "missed") return;
    this.#known.add(gap.gapId);
    const key = healed.endpoint ?? healed.feed.id;
    const desk = this.#desks.get(key) ?? this.#openDesk(key, healed);
    desk.waiting.push(gap);
    desk.work ??= this.#work(desk)
      .catch((error: unknown) => {
        if (this.#signal?.aborted !== true) this.#failed.reject(error);
      })
      .finally(() => {
        desk.work = undefined;
      });
  }

  #openDesk(key: string, { endpoint, feed }: HealedFeed): Desk {
    const { clock, logger } = this.#options;
    const client =
      endpoint === undefined || feed.rest === undefined
        ? undefined
        : new RestClient({ endpoint, limits: feed.rest.limits, clock, logger });
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
      await this.#recorder.concluded(gap, healed, { gapId: gap.gapId, ...concluded }, this.#options.clock.nowNs());
      this.#known.delete(gap.gapId);
      this.#gaps.add({ feed: gap.feed, coverage: concluded.coverage });
      this.#options.logger.info({ gapId: gap.gapId, ...concluded }, "asked the venue for what a gap misses");
    }
  }

  async #heal(gap: Gap, healed: HealedFeed, client: RestClient | undefined): Promise<Omit<GapConcluded, "gapId">> {
    const { rest, tradeIds } = healed.feed;
    if (client === undefined || rest === undefined)
      return { coverage: "notOffered", requests: 0, detail: "the venue is not asked for this feed" };
    const { pipeline } = this.#options;
    const listingOf = (rawSymbol: string): number | undefined =>
      pipeline.listings.find(healed.feed.venue, rawSymbol)?.index;
    const facts: HealFacts = {
      channels: healed.channels,
      hasIds: tradeIds !== undefined,
      known: (rawSymbol: string, isAggregate: boolean) => {
        const listing = listingOf(rawSymbol);
        return listing === undefined ? undefined : pipeline.gapDesk.idsKnown(listing, isAggregate);
      },
      missingOf: (gapId: string) => pipeline.gapDesk.missingOf(gapId),
      lateUs: (rawSymbol: string) => this.#lateness.of(listingOf(rawSymbol) ?? -1),
    };
    // Where only the newest can be had, every second counts; what was traded last may be in the second answer only.
    const early = rest.isNewestOnly && gap.cause !== "missed" ? await this.#askAll(gap, healed, client, facts) : [];
    await this.#untilHistoryHasIt(gap);
    const late = await this.#askAll(gap, healed, client, facts);
    // By ids, what is still missing was asked for again; by times, the second answer need only meet the first.
    const last = facts.hasIds ? late : late.map((asked, index) => continued(early[index], asked));
    return summed(last, early);
  }

  async #askAll(gap: Gap, healed: HealedFeed, client: RestClient, facts: HealFacts): Promise<readonly Asked[]> {
    const all: Asked[] = [];
    for (const wanted of planHeal(gap, facts)) {
      for (let attempt = 0; attempt < BEHIND_TRIES_MAX; attempt += 1) {
        const asked = await this.#ask(gap, healed, client, wanted);
        all.push(asked);
        const isBehind = asked.coverage === "whole" && wanted.lastId !== undefined && asked.newestId < wanted.lastId;
        if (!isBehind) break;
        await this.#options.clock.sleep(HISTORY_BEHIND_MS, { signal: this.#signal });
      }
    }
    return all;
  }

  async #ask(
    gap: Gap,
    healed: HealedFeed,
    client: RestClient,
    wanted: ReturnType<typeof planHeal>[number],
  ): Promise<Asked> {
    const { clock, random } = this.#options;
    const signal = this.#signal ?? AbortSignal.abort();
    const { rest } = healed.feed;
    if (rest === undefined) throw new Error("A feed without REST is not asked");
    const asked = await askVenue({
      ...{ rest, client, wanted, clock, random, signal },
      record: (response, symbol) => this.#recorder.fetched(gap, healed, response, symbol),
    });
    this.#requests.add({ feed: gap.feed }, asked.requests);
    return asked;
  }

  /** So that what was traded just before the stream went on is in the answer. */
  async #untilHistoryHasIt({ toUs = 0 }: Gap): Promise<void> {
    const { clock } = this.#options;
    const waitMs = toUs / 1000 + HISTORY_BEHIND_MS - Number(clock.nowNs() / 1_000_000n);
    if (waitMs > 0) await clock.sleep(Math.min(waitMs, HISTORY_BEHIND_MS), { signal: this.#signal });
  }
}

const WORST_FIRST: readonly GapConcluded["coverage"][] = ["givenUp", "beyond", "notOffered", "whole"];

/** Two answers about the same time, the second later: whole where they meet. */
function continued(early: Asked | undefined, late: Asked): Asked {
  return early?.coverage === "whole" && late.coverage === "beyond" && late.oldestUs <= early.newestUs
    ? { ...late, coverage: "whole" }
    : late;
}

/** @param before asked as well, though what came of it is told by `all` */
function summed(all: readonly Asked[], before: readonly Asked[]): Omit<GapConcluded, "gapId"> {
  return {
    coverage: WORST_FIRST.find((coverage) => all.some((asked) => asked.coverage === coverage)) ?? "whole",
    requests: [...before, ...all].reduce((sum, { requests }) => sum + requests, 0),
    detail: [...new Set(all.map(({ detail }) => detail).filter((detail) => detail !== ""))].join("; "),
  };
}
