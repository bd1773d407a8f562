import {
  type Abortable,
  type Clock,
  InvalidInputError,
  type Logger,
  silentLogger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import { type GapConcluded, rawTopic } from "../../domain/index.ts";
import { RestClient, type RestTrades } from "../../feeds/index.ts";
import { type CapturedFeed, capturedFeeds, ensureRawTopics } from "../capture.ts";
import type { Config } from "../config.ts";
import { openImportEngine } from "../import/import-engine.ts";
import { askVenue } from "./ask-venue.ts";
import { FetchedRecorder } from "./fetched-recorder.ts";
import { type HealedFeed, healedFeeds } from "./healed-feeds.ts";

export interface BackfillOptions extends Abortable {
  readonly feed: string;
  /** Canonical id. */
  readonly symbol: string;
  /** Event times, microseconds: inclusive and exclusive. */
  readonly startUs: number;
  readonly endUs: number;
  /** Says what would be asked, and asks nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (requests: number) => void;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface BackfillReport {
  /** Who was asked, and how far back its answers go. */
  readonly endpoint: string;
  readonly reach: string;
  /** The first request, or what it would be. */
  readonly firstRequest: string;
  readonly requests: number;
  readonly coverage: GapConcluded["coverage"] | "not asked";
  readonly detail: string;
  /** Trades that were not known before, of all that the answers held. */
  readonly newTrades: number;
  readonly answeredTrades: number;
}

const HOUR_MS = 3_600_000;

/**
 * Asks a venue for the trades of one symbol within a time, and takes the answers in by the path of live data: recorded,
 * decoded, validated, de-duplicated, made into bars (new revisions of those that change) and landed.
 *
 * @throws {InvalidInputError} when a K2 runs on the data folder, or the venue cannot be asked for this; nothing was changed
 */
export async function backfill(config: Config, options: BackfillOptions): Promise<BackfillReport> {
  const { clock = systemClock, logger = silentLogger, startUs, endUs, signal = new AbortController().signal } = options;
  const captured = chosenFeed(config, options);
  const { healed, rest, endpoint, rawSymbol } = askable(captured, options);
  if (endUs <= startUs) throw new InvalidInputError("The end of a backfill is after its start; nothing was asked");
  const wanted = { rawSymbol, channel: healed.channels[0] ?? "", fromUs: startUs, toUs: endUs };
  const first = rest.ask(wanted).next();
  const report = { endpoint, reach: rest.reach, firstRequest: first.done === true ? "" : first.value.path };
  if (options.dryRun === true)
    return { ...report, requests: 0, coverage: "not asked", detail: "", newTrades: 0, answeredTrades: 0 };

  const { rawLog } = config;
  await using engine = await openImportEngine(config, {
    ...{ logger, clock, topics: [], onEvents: () => {} },
    besides: async (log) => {
      const retention = { retentionMs: rawLog.retentionHours * HOUR_MS, retentionBytes: rawLog.retentionBytes };
      await ensureRawTopics({ feeds: [captured], log }, retention);
      return [rawTopic(captured.feed.id)];
    },
  });
  await engine.taken(); // What was recorded before is not of this backfill.
  const before = engine.pipeline.status().feeds[captured.feed.id]?.trades ?? 0;
  const recorder = new FetchedRecorder(engine.log, config.mode === "simulated" ? "simulated" : "backfill");
  const place = { connection: healed.connections.get(rawSymbol) ?? `${captured.feed.id}/0`, epoch: 0 };
  let requests = 0;
  const asked = await askVenue({
    ...{ rest, wanted, clock, signal, random: systemRandom },
    client: new RestClient({ endpoint, limits: rest.limits, clock, logger }),
    record: async (response, symbol) => {
      await recorder.fetched(place, healed, response, symbol);
      await engine.keepPace();
      requests += 1;
      options.onProgress?.(requests);
    },
  });
  await engine.taken();
  const newTrades = (engine.pipeline.status().feeds[captured.feed.id]?.trades ?? 0) - before;
  await engine.finish();
  const { coverage, detail, trades: answeredTrades } = asked;
  return { ...report, requests: asked.requests, coverage, detail, newTrades, answeredTrades };
}

function chosenFeed({ feeds }: Config, { feed, symbol }: BackfillOptions): CapturedFeed {
  const captured = capturedFeeds(feeds).find((one) => one.feed.id === feed);
  if (captured !== undefined && [...captured.symbols.values()].includes(symbol)) return captured;
  const what = captured === undefined ? `feed ${feed}` : `symbol ${symbol} of feed ${feed}`;
  throw new InvalidInputError(
    `The ${what} is not configured, so its trades would be refused. Nothing was asked. Add it to "feeds" (k2 config shows them)`,
  );
}

function askable(
  captured: CapturedFeed,
  { symbol }: BackfillOptions,
): { readonly healed: HealedFeed; readonly rest: RestTrades; readonly endpoint: string; readonly rawSymbol: string } {
  const [healed] = healedFeeds([captured]);
  const rawSymbol = [...captured.symbols].find(([, canonical]) => canonical === symbol)?.[0];
  const { feed, config } = captured;
  if (feed.rest === undefined || healed === undefined || rawSymbol === undefined) {
    throw new InvalidInputError(
      `${feed.name} offers no trades of the past with the ids of this feed; nothing was asked. See docs/gaps.md for feeds that do`,
    );
  }
  if (healed.endpoint === undefined) {
    throw new InvalidInputError(
      `Feed ${feed.id} is captured from ${config.url} instead of the venue, and no restUrl says whom to ask. Nothing was asked. ` +
        "Name one in the feed's configuration",
    );
  }
  return { healed, rest: feed.rest, endpoint: healed.endpoint, rawSymbol };
}
