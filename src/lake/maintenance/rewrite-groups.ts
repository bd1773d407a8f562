import { type Abortable, describeError } from "../../base/index.ts";
import type { RewriteFilesInput } from "../commit/rewrite.ts";
import { sqlText } from "../duckdb/duckdb-sql.ts";
import { ChangeConflictError, CommitConflictError } from "../errors.ts";
import type { CommitResult } from "../lake-commits.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { leaseUnmarked } from "../scan/nanosecond-copies.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { type StagedFiles, stageFiles } from "../write/stage.ts";
import type { CompactionGroup } from "./compaction-plan.ts";
import type { MaintenanceContext } from "./maintenance-context.ts";
import { type RowChecksum, refuseDifferentRows, rowChecksum } from "./row-checksum.ts";

export interface CompactProgress {
  readonly groups: number;
  readonly groupsDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
}

export interface CompactReport {
  readonly groups: number;
  /** Of the files that were replaced, and of those in their place. In a dry run: what would be, sizes unknown. */
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly rows: number;
  readonly commits: number;
  /** Groups left as they were because another commit touched their files meanwhile; a later run takes them again. */
  readonly conflicts: number;
}

export interface RewriteTools extends MaintenanceContext {
  rewriteFiles(table: string, input: RewriteFilesInput, options: Abortable): Promise<CommitResult>;
}

export interface RewriteInput {
  /** Told in the snapshots' summaries and in messages: compact, tier. */
  readonly what: string;
  readonly run: SqlRunner["run"];
  /** zstd; default 9 for final files, 3 for those that are merged again. */
  readonly compressionLevel?: number | undefined;
  /** Folder of the new files; default, the table's own. */
  readonly dataPath?: string | undefined;
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
}

/** What has been read and written, before it is committed, at most so much. */
const COMMIT_BYTES_MAX = 1_073_741_824;
const ROW_LINEAGE = ["_row_id", "_last_updated_sequence_number"];

export const NOTHING_REWRITTEN: CompactReport = {
  groups: 0,
  filesBefore: 0,
  filesAfter: 0,
  bytesBefore: 0,
  bytesAfter: 0,
  rows: 0,
  commits: 0,
  conflicts: 0,
};

/**
 * Writes each group of files anew, with exactly the same rows, and puts the new files in their place.
 * `snapshot` is what the groups were planned on; it must not expire meanwhile.
 */
export async function rewriteGroups(
  context: RewriteTools,
  { table, snapshot }: { readonly table: Table; readonly snapshot: Snapshot },
  groups: readonly CompactionGroup[],
  input: RewriteInput,
  { signal }: Abortable = {},
): Promise<CompactReport> {
  const run = new GroupRewrite(context, table, snapshot, input);
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  let bytesDone = 0;
  try {
    for (const [index, group] of groups.entries()) {
      signal?.throwIfAborted();
      await run.rewrite(group, signal);
      bytesDone += group.bytes;
      input.onProgress?.({ groups: groups.length, groupsDone: index + 1, bytes, bytesDone });
    }
    signal?.throwIfAborted();
    return await run.finish(signal);
  } finally {
    await run.abandon();
  }
}

interface Rewritten {
  readonly group: CompactionGroup;
  readonly staged: StagedFiles;
}

class GroupRewrite {
  readonly #context: RewriteTools;
  readonly #table: Table;
  readonly #snapshot: Snapshot;
  readonly #input: RewriteInput;
  /** Where and what the new files are written as. */
  readonly #target: TableMetadata;
  /** Of format v3, with the identity of each row, which a rewrite may not change. */
  readonly #columns: readonly string[];
  #waiting: Rewritten[] = [];
  #report: CompactReport = NOTHING_REWRITTEN;

  constructor(context: RewriteTools, table: Table, snapshot: Snapshot, input: RewriteInput) {
    this.#context = context;
    this.#table = table;
    this.#snapshot = snapshot;
    this.#input = input;
    const { metadata } = table;
    const { dataPath } = input;
    this.#target =
      dataPath === undefined
        ? metadata
        : { ...metadata, properties: { ...metadata.properties, "write.data.path": dataPath } };
    const names = table.schema.fields.map(({ name }) => name);
    this.#columns = metadata.formatVersion >= 3 ? [...names, ...ROW_LINEAGE] : names;
  }

  async rewrite(group: CompactionGroup, signal: AbortSignal | undefined): Promise<void> {
    this.#waiting.push({ group, staged: await this.#stage(group, signal) });
    const bytes = this.#waiting.reduce((sum, { group: each }) => sum + each.bytes, 0);
    if (bytes >= COMMIT_BYTES_MAX) await this.#commit(signal);
  }

  /** Removes what was staged and not given to a commit. */
  async abandon(): Promise<void> {
    await this.#abandon(this.#waiting);
    this.#waiting = [];
  }

  async finish(signal: AbortSignal | undefined): Promise<CompactReport> {
    await this.#commit(signal);
    return this.#report;
  }

  /** Reads the group, writes it sorted, and proves that the rows are the same. */
  async #stage(group: CompactionGroup, signal: AbortSignal | undefined): Promise<StagedFiles> {
    const { tools } = this.#context;
    const { run, compressionLevel = group.depth === "full" ? 9 : 3 } = this.#input;
    using scan = this.#table.scan({
      columns: this.#columns,
      files: new Set(group.files.map(({ location }) => location)),
    });
    const relation = await scan.sql({ signal });
    const before = await rowChecksum(run, this.#columns, relation);
    const staged = await stageFiles(
      { metadata: this.#target, ...tools },
      {
        run,
        relation: `SELECT * FROM ${relation}`,
        rowsMax: Math.max(1, Math.ceil(group.rows / group.filesAfter)),
        compressionLevel,
      },
      { signal },
    );
    try {
      const after = await this.#checksumOf(staged, signal);
      refuseDifferentRows(
        this.#columns,
        { before, after },
        `${this.#input.what} ${group.files.length} files of ${this.#table.name}`,
      );
    } catch (error) {
      await this.#remove(staged);
      throw error;
    }
    return staged;
  }

  /** Of the rows as they were written: by name, as a reader of the files alone sees them. */
  async #checksumOf({ files }: StagedFiles, signal: AbortSignal | undefined): Promise<RowChecksum> {
    const { run } = this.#input;
    if (files.length === 0) {
      using none = this.#table.scan({ columns: this.#columns, files: new Set() });
      return await rowChecksum(run, this.#columns, await none.sql({ signal }));
    }
    using lease = await leaseUnmarked(this.#context.tools.io, files, this.#table.schema.fields, { signal });
    const paths = files.map(({ location }) => sqlText(lease.pathOf(location))).join(", ");
    // Awaited here, so that the files stay where they are until they are read.
    return await rowChecksum(run, this.#columns, `read_parquet([${paths}], hive_partitioning := false)`);
  }

  /** All that waits, as one commit. */
  async #commit(signal: AbortSignal | undefined): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    const remove = waiting.flatMap(({ group }) => group.files);
    const add = waiting.flatMap(({ staged }) => staged.files);
    try {
      await this.#context.rewriteFiles(
        this.#table.name,
        { remove, add, startingSnapshotId: this.#snapshot.snapshotId, summary: { "k2.maintenance": this.#input.what } },
        { signal },
      );
      this.#count(waiting.length, remove, add);
    } catch (error) {
      await this.#giveUp(waiting, error, signal);
    }
  }

  /** One group that was touched meanwhile must not hold up the others: each is tried by itself. */
  async #giveUp(waiting: readonly Rewritten[], error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const [only] = waiting;
    if (!(error instanceof ChangeConflictError) || only === undefined) {
      // Of any other failure it may not be known whether the files are in the table: an orphan costs room only.
      if (error instanceof CommitConflictError) await this.#abandon(waiting);
      throw error;
    }
    if (waiting.length === 1) {
      await this.#remove(only.staged);
      this.#report = { ...this.#report, conflicts: this.#report.conflicts + 1 };
      this.#context.logger.info(
        { table: this.#table.name, error: describeError(error) },
        "Files that were being rewritten have changed; the next run takes them",
      );
      return;
    }
    for (const each of waiting) {
      this.#waiting = [each];
      await this.#commit(signal);
    }
  }

  #count(groups: number, remove: readonly DataFile[], add: readonly DataFile[]): void {
    const before = this.#report;
    const bytes = (files: readonly DataFile[]): number => files.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#report = {
      ...before,
      groups: before.groups + groups,
      filesBefore: before.filesBefore + remove.length,
      filesAfter: before.filesAfter + add.length,
      bytesBefore: before.bytesBefore + bytes(remove),
      bytesAfter: before.bytesAfter + bytes(add),
      rows: before.rows + add.reduce((sum, { recordCount }) => sum + recordCount, 0),
      commits: before.commits + 1,
    };
  }

  async #abandon(waiting: readonly Rewritten[]): Promise<void> {
    for (const { staged } of waiting) await this.#remove(staged);
  }

  async #remove({ files }: StagedFiles): Promise<void> {
    for (const { location } of files) await this.#context.tools.io.remove(location).catch(() => undefined);
  }
}
