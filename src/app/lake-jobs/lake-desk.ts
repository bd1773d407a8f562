import { join } from "node:path";
import { describeError, InvalidInputError, silentLogger, systemClock } from "../../base/index.ts";
import { chooseSnapshotId, type Lake, parseDurationMs, type SqlRunner } from "../../lake/index.ts";
import type { Config } from "../config.ts";
import { existingDataFolder } from "../data-folder.ts";
import { openLakeTables } from "../lake-tables.ts";
import { Owned } from "../owned.ts";
import { JobHistory, type JobRun } from "./job-history.ts";
import { maintainedTables } from "./maintained-tables.ts";
import { openMaintenanceDuckDb } from "./maintenance-duckdb.ts";
import { withMaintenanceLease } from "./maintenance-lease.ts";

/** What a job by hand works with. */
export interface HandTools {
  readonly run: SqlRunner["run"];
  readonly signal: AbortSignal;
}

/** The lake of a data folder, to be looked at and looked after by hand, beside a running K2 or when none runs. */
export interface LakeDesk extends AsyncDisposable {
  readonly lake: Lake;
  /** The tables named, or all. @throws {InvalidInputError} for one that is not there */
  tables(name: string | undefined): Promise<readonly string[]>;
  /** The table named, whosever it is; without a name, those that K2 looks after. Throws as {@link tables} does. */
  maintained(name: string | undefined): Promise<readonly string[]>;
  /** A snapshot by its id, its tag or branch, or `current`. @throws {InvalidInputError} where there is none */
  snapshotId(table: string, text: string): Promise<bigint>;
  /** Milliseconds of `5d`, `12h`, … */
  durationMs(text: string): number;
  /** With a DuckDB of its own, for questions. */
  ask<T>(signal: AbortSignal, act: (tools: HandTools) => Promise<T>): Promise<T>;
  /**
   * Alone among all processes, and recorded among the jobs under `name`.
   *
   * @throws {MaintenanceBusyError} while another process maintains the lake
   */
  maintain<T>(job: HandJob<T>, signal: AbortSignal): Promise<T>;
  /** What was done lately, by schedule or by hand; the newest first. */
  jobs(limit: number): Promise<readonly JobRun[]>;
}

export interface HandJob<T> {
  readonly name: string;
  readonly table: string;
  run(tools: HandTools): Promise<T>;
  /** For the record. */
  describe(result: T): string;
}

/** @throws {InvalidInputError} when there is no data yet */
export async function openLakeDesk(config: Config): Promise<LakeDesk> {
  const owned = new Owned();
  try {
    const folder = existingDataFolder(config);
    const lake = owned.add(await openLakeTables({ folder, clock: systemClock, logger: silentLogger }));
    const history = owned.add(await JobHistory.open(folder.jobs));
    return new Desk({ lake, history, config, spillFolder: join(folder.root, `spill-${process.pid}`) }, owned);
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

interface DeskParts {
  readonly lake: Lake;
  readonly history: JobHistory;
  readonly config: Config;
  readonly spillFolder: string;
}

class Desk implements LakeDesk {
  readonly lake: Lake;
  readonly #parts: DeskParts;
  readonly #owned: Owned;

  constructor(parts: DeskParts, owned: Owned) {
    this.lake = parts.lake;
    this.#parts = parts;
    this.#owned = owned;
  }

  async tables(name: string | undefined): Promise<readonly string[]> {
    const all = await this.lake.listTables();
    if (name === undefined) return all;
    if (all.includes(name)) return [name];
    throw new InvalidInputError(`There is no table ${name}. Tables: ${all.join(", ")}`);
  }

  maintained(name: string | undefined): Promise<readonly string[]> {
    return name === undefined ? maintainedTables(this.lake) : this.tables(name);
  }

  async snapshotId(table: string, text: string): Promise<bigint> {
    return chooseSnapshotId((await this.lake.table(table)).metadata, text);
  }

  durationMs(text: string): number {
    return parseDurationMs(text);
  }

  async ask<T>(signal: AbortSignal, act: (tools: HandTools) => Promise<T>): Promise<T> {
    const { config, spillFolder } = this.#parts;
    const { memoryBytes, threads } = config.lake.maintenance;
    await using duckDb = await openMaintenanceDuckDb({ spillFolder, memoryBytes, threads, signal });
    return await act({ run: duckDb.run, signal });
  }

  async maintain<T>(job: HandJob<T>, signal: AbortSignal): Promise<T> {
    const { lake, history } = this.#parts;
    return withMaintenanceLease({ lake, clock: systemClock, logger: silentLogger, signal }, async (held) => {
      await history.closeInterrupted();
      const id = await history.begin({ job: job.name, table: job.table, startedMs: Date.now() });
      const finish = (outcome: JobRun["outcome"], detail: string): Promise<void> =>
        history.finish(id, { finishedMs: Date.now(), outcome, detail });
      try {
        const result = await this.ask(held, (tools) => job.run(tools));
        await finish("done", job.describe(result));
        return result;
      } catch (error) {
        await finish(held.aborted ? "stopped" : "failed", describeError(error));
        throw error;
      }
    });
  }

  async jobs(limit: number): Promise<readonly JobRun[]> {
    return this.#parts.history.recent(limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.dispose();
  }
}
