import type { Abortable } from "../../base/index.ts";
import type { RewriteFilesInput } from "../commit/rewrite.ts";
import type { RewriteManifestsInput } from "../commit/rewrite-manifests.ts";
import type { CommitResult } from "../lake-commits.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { snapshotById } from "../metadata/table-metadata.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { type CheckInput, type CheckReport, checkTable } from "./check.ts";
import { type CompactInput, compact } from "./compact.ts";
import { diffSnapshots, type SnapshotDiff } from "./diff.ts";
import { diffRows, type RowDiff } from "./diff-rows.ts";
import { type ExpireOptions, type ExpireReport, expireSnapshots } from "./expire.ts";
import { type PartitionHealth, partitionHealth, type TableHealth, tableHealth } from "./health.ts";
import { liveEntriesAt } from "./live-files.ts";
import type { MaintenanceContext } from "./maintenance-context.ts";
import { findOrphans, type OrphansInput, type OrphansReport } from "./orphans.ts";
import { SnapshotPins } from "./pins.ts";
import { createRef, type RefInput, type RollbackReport, removeRef, rollback } from "./refs.ts";
import { applyRetention, type RetentionReport } from "./retention.ts";
import type { CompactReport } from "./rewrite-groups.ts";
import { type TierInput, tierTable } from "./tiering.ts";

/** What the lake hands in: its own doors, and the stores behind them. */
export interface MaintenanceTools extends MaintenanceContext {
  rewriteFiles(table: string, input: RewriteFilesInput, options: Abortable): Promise<CommitResult>;
  rewriteManifests(table: string, input: RewriteManifestsInput, options: Abortable): Promise<CommitResult>;
}

const SMALL_BELOW_BYTES = 32_000_000;
const MANIFESTS_MIN = 8;

/**
 * The upkeep of tables: each act decides on one state of the table, is committed against whatever it has become
 * meanwhile, and reports what it did. Every one can be aborted and run again.
 */
export class LakeMaintenance {
  readonly #tools: MaintenanceTools;
  readonly #pins = new SnapshotPins();

  constructor(tools: MaintenanceTools) {
    this.#tools = tools;
  }

  /** Keeps a snapshot from this process's expiry until disposed of. For longer, and from all processes: a tag. */
  pin(table: string, snapshotId: bigint): Disposable {
    return this.#pins.pin(table, snapshotId);
  }

  /** Few large sorted files in place of many small ones. See {@link compact}. */
  compact(table: string, input: CompactInput, options: Abortable = {}): Promise<CompactReport> {
    return compact({ ...this.#tools, pins: this.#pins }, table, input, options);
  }

  /** Writes manifests anew once there are more than `manifestsMin` (8). @returns false where there was nothing to do */
  async rewriteManifests(
    table: string,
    { manifestsMin = MANIFESTS_MIN }: { readonly manifestsMin?: number | undefined } = {},
    options: Abortable = {},
  ): Promise<boolean> {
    const { snapshot } = await this.#tools.table(table);
    if ((await this.#tools.tools.manifests.list(snapshot)).length < Math.max(2, manifestsMin)) return false;
    const summary = { "k2.maintenance": "rewrite-manifests" };
    return (await this.#tools.rewriteManifests(table, { summary }, options)).snapshotId !== undefined;
  }

  /** Moves cold partitions to where the table's own policy says. See {@link tierTable}. */
  tier(table: string, input: TierInput, options: Abortable = {}): Promise<CompactReport | undefined> {
    return tierTable({ ...this.#tools, pins: this.#pins }, table, input, options);
  }

  /** Removes rows that are older than the table's own policy. See {@link applyRetention}. */
  applyRetention(
    table: string,
    input: { readonly run: SqlRunner["run"] },
    options: Abortable = {},
  ): Promise<RetentionReport | undefined> {
    return applyRetention(this.#tools, table, input, options);
  }

  /** Forgets old snapshots and removes what only they needed. See {@link expireSnapshots}. */
  expire(table: string, policy: ExpireOptions = {}, options: Abortable = {}): Promise<ExpireReport> {
    return expireSnapshots(this.#tools, table, { ...policy, pinned: () => this.#pins.of(table) }, options);
  }

  /** Finds files that nothing refers to, and removes them if asked. See {@link findOrphans}. */
  orphans(table: string, input: OrphansInput = {}, options: Abortable = {}): Promise<OrphansReport> {
    return findOrphans(this.#tools, table, input, options);
  }

  /** @throws {LakeExistsError} when the name stands for another snapshot */
  tag(table: string, input: RefInput, options: Abortable = {}): Promise<Table> {
    return createRef(this.#tools, table, "tag", input, options);
  }

  /** @throws {LakeExistsError} when the name stands for another snapshot */
  branch(table: string, input: RefInput, options: Abortable = {}): Promise<Table> {
    return createRef(this.#tools, table, "branch", input, options);
  }

  /** @throws {LakeNotFoundError} when there is no such branch or tag */
  removeRef(table: string, name: string, options: Abortable = {}): Promise<Table> {
    return removeRef(this.#tools, table, name, options);
  }

  /** Makes an earlier snapshot current again, its writer's progress with it. See {@link rollback}. */
  rollback(table: string, snapshotId: bigint, options: Abortable = {}): Promise<RollbackReport> {
    return rollback(this.#tools, table, snapshotId, options);
  }

  /** By files; `from` undefined is the empty table. @throws {LakeNotFoundError} when a snapshot is not kept */
  async diff(
    table: string,
    { from, to }: { readonly from: bigint | undefined; readonly to: bigint },
    options: Abortable = {},
  ): Promise<SnapshotDiff> {
    const { metadata } = await this.#tools.table(table);
    const states: { from: Snapshot | undefined; to: Snapshot } = {
      from: from === undefined ? undefined : snapshotById(metadata, from),
      to: snapshotById(metadata, to),
    };
    return diffSnapshots(metadata, states, this.#tools.tools.manifests, options);
  }

  /** As {@link diff}, row by row: what a compaction moved is no difference. */
  async diffRows(
    table: string,
    states: { readonly from: bigint | undefined; readonly to: bigint },
    { run }: { readonly run: SqlRunner["run"] },
    options: Abortable = {},
  ): Promise<RowDiff> {
    return diffRows(await this.#tools.table(table), await this.diff(table, states, options), run);
  }

  /** Reads all that a table refers to. See {@link checkTable}. */
  async check(table: string, input: CheckInput = {}, options: Abortable = {}): Promise<CheckReport> {
    return checkTable(await this.#tools.table(table), this.#tools.tools.io, input, options);
  }

  /** How well a table is kept; a file below `smallBelowBytes` (32 MB) counts as small. */
  async health(table: string, smallBelowBytes: number = SMALL_BELOW_BYTES): Promise<TableHealth> {
    const { io, manifests } = this.#tools.tools;
    const metadataBytes = async (location: string): Promise<number> => (await io.readTail(location, 1)).fileByteLength;
    return tableHealth(await this.#tools.table(table), { manifests, metadataBytes }, smallBelowBytes);
  }

  async partitions(table: string): Promise<readonly PartitionHealth[]> {
    return partitionHealth((await this.#tools.table(table)).metadata, this.#tools.tools.manifests);
  }

  /** All live files of a snapshot, those of deletes too; of the current one without an id. */
  async *files(table: string, snapshotId?: bigint): AsyncGenerator<DataFile> {
    const { metadata, snapshot } = await this.#tools.table(table);
    const chosen = snapshotId === undefined ? snapshot : snapshotById(metadata, snapshotId);
    for await (const { file } of liveEntriesAt(metadata, chosen, this.#tools.tools.manifests)) yield file;
  }
}
