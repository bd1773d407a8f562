export type { Catalog, LoadedTable, TableCommit } from "./catalog/catalog.ts";
export type { TableIdentifier } from "./catalog/identifier.ts";
export type { Lease, Leases } from "./catalog/leases.ts";
export type { CatalogConfig } from "./catalog/open-catalog.ts";
export { openSqlCatalog, type SqlCatalogOptions } from "./catalog/sql-catalog.ts";
export type { AppendInput } from "./commit/append.ts";
export type { MoveBranchInput } from "./commit/move-branch.ts";
export type { Isolation, OverwriteInput, ReplacePartitionsInput } from "./commit/overwrite.ts";
export type { ProgressInput, WriterProgress } from "./commit/progress.ts";
export type { RewriteFilesInput } from "./commit/rewrite.ts";
export type { RewriteManifestsInput } from "./commit/rewrite-manifests.ts";
export type { RowDeltaInput } from "./commit/row-delta.ts";
export type { PartitionInput } from "./core/partition-spec.ts";
export type { Comparison, Literal, Predicate } from "./core/predicate.ts";
export type { ColumnInput, Schema } from "./core/schema.ts";
export type { AddColumn, Place, SchemaChange } from "./core/schema-change.ts";
export type { SortInput } from "./core/sort-order.ts";
export type { PartitionChange } from "./core/spec-evolution.ts";
export type { Field, Type } from "./core/types.ts";
export type { Value } from "./core/value.ts";
export {
  ChangeConflictError,
  CommitConflictError,
  CommitUnknownError,
  FileAlreadyLiveError,
  LakeCorruptError,
  LakeExistsError,
  LakeNotFoundError,
  LakeUnsupportedError,
  ProgressMismatchError,
  RowsMismatchError,
  WriterFencedError,
} from "./errors.ts";
export { type LakeIds, systemIds } from "./io/ids.ts";
export type { LocationMap } from "./io/local-file-io.ts";
export type { S3Config } from "./io/s3/s3-clients.ts";
export type { StorageConfig } from "./io/storage.ts";
export { Lake, type LakeConfig, openLake } from "./lake.ts";
export type { CommitResult, TableAppend } from "./lake-commits.ts";
export type { CheckInput, CheckProblem, CheckReport } from "./maintenance/check.ts";
export type { CompactInput } from "./maintenance/compact.ts";
export type { DiffStep, SnapshotDiff } from "./maintenance/diff.ts";
export type { RowDiff } from "./maintenance/diff-rows.ts";
export { describeDuration, parseDurationMs } from "./maintenance/durations.ts";
export type { ExpireInput, ExpireOptions, ExpireReport } from "./maintenance/expire.ts";
export type { ExpirePolicy } from "./maintenance/expire-policy.ts";
export { type HealthLimits, healthAlerts, type PartitionHealth, type TableHealth } from "./maintenance/health.ts";
export { LakeMaintenance } from "./maintenance/maintenance.ts";
export type { OrphansInput, OrphansReport } from "./maintenance/orphans.ts";
export type { RefInput, RollbackReport } from "./maintenance/refs.ts";
export type { RetentionReport } from "./maintenance/retention.ts";
export type { CompactProgress, CompactReport } from "./maintenance/rewrite-groups.ts";
export { chooseSnapshotId } from "./maintenance/snapshot-name.ts";
export type { DataFile } from "./manifest/data-file.ts";
export type { TableEvolution } from "./metadata/evolution.ts";
export type { MetadataStore } from "./metadata/metadata-store.ts";
export type { TableInput } from "./metadata/new-table.ts";
export type { Snapshot, SnapshotRef } from "./metadata/snapshot.ts";
export type { TableMetadata } from "./metadata/table-metadata.ts";
export type { HistoryEntry, SnapshotChoice } from "./metadata/time-travel.ts";
export { type ReadTableInput, readTable } from "./read-table.ts";
export type { LakeRestOptions } from "./rest-server/lake-rest-catalog.ts";
export type { RequestedChange } from "./rest-server/rest-context.ts";
export type { ChangeScan, ChangesOptions } from "./scan/changes.ts";
export type { SnapshotRange } from "./scan/incremental.ts";
export type { FileTask, PlanCounts, ScanPlan } from "./scan/plan.ts";
export type { Scan, ScanOptions } from "./scan/scan.ts";
export {
  METADATA_TABLES,
  type MetadataRelationOptions,
  type MetadataTable,
} from "./scan/tables/metadata-relation.ts";
export { Table } from "./table.ts";
export type { DeleteRowsInput } from "./write/delete-rows.ts";
export { ndjsonRelation } from "./write/ndjson.ts";
export type { RegisterFilesInput } from "./write/register-files.ts";
export type { SqlRunner } from "./write/sql-runner.ts";
export type { StagedFiles, StageInput } from "./write/stage.ts";
