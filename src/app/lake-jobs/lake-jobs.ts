import { type Clock, describeError, type GaugeMetric, type Logger, type Metrics } from "../../base/index.ts";
import { healthAlerts, type Lake, type SqlRunner } from "../../lake/index.ts";
import type { JobHistory, JobRun } from "./job-history.ts";
import { type LakeJob, lakeJobs } from "./jobs.ts";
import { maintainedTables } from "./maintained-tables.ts";
import { type MaintenanceConfig, nextRunMs } from "./maintenance-config.ts";
import { type MaintenanceDuckDb, openMaintenanceDuckDb } from "./maintenance-duckdb.ts";
import { MaintenanceBusyError, withMaintenanceLease } from "./maintenance-lease.ts";

export interface LakeJobsOptions {
  readonly lake: Lake;
  readonly config: MaintenanceConfig;
  readonly history: JobHistory;
  /** Nobody else's. */
  readonly spillFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
}

export interface LakeJobsStatus {
  /** `compact-hourly silver.trades`; undefined between jobs. */
  readonly running: string | undefined;
  /** The newest first. */
  readonly recent: readonly JobRun[];
  /** What is beyond the limits. */
  readonly alerts: readonly string[];
}

/** A start is left in peace. */
const FIRST_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 30_000;
const RECENT_MAX = 20;

/**
 * The lake's upkeep on a schedule: one job at a time, one table after the other, beside everything else.
 * A job that was due while K2 was down is made up for once after the start.
 */
export class LakeJobs {
  readonly #options: LakeJobsOptions;
  readonly #jobs: readonly LakeJob[];
  readonly #dueMs = new Map<LakeJob, number>();
  readonly #gauges: Gauges | undefined;
  #running: string | undefined;
  #recent: readonly JobRun[] = [];
  #alerts = new Map<string, readonly string[]>();

  constructor(options: LakeJobsOptions) {
    this.#options = options;
    this.#jobs = lakeJobs(options.config);
    this.#gauges = options.metrics && createGauges(options.metrics);
  }

  status(): LakeJobsStatus {
    return { running: this.#running, recent: this.#recent, alerts: [...this.#alerts.values()].flat() };
  }

  /** Runs until aborted. A job that fails is logged and tried again when it is due next. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#recall().catch((error: unknown) =>
      logger.error({ error: describeError(error) }, "what the lake's jobs did before cannot be read; they begin anew"),
    );
    await clock.sleep(FIRST_AFTER_MS, { signal }).catch(() => {});
    while (!signal.aborted) {
      try {
        await this.runDue(signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ error: describeError(error) }, "the lake's jobs could not run; tried again");
      }
      await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => {});
    }
  }

  async #recall(): Promise<void> {
    const { history } = this.#options;
    const startMs = this.#nowMs();
    for (const job of this.#jobs) this.#dueMs.set(job, nextRunMs(job.schedule, startMs));
    for (const job of this.#jobs) {
      const lastMs = await history.lastStartedMs(job.name);
      if (lastMs !== undefined) this.#dueMs.set(job, nextRunMs(job.schedule, lastMs));
    }
    this.#recent = await history.recent(RECENT_MAX);
  }

  /** Runs what is due, in the order of the list. */
  async runDue(signal: AbortSignal): Promise<void> {
    const nowMs = this.#nowMs();
    const due = this.#jobs.filter((job) => (this.#dueMs.get(job) ?? 0) <= nowMs);
    if (due.length === 0) return;
    try {
      await withMaintenanceLease({ ...this.#options, signal }, async (held) => {
        await this.#options.history.closeInterrupted();
        for (const job of due) await this.#runJob(job, held);
        await this.#look();
      });
    } catch (error) {
      if (!(error instanceof MaintenanceBusyError)) throw error;
      this.#options.logger.info({ reason: error.message }, "the lake's jobs are left to another process");
      for (const job of due) this.#dueMs.set(job, nextRunMs(job.schedule, this.#nowMs()));
    }
  }

  async #runJob(job: LakeJob, signal: AbortSignal): Promise<void> {
    const { lake, config, spillFolder } = this.#options;
    await using duckDb = new LazyDuckDb(() =>
      openMaintenanceDuckDb({ spillFolder, memoryBytes: config.memoryBytes, threads: config.threads, signal }),
    );
    const run: SqlRunner["run"] = async (sql) => (await duckDb.get()).run(sql);
    for (const table of await maintainedTables(lake)) {
      signal.throwIfAborted();
      await this.#runOn(job, table, run, signal);
    }
    this.#dueMs.set(job, nextRunMs(job.schedule, this.#nowMs()));
  }

  async #runOn(job: LakeJob, table: string, run: SqlRunner["run"], signal: AbortSignal): Promise<void> {
    const { lake, config, history, logger } = this.#options;
    this.#running = `${job.name} ${table}`;
    const id = await history.begin({ job: job.name, table, startedMs: this.#nowMs() });
    const finish = async (outcome: JobRun["outcome"], detail: string): Promise<void> => {
      await history.finish(id, { finishedMs: this.#nowMs(), outcome, detail });
      this.#gauges?.runs.set({ job: job.name, table, outcome }, this.#nowMs() / 1000);
    };
    try {
      const done = await job.run(table, { lake, run, config }, { signal });
      await finish("done", done ?? "nothing to do");
      if (done !== undefined) logger.info({ job: job.name, table, done }, "lake job");
    } catch (error) {
      await finish(signal.aborted ? "stopped" : "failed", describeError(error));
      signal.throwIfAborted();
      logger.warn({ job: job.name, table, error: describeError(error) }, "a lake job failed; it is run again when due");
    } finally {
      this.#running = undefined;
      this.#recent = await history.recent(RECENT_MAX);
    }
  }

  /** Measures every table, and tells of what is beyond the limits. */
  async #look(): Promise<void> {
    const { lake, config, logger } = this.#options;
    for (const name of await maintainedTables(lake)) {
      const health = await lake.maintenance.health(name);
      this.#gauges?.set(health);
      const alerts = healthAlerts(health, { snapshotsMax: config.snapshotsMax, smallFilesMax: config.smallFilesMax });
      this.#alerts.set(name, alerts);
      for (const alert of alerts) logger.warn({ table: name }, alert);
    }
  }

  #nowMs(): number {
    return Number(this.#options.clock.nowNs() / 1_000_000n);
  }
}

class LazyDuckDb implements AsyncDisposable {
  readonly #open: () => Promise<MaintenanceDuckDb>;
  #opened: Promise<MaintenanceDuckDb> | undefined;

  constructor(open: () => Promise<MaintenanceDuckDb>) {
    this.#open = open;
  }

  get(): Promise<MaintenanceDuckDb> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]();
  }
}

interface Gauges {
  readonly runs: GaugeMetric<"job" | "table" | "outcome">;
  set(health: Awaited<ReturnType<Lake["maintenance"]["health"]>>): void;
}

function createGauges(metrics: Metrics): Gauges {
  const gauge = (name: `k2_${string}`, help: string): GaugeMetric<"table"> =>
    metrics.gauge({ name, help, labels: ["table"] });
  const all = {
    files: gauge("k2_lake_files", "Live data files"),
    smallFiles: gauge("k2_lake_small_files", "Live data files below 32 MB"),
    deleteFiles: gauge("k2_lake_delete_files", "Live delete files"),
    snapshots: gauge("k2_lake_snapshots", "Snapshots kept"),
    metadataBytes: gauge("k2_lake_metadata_bytes", "Of the current metadata file, written anew with each commit"),
  };
  return {
    runs: metrics.gauge({
      name: "k2_lake_job_finished_seconds",
      help: "When a job last ended so, seconds since the epoch",
      labels: ["job", "table", "outcome"],
    }),
    set(health) {
      for (const [name, each] of Object.entries(all))
        each.set({ table: health.table }, health[name as keyof typeof all]);
    },
  };
}
