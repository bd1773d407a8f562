import type { MaintenanceHealth } from "../../api/index.ts";
import { formatInstant } from "../../domain/index.ts";
import { JobHistory } from "./job-history.ts";
import { LakeJobs, type LakeJobsOptions } from "./lake-jobs.ts";

export interface OpenLakeJobsOptions extends Omit<LakeJobsOptions, "history"> {
  /** Of the history, a SQLite file. */
  readonly historyPath: string;
}

/** The lake's jobs with their history. */
export interface RunningLakeJobs extends AsyncDisposable {
  run(signal: AbortSignal): Promise<void>;
  health(): MaintenanceHealth;
}

export async function openLakeJobs({ historyPath, ...options }: OpenLakeJobsOptions): Promise<RunningLakeJobs> {
  const history = await JobHistory.open(historyPath);
  const jobs = new LakeJobs({ ...options, history });
  return {
    run: (signal) => jobs.run(signal),
    health: () => healthOf(jobs),
    [Symbol.asyncDispose]: () => history[Symbol.asyncDispose](),
  };
}

function healthOf(jobs: LakeJobs): MaintenanceHealth {
  const { running, recent, alerts } = jobs.status();
  return {
    running: running ?? null,
    alerts,
    recent: recent.map(({ job, table, startedMs, finishedMs, outcome, detail }) => ({
      job,
      table,
      startedAt: formatInstant(startedMs * 1000),
      finishedAt: finishedMs === null ? null : formatInstant(finishedMs * 1000),
      outcome,
      detail,
    })),
  };
}
