import type { Clock, Random } from "../../base/index.ts";
import type { Gap, GapConcluded } from "../../domain/index.ts";
import type { RestClient, RestTrades, WantedTrades } from "../../feeds/index.ts";
import type { Pipeline } from "../../pipeline/index.ts";
import { type Asked, askVenue } from "./ask-venue.ts";
import { Covered, type TimeSpan } from "./covered.ts";
import type { FetchedRecorder } from "./fetched-recorder.ts";
import { type GapEdges, gapEdges } from "./gap-edges.ts";
import type { HealedFeed } from "./healed-feeds.ts";
import { Lateness } from "./lateness.ts";
import { NewestWatch } from "./newest-watch.ts";
import { type HealFacts, planHeal } from "./plan-heal.ts";
import type { SeenRows } from "./seen-rows.ts";
import { tellHoles } from "./tell-holes.ts";

/** A venue's history may be so far behind its stream. */
const HISTORY_BEHIND_MS = 1_000;
/** How often is asked again for what the history does not have yet. */
const BEHIND_TRIES_MAX = 3;

export interface GapHealerOptions {
  readonly pipeline: Pick<Pipeline, "gapDesk" | "listings">;
  /** The rows that are here; undefined where they do not tell what was streamed from what was asked for. */
  readonly rows: SeenRows | undefined;
  readonly recorder: FetchedRecorder;
  readonly onRequests: (feed: string, requests: number) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** A gap whose venue can be asked. */
export interface AskedGap {
  readonly gap: Gap;
  readonly healed: HealedFeed;
  readonly rest: RestTrades;
  readonly client: RestClient;
  readonly signal: AbortSignal;
}

export type Conclusion = Omit<GapConcluded, "gapId">;

/** Asks for what one gap misses, and says what came of it. */
export class GapHealer {
  readonly lateness: Lateness = new Lateness();
  readonly #options: GapHealerOptions;
  /** By feed, channel and symbol: gaps that follow each other closely have pages in common. */
  readonly #covered = new Map<string, Covered>();

  constructor(options: GapHealerOptions) {
    this.#options = options;
  }

  /** Of a venue that can be asked for what is older: once, when its history has it. */
  async heal(asked: AskedGap): Promise<Conclusion> {
    await this.untilHistoryHasIt(asked.gap, asked.signal);
    const edges = await this.#edgesOf(asked);
    const facts = this.#facts(asked, edges);
    const answers: Answer[] = [];
    for (const wanted of planHeal(asked.gap, facts)) {
      const answer = await this.#askUntilThere(wanted, asked, () => this.#ask(wanted, asked));
      answers.push(judged(answer, edges));
    }
    return conclusionOf(answers);
  }

  /** Of a venue that tells only its newest trades: to be asked from the loss of the connection on. */
  watch(asked: AskedGap): NewestWatch {
    const { clock } = this.#options;
    const facts = this.#facts(asked, new Map());
    return new NewestWatch({
      ...{ gap: asked.gap, clock },
      plan: (gap) => planHeal(gap, facts),
      ask: (wanted, triesMax) => this.#ask(wanted, asked, triesMax),
      covered: (wanted) => this.#coveredOf(asked.gap, wanted),
    });
  }

  /** Ends a watch: asks for the last time, and says what all its pages tell together. */
  async concludeWatch(watch: NewestWatch, asked: AskedGap): Promise<Conclusion> {
    const facts = this.#facts(asked, await this.#edgesOf(asked));
    const answers: Answer[] = [{ ...NOTHING, requests: watch.requests }];
    for (const wanted of planHeal(asked.gap, facts)) {
      answers.push(await this.#askUntilThere(wanted, asked, () => watch.ask(wanted)));
    }
    if (facts.hasIds) return conclusionOf(answers.map((answer) => judged(answer, NO_EDGES)));
    // What was streamed before the last page is here by now: that is where its stream began, and no hole.
    const edges = await this.#edgesOf(asked);
    return conclusionOf(
      answers.map((answer) => {
        const { wanted, last } = answer;
        if (wanted === undefined || last.coverage === "givenUp") return answer;
        // The last page need only meet the one before, and the first the stream.
        const { beforeUs = wanted.fromUs, afterUs = Number.POSITIVE_INFINITY } = edges.get(wanted.rawSymbol) ?? {};
        const holes = this.#coveredOf(asked.gap, wanted).holes({ fromUs: beforeUs, toUs: afterUs });
        return { ...answer, holes, last: { ...last, coverage: holes.length === 0 ? "whole" : "beyond" } };
      }),
    );
  }

  #coveredOf({ feed }: Gap, { rawSymbol, channel }: Pick<WantedTrades, "rawSymbol" | "channel">): Covered {
    const key = `${feed} ${channel} ${rawSymbol}`;
    const covered = this.#covered.get(key) ?? new Covered();
    this.#covered.set(key, covered);
    return covered;
  }

  /** So that what was traded just before the stream went on is in the answer. */
  async untilHistoryHasIt({ toUs = 0 }: Gap, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const waitMs = toUs / 1000 + HISTORY_BEHIND_MS - Number(clock.nowNs() / 1_000_000n);
    if (waitMs > 0) await clock.sleep(Math.min(waitMs, HISTORY_BEHIND_MS), { signal });
  }

  async #askUntilThere(wanted: WantedTrades, { signal }: AskedGap, ask: () => Promise<Asked>): Promise<Answer> {
    const { lastId } = wanted;
    let requests = 0;
    for (let attempt = 1; ; attempt += 1) {
      const last = await ask();
      requests += last.requests;
      const isBehind = last.coverage === "whole" && lastId !== undefined && last.newestId < lastId;
      if (!isBehind || attempt === BEHIND_TRIES_MAX) return { wanted, last, requests, holes: [] };
      await this.#options.clock.sleep(HISTORY_BEHIND_MS, { signal });
    }
  }

  async #ask(wanted: WantedTrades, { gap, healed, rest, client, signal }: AskedGap, triesMax?: number): Promise<Asked> {
    const { clock, random, recorder, onRequests } = this.#options;
    const asked = await askVenue({
      ...{ rest, client, wanted, clock, random, signal },
      ...(triesMax === undefined ? {} : { triesMax }),
      record: (response, symbol) => recorder.fetched(gap, healed, response, symbol),
    });
    onRequests(gap.feed, asked.requests);
    return asked;
  }

  /** Where ids do not tell what is missing, what the stream told on both sides of the gap does. By raw symbol. */
  async #edgesOf({ gap, healed, signal }: AskedGap): Promise<ReadonlyMap<string, GapEdges>> {
    const { rows, pipeline } = this.#options;
    const edges = new Map<string, GapEdges>();
    if (rows === undefined || healed.feed.tradeIds !== undefined) return edges;
    await rows.untilTaken(gap.feed, signal);
    for (const rawSymbol of gap.rawSymbols) {
      const listing = pipeline.listings.find(gap.venue, rawSymbol);
      if (listing !== undefined) edges.set(rawSymbol, await gapEdges(rows.trades, listing, gap, signal));
    }
    return edges;
  }

  #facts({ gap, healed, rest }: AskedGap, edges: ReadonlyMap<string, GapEdges>): HealFacts {
    const { pipeline } = this.#options;
    const listingOf = (rawSymbol: string): number | undefined => pipeline.listings.find(gap.venue, rawSymbol)?.index;
    const lateUs = (rawSymbol: string): number => this.lateness.of(listingOf(rawSymbol) ?? -1);
    return {
      ...{ channels: healed.channels, hasIds: healed.feed.tradeIds !== undefined, isNewestOnly: rest.isNewestOnly },
      known: (rawSymbol, isAggregate) => {
        const listing = listingOf(rawSymbol);
        return listing === undefined ? undefined : pipeline.gapDesk.idsKnown(listing, isAggregate);
      },
      missingOf: (gapId) => pipeline.gapDesk.missingOf(gapId),
      // Of a symbol that hardly trades nobody knows: it comes as late as its neighbours on the socket.
      lateUs: (rawSymbol) => lateUs(rawSymbol) || Math.max(...gap.rawSymbols.map(lateUs)),
      edges: (rawSymbol) => edges.get(rawSymbol),
    };
  }
}

interface Answer {
  readonly wanted?: WantedTrades | undefined;
  readonly last: Pick<Asked, "coverage" | "oldestUs" | "detail">;
  /** Over all tries. */
  readonly requests: number;
  /** Times of which trades may be missing still, where ids do not tell. */
  readonly holes: readonly TimeSpan[];
}

const NO_EDGES: ReadonlyMap<string, GapEdges> = new Map();

/** Of pages that go back from a gap's end to its beginning. Where ids were asked for, the gaps that they make say the rest. */
function judged(answer: Answer, edges: ReadonlyMap<string, GapEdges>): Answer {
  const { wanted, last } = answer;
  const { coverage, oldestUs } = last;
  if (wanted === undefined || wanted.firstId !== undefined || coverage !== "beyond") return answer;
  const { beforeUs = wanted.fromUs, afterUs = wanted.toUs } = edges.get(wanted.rawSymbol) ?? {};
  // Its history begins too late for what was asked for, and early enough for what is missing.
  if (oldestUs < beforeUs) return { ...answer, last: { ...last, coverage: "whole" } };
  return { ...answer, holes: [{ fromUs: beforeUs, toUs: Math.min(oldestUs, afterUs) }] };
}

const NOTHING: Answer = { last: { coverage: "whole", oldestUs: 0, detail: "" }, requests: 0, holes: [] };
const WORST_FIRST: readonly GapConcluded["coverage"][] = ["givenUp", "beyond", "notOffered", "whole"];

function conclusionOf(answers: readonly Answer[]): Conclusion {
  const details = answers.flatMap(({ wanted, last, holes }) => [
    last.detail,
    tellHoles(wanted?.rawSymbol ?? "", holes),
  ]);
  return {
    coverage: WORST_FIRST.find((coverage) => answers.some(({ last }) => last.coverage === coverage)) ?? "whole",
    requests: answers.reduce((sum, { requests }) => sum + requests, 0),
    detail: [...new Set(details.filter((detail) => detail !== ""))].join("; "),
  };
}
