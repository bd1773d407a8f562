import {
  type Abortable,
  type Clock,
  InvalidInputError,
  type Metrics,
  type Random,
  systemClock,
  systemRandom,
} from "../base/index.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { identifierText, parseIdentifier } from "./catalog/identifier.ts";
import { type AppendInput, appendIntent } from "./commit/append.ts";
import type { ChangeTools } from "./commit/change-tools.ts";
import { CherryPickChange, type CherryPickInput } from "./commit/cherry-pick.ts";
import { ClaimChange } from "./commit/claim.ts";
import { type Committed, commitChanges, type TableChange } from "./commit/commit.ts";
import { MoveBranchChange, type MoveBranchInput } from "./commit/move-branch.ts";
import {
  type OverwriteInput,
  overwriteIntent,
  type ReplacePartitionsInput,
  replacePartitionsIntent,
} from "./commit/overwrite.ts";
import type { WriterProgress } from "./commit/progress.ts";
import { type RewriteFilesInput, rewriteIntent } from "./commit/rewrite.ts";
import { type RewriteManifestsInput, rewriteManifestsIntent } from "./commit/rewrite-manifests.ts";
import { type RowDeltaInput, rowDeltaIntent } from "./commit/row-delta.ts";
import { SnapshotChange } from "./commit/snapshot-change.ts";
import type { SnapshotIntent } from "./commit/snapshot-intent.ts";
import { TableLocks } from "./commit/table-locks.ts";
import { ChangeConflictError, CommitUnknownError, TableNotFoundError } from "./errors.ts";
import { createLakeMetrics, type LakeMetrics } from "./lake-metrics.ts";
import { Table } from "./table.ts";
import { type DeleteRowsInput, planDelete } from "./write/delete-rows.ts";
import { describeFiles, type RegisterFilesInput } from "./write/register-files.ts";
import { type StagedFiles, type StageInput, stageFiles } from "./write/stage.ts";

export interface TableAppend extends AppendInput {
  readonly table: string;
}

export interface CommitResult {
  /** The table with the commit in it. */
  readonly table: Table;
  /** Undefined where no files were committed. */
  readonly snapshotId: bigint | undefined;
  readonly attempts: number;
}

interface CommitSettings {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly metrics?: Metrics | undefined;
  readonly commitAttemptsMax?: number | undefined;
}

const ATTEMPTS_MAX_DEFAULT = 100;
/** How often a change that reads rows is planned. */
const PLANS_MAX = 10;

/** What changes the rows of a lake's tables: files are staged, then committed. */
export class LakeCommits {
  readonly #catalog: Catalog;
  readonly #tools: ChangeTools;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #attemptsMax: number;
  readonly #metrics: LakeMetrics | undefined;
  readonly #locks = new TableLocks();

  constructor(settings: CommitSettings, catalog: Catalog, tools: ChangeTools) {
    this.#catalog = catalog;
    this.#tools = tools;
    this.#clock = settings.clock ?? systemClock;
    this.#random = settings.random ?? systemRandom;
    this.#attemptsMax = settings.commitAttemptsMax ?? ATTEMPTS_MAX_DEFAULT;
    this.#metrics = settings.metrics && createLakeMetrics(settings.metrics);
  }

  /** Writes rows as Parquet files of `table`; nothing is in the table until they are committed. See {@link stageFiles}. */
  async stageFiles(table: Table, input: StageInput, options: Abortable = {}): Promise<StagedFiles> {
    const staged = await stageFiles({ metadata: table.metadata, ...this.#tools }, input, options);
    this.#metrics?.stagedRows.add({ table: table.name }, staged.rows);
    this.#metrics?.stagedBytes.add({ table: table.name }, staged.bytes);
    return staged;
  }

  /** Removes staged files that will not be committed after all. */
  async abandon(staged: StagedFiles): Promise<void> {
    for (const { location } of staged.files) await this.#tools.io.remove(location);
  }

  /**
   * Commits staged files, the writer's progress and properties together, exactly once.
   *
   * @throws {WriterFencedError} a newer epoch of the writer has committed
   * @throws {ProgressMismatchError} the table is not where the writer continues from
   * @throws {FileAlreadyLiveError} a file is in the table already
   * @throws {CommitConflictError} others were first too many times; nothing is committed
   * @throws {CommitUnknownError} the catalog failed and stays unreachable
   */
  async append(table: string, input: AppendInput, options: Abortable = {}): Promise<CommitResult> {
    const [result] = await this.commitAll([{ table, ...input }], options);
    if (result === undefined) throw new RangeError("a commit without a result");
    return result;
  }

  /** Commits to several tables, all or none, in one transaction of the catalog. Throws as {@link append} does. */
  async commitAll(appends: readonly TableAppend[], options: Abortable = {}): Promise<readonly CommitResult[]> {
    const names = new Set(appends.map(({ table }) => table));
    if (names.size !== appends.length || appends.length === 0) {
      throw new InvalidInputError("Cannot commit: name one table or more, each once");
    }
    return this.#snapshots(
      appends.map(({ table, ...input }) => ({ table, intent: appendIntent(input) })),
      options,
    );
  }

  /**
   * Replaces files by others with the same rows, such as many small ones by few. Appends meanwhile do not conflict.
   *
   * @throws {ChangeConflictError} when a file to be removed is gone, or rows of it were deleted since it was read
   */
  async rewriteFiles(table: string, input: RewriteFilesInput, options: Abortable = {}): Promise<CommitResult> {
    return this.#snapshot(table, rewriteIntent(input), options);
  }

  /**
   * Replaces files or whole filters of rows by others, as given; see {@link deleteRows} for rows within files.
   *
   * @throws {ChangeConflictError} as the isolation says, or when a removed file is gone
   * @throws {InvalidInputError} when only some rows of a file match the filter
   */
  async overwrite(table: string, input: OverwriteInput, options: Abortable = {}): Promise<CommitResult> {
    return this.#snapshot(table, overwriteIntent(input), options);
  }

  /** Replaces the content of every partition that one of the files is in. Throws as {@link overwrite} does. */
  async replacePartitions(
    table: string,
    input: ReplacePartitionsInput,
    options: Abortable = {},
  ): Promise<CommitResult> {
    return this.#snapshot(table, replacePartitionsIntent(input), options);
  }

  /**
   * Adds data files and delete files together.
   *
   * @throws {ChangeConflictError} when a data file that rows are deleted from is gone, or as the isolation says
   */
  async rowDelta(table: string, input: RowDeltaInput, options: Abortable = {}): Promise<CommitResult> {
    return this.#snapshot(table, rowDeltaIntent(input), options);
  }

  /**
   * Deletes the rows that match and adds those of `add`, in one snapshot; where others have come between, it is planned anew.
   * A table that holds none of them, and nothing to add, stays as it is.
   *
   * @throws {ChangeConflictError} others were between too many times
   */
  async deleteRows(table: string, input: DeleteRowsInput, options: Abortable = {}): Promise<CommitResult> {
    for (let attempts = 1; ; attempts += 1) {
      const loaded = await this.#load(table);
      const planned = await planDelete(this.#tools, loaded, input, options);
      if (planned === undefined) return { table: loaded, snapshotId: undefined, attempts };
      try {
        return await this.rowDelta(table, planned.delta, options);
      } catch (error) {
        if (error instanceof CommitUnknownError) throw error; // The files may be live.
        for (const { location } of planned.staged) await this.#tools.io.remove(location).catch(() => undefined);
        if (!(error instanceof ChangeConflictError) || attempts >= PLANS_MAX) throw error;
      }
    }
  }

  /**
   * Takes Parquet files that exist already into the table, where they are. See {@link describeFiles} for what is refused.
   *
   * @throws {FileAlreadyLiveError} a file is in the table already
   */
  async registerFiles(table: string, input: RegisterFilesInput, options: Abortable = {}): Promise<CommitResult> {
    const { run, files, ...rest } = input;
    const { metadata } = await this.#load(table);
    const described = await describeFiles({ metadata, io: this.#tools.io }, { run, files });
    const properties = { ...described.properties, ...rest.properties };
    return this.#snapshot(table, appendIntent({ ...rest, files: described.files, properties }), options);
  }

  async #load(table: string): Promise<Table> {
    const loaded = await this.#catalog.load(parseIdentifier(table));
    if (loaded !== undefined) return new Table(loaded, this.#tools);
    throw new TableNotFoundError(table);
  }

  /** Writes manifests anew, fewer and each of few partitions; where there is but one, nothing is done. */
  async rewriteManifests(
    table: string,
    input: RewriteManifestsInput = {},
    options: Abortable = {},
  ): Promise<CommitResult> {
    return this.#snapshot(table, rewriteManifestsIntent(input), options);
  }

  /**
   * Takes over a snapshot of another branch: moves on to it where it follows, else appends its files.
   *
   * @throws {InvalidInputError} when the branch holds it already
   * @throws {LakeUnsupportedError} when it would have to be repeated and is no append
   */
  async cherryPick(table: string, input: CherryPickInput, options: Abortable = {}): Promise<CommitResult> {
    const change = new CherryPickChange(parseIdentifier(table), input, this.#tools);
    const { tables, attempts } = await this.commitTableChanges([change], options);
    const [loaded] = tables;
    if (loaded === undefined) throw new RangeError("a commit without a result");
    await change.settle(loaded.metadata);
    return { table: new Table(loaded, this.#tools), snapshotId: change.snapshotId, attempts };
  }

  /**
   * Points a branch, made where it is not there, at a snapshot or at what another branch or tag points at.
   *
   * @throws {ChangeConflictError} when it is to go forward only, and that is not ahead of it
   */
  async moveBranch(table: string, input: MoveBranchInput, options: Abortable = {}): Promise<Table> {
    const { tables } = await this.commitTableChanges([new MoveBranchChange(parseIdentifier(table), input)], options);
    const [loaded] = tables;
    if (loaded === undefined) throw new RangeError("a commit without a result");
    return new Table(loaded, this.#tools);
  }

  /**
   * Takes `writer` over from whichever process wrote as it before: its epoch rises, and the older epochs' commits are
   * refused from now on. Call once at start, before reading on from the positions.
   *
   * @param initialPositions the writer's positions where it has never committed
   */
  async claimWriter(
    table: string,
    writer: string,
    initialPositions: string,
    options: Abortable = {},
  ): Promise<WriterProgress> {
    const change = new ClaimChange(parseIdentifier(table), writer, initialPositions, this.#tools.ids.uuid());
    await this.commitTableChanges([change], options);
    if (change.claimed === undefined) throw new RangeError("a claim without a result");
    return change.claimed;
  }

  async #snapshot(table: string, intent: SnapshotIntent, options: Abortable): Promise<CommitResult> {
    const [result] = await this.#snapshots([{ table, intent }], options);
    if (result === undefined) throw new RangeError("a commit without a result");
    return result;
  }

  async #snapshots(
    intents: readonly { readonly table: string; readonly intent: SnapshotIntent }[],
    options: Abortable,
  ): Promise<readonly CommitResult[]> {
    const changes = intents.map(({ table, intent }) => new SnapshotChange(parseIdentifier(table), intent, this.#tools));
    const { tables, attempts } = await this.commitTableChanges(changes, options);
    for (const [index, change] of changes.entries()) await change.settle(tables[index]?.metadata);
    return tables.map((loaded, index) => ({
      table: new Table(loaded, this.#tools),
      snapshotId: changes[index]?.snapshotId,
      attempts,
    }));
  }

  /** Commits changes of several tables, all or none. */
  protected async commitTableChanges(changes: readonly TableChange[], options: Abortable): Promise<Committed> {
    const names = changes.map(({ identifier }) => identifierText(identifier));
    const startMs = this.#clock.monotonicMs();
    try {
      const committed = await this.#locks.run(names, () =>
        commitChanges(
          changes,
          {
            catalog: this.#catalog,
            clock: this.#clock,
            random: this.#random,
            attemptsMax: this.#attemptsMax,
          },
          options,
        ),
      );
      this.#record(names, "committed", committed.attempts, startMs);
      return committed;
    } catch (error) {
      this.#record(names, "refused", 1, startMs);
      throw error;
    }
  }

  #record(names: readonly string[], outcome: "committed" | "refused", attempts: number, startMs: number): void {
    for (const table of names) {
      this.#metrics?.commits.add({ table, outcome });
      if (attempts > 1) this.#metrics?.retries.add({ table }, attempts - 1);
      this.#metrics?.commitSeconds.observe({ table }, (this.#clock.monotonicMs() - startMs) / 1000);
    }
  }

  /** Resolves when no commit is under way. */
  protected idle(): Promise<void> {
    return this.#locks.idle();
  }
}
