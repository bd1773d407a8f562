import { Kysely } from "kysely";
import { openSqlite } from "../../base/index.ts";

export type JobOutcome = "running" | "done" | "failed" | "stopped" | "interrupted";

/** One run of one job on one table. */
export interface JobRun {
  readonly job: string;
  /** `silver.trades`. */
  readonly table: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** Null while it runs. */
  readonly finishedMs: number | null;
  /** `stopped`: with the process, to be run again. `interrupted`: the process died meanwhile. */
  readonly outcome: JobOutcome;
  /** What it did, or why it failed. */
  readonly detail: string;
}

interface Row {
  readonly id: number;
  readonly job: string;
  readonly table_name: string;
  readonly started_ms: number;
  readonly finished_ms: number | null;
  readonly outcome: JobOutcome;
  readonly detail: string;
}

interface Tables {
  readonly job_runs: Row & { readonly id: never };
}

const RUNS_MAX = 2_000;

/** What the jobs did, in a SQLite file beside the data; the newest two thousand runs are kept. */
export class JobHistory implements AsyncDisposable {
  readonly #database: Kysely<Tables>;

  private constructor(database: Kysely<Tables>) {
    this.#database = database;
  }

  /** @param path made where it is not there */
  static async open(path: string): Promise<JobHistory> {
    const database = new Kysely<Tables>({ dialect: openSqlite(path) });
    await database.schema
      .createTable("job_runs")
      .ifNotExists()
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("job", "text", (column) => column.notNull())
      .addColumn("table_name", "text", (column) => column.notNull())
      .addColumn("started_ms", "integer", (column) => column.notNull())
      .addColumn("finished_ms", "integer")
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("detail", "text", (column) => column.notNull())
      .execute();
    return new JobHistory(database);
  }

  /** Runs of a process that is gone. Called by whoever has the lease, before its first run. */
  async closeInterrupted(): Promise<void> {
    await this.#database
      .updateTable("job_runs")
      .set({ outcome: "interrupted", detail: "the process ended meanwhile" })
      .where("outcome", "=", "running")
      .execute();
  }

  /** @returns the run's id, for {@link finish} */
  async begin(run: Pick<JobRun, "job" | "table" | "startedMs">): Promise<number> {
    const { job, table: table_name, startedMs: started_ms } = run;
    const values = { job, table_name, started_ms, finished_ms: null, outcome: "running" as const, detail: "" };
    const { id } = await this.#database
      .insertInto("job_runs")
      .values(values as Tables["job_runs"])
      .returning("id")
      .executeTakeFirstOrThrow();
    await this.#database
      .deleteFrom("job_runs")
      .where("id", "<=", (Number(id) - RUNS_MAX) as never)
      .execute();
    return Number(id);
  }

  async finish(id: number, run: Pick<JobRun, "finishedMs" | "outcome" | "detail">): Promise<void> {
    await this.#database
      .updateTable("job_runs")
      .set({ finished_ms: run.finishedMs, outcome: run.outcome, detail: run.detail })
      .where("id", "=", id as never)
      .execute();
  }

  /** The newest first. */
  async recent(limit: number): Promise<readonly JobRun[]> {
    const rows = await this.#database.selectFrom("job_runs").selectAll().orderBy("id", "desc").limit(limit).execute();
    return rows.map(({ job, table_name, started_ms, finished_ms, outcome, detail }) => ({
      job,
      table: table_name,
      startedMs: started_ms,
      finishedMs: finished_ms,
      outcome,
      detail,
    }));
  }

  /** When a job last began a run that it brought to an end, of any table; undefined where it never did. */
  async lastStartedMs(job: string): Promise<number | undefined> {
    const row = await this.#database
      .selectFrom("job_runs")
      .select("started_ms")
      .where("job", "=", job)
      .where("outcome", "in", ["done", "failed"])
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return row?.started_ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.destroy();
  }
}
