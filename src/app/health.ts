import type { BooksHealth, HealthReport, MaintenanceHealth, TableHealth } from "../api/index.ts";
import { type Clock, describeError, type Logger } from "../base/index.ts";
import { formatInstant, TABLES, TOPICS } from "../domain/index.ts";
import type { Lake } from "../lake/index.ts";
import type { Log } from "../log/index.ts";
import type { Books, Pipeline, TopicPosition, VenueData } from "../pipeline/index.ts";
import type { Store } from "../store/index.ts";
import type { BackgroundTasks } from "./background-tasks.ts";
import type { ClockWatch } from "./clocks/clock-watch.ts";
import type { Config } from "./config.ts";
import type { FeedWatch } from "./feed-watch.ts";
import { tableName } from "./lake-tables.ts";
import type { QualityWatch } from "./quality-watch.ts";
import { VERSION } from "./version.ts";

export interface HealthOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: Log;
  readonly lake: Lake;
  readonly store: Store;
  readonly pipeline: Pipeline;
  /** Undefined where no channel of books, or of venue data, is captured or was imported. */
  readonly books: Books | undefined;
  readonly venueData: VenueData | undefined;
  /** All that any stage reads. */
  readonly frameTopics: readonly string[];
  readonly watch: FeedWatch;
  readonly quality: QualityWatch;
  readonly clocks: ClockWatch;
  readonly tasks: BackgroundTasks;
  /** Undefined where this process does no upkeep. */
  readonly maintenance?: (() => MaintenanceHealth) | undefined;
}

const EVERY_MS = 1000;

/** Keeps the health report: what is cheap is read when asked, the rest once a second. */
export class Health {
  readonly #options: HealthOptions;
  readonly #startedNs: bigint;
  readonly #startedMs: number;
  #tables: readonly TableHealth[] = [];
  /** End of each raw partition, by topic/partition. */
  #rawEnds: ReadonlyMap<string, number> = new Map();
  #eventLag = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#startedNs = options.clock.nowNs();
    this.#startedMs = options.clock.monotonicMs();
  }

  /** Looks once a second until aborted; `onLook` after each. */
  async run(signal: AbortSignal, onLook: () => void): Promise<void> {
    const { clock, logger, watch } = this.#options;
    while (!signal.aborted) {
      watch.tick();
      await this.#look().catch((error: unknown) =>
        logger.warn({ error: describeError(error) }, "health: a part did not answer"),
      );
      onLook();
      await clock.sleep(EVERY_MS, { signal }).catch(() => {});
    }
  }

  report(): HealthReport {
    const { config, clock, store, pipeline, tasks, watch, maintenance } = this.#options;
    const { feeds, positions, stalled } = pipeline.status();
    const [books, venueData] = [this.#options.books?.status(), this.#options.venueData?.status()];
    const counts = Object.values(feeds);
    const sum = (of: (feed: (typeof counts)[number]) => number): number =>
      counts.reduce((total, feed) => total + of(feed), 0);
    const problems = [
      ...tasks.problems,
      ...waits("pipeline", stalled),
      ...waits("books", books?.stalled),
      ...waits("venue data", venueData?.stalled),
    ];
    return {
      mode: config.mode,
      version: VERSION,
      startedAt: formatInstant(Number(this.#startedNs / 1000n)),
      now: formatInstant(Number(clock.nowNs() / 1000n)),
      ready: problems.length === 0,
      problems,
      feeds: watch.report(),
      pipeline: {
        frames: sum((feed) => Object.values(feed.frames).reduce((total, count) => total + count, 0)),
        trades: sum((feed) => feed.trades),
        duplicates: sum((feed) => feed.duplicates + feed.unproven),
        refused: sum((feed) => feed.refusals),
        lagFrames: this.#behind(positions),
      },
      ...(books === undefined ? {} : { books: this.#booksHealth(books) }),
      ...(venueData === undefined ? {} : { venueData: { lagFrames: this.#behind(venueData.positions) } }),
      store: {
        trades: store.positions(TOPICS.trades).reduce((total, { start, end }) => total + end - start, 0),
        lagRecords: this.#eventLag,
      },
      lake: this.#tables,
      quality: this.#options.quality.report(pipeline.listings),
      clocks: this.#options.clocks.report(),
      ...(maintenance === undefined ? {} : { maintenance: maintenance() }),
      process: {
        residentBytes: process.memoryUsage.rss(),
        uptimeSeconds: (clock.monotonicMs() - this.#startedMs) / 1000,
        folder: config.folder,
      },
    };
  }

  /** Raw frames after these positions. */
  #behind(positions: readonly TopicPosition[]): number {
    return positions.reduce((total, { topic, partition, offset }) => {
      const end = this.#rawEnds.get(`${topic}/${partition}`) ?? offset;
      return total + Math.max(0, end - offset);
    }, 0);
  }

  #booksHealth({ books, proven, levels, positions }: ReturnType<Books["status"]>): BooksHealth {
    return { books, proven, levels, lagFrames: this.#behind(positions) };
  }

  async #look(): Promise<void> {
    const { log, lake, store, frameTopics } = this.#options;
    const rawEnds = new Map<string, number>();
    for (const topic of frameTopics) {
      for (const { partition, endOffset } of await log.bounds(topic)) rawEnds.set(`${topic}/${partition}`, endOffset);
    }
    this.#rawEnds = rawEnds;
    const held = new Map(store.positions(TOPICS.trades).map(({ partition, end }) => [partition, end]));
    this.#eventLag = (await log.bounds(TOPICS.trades)).reduce(
      (total, { partition, endOffset }) => total + Math.max(0, endOffset - (held.get(partition) ?? endOffset)),
      0,
    );
    this.#tables = await Promise.all(TABLES.map((table) => tableHealth(lake, tableName(table))));
  }
}

function waits(stage: string, stalled: string | undefined): readonly string[] {
  return stalled === undefined ? [] : [`${stage} waits: ${stalled}`];
}

async function tableHealth(lake: Lake, name: string): Promise<TableHealth> {
  const { snapshot } = await lake.table(name);
  return {
    table: name,
    snapshot: snapshot?.snapshotId.toString() ?? null,
    committedAt: snapshot === undefined ? null : formatInstant(snapshot.timestampMs * 1000),
    rows: Number(snapshot?.summary["total-records"] ?? 0),
    files: Number(snapshot?.summary["total-data-files"] ?? 0),
  };
}
