export type { Catalog, LoadedTable, TableCommit } from "./catalog/catalog.ts";
export type { TableIdentifier } from "./catalog/identifier.ts";
export { openSqlCatalog, type SqlCatalogOptions } from "./catalog/sql-catalog.ts";
export type { AppendInput } from "./commit/append.ts";
export type { ExpireInput } from "./commit/expire.ts";
export type { ProgressInput, WriterProgress } from "./commit/progress.ts";
export type { PartitionInput } from "./core/partition-spec.ts";
export type { Comparison, Literal, Predicate } from "./core/predicate.ts";
export type { ColumnInput, Schema } from "./core/schema.ts";
export type { SortInput } from "./core/sort-order.ts";
export type { Field, Type } from "./core/types.ts";
export type { Value } from "./core/value.ts";
export {
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
export {
  type CatalogConfig,
  type CommitResult,
  type ExpireResult,
  Lake,
  type LakeConfig,
  openLake,
  type TableAppend,
} from "./lake.ts";
export type { DataFile } from "./manifest/data-file.ts";
export type { MetadataStore } from "./metadata/metadata-store.ts";
export type { TableInput } from "./metadata/new-table.ts";
export type { Snapshot, SnapshotRef } from "./metadata/snapshot.ts";
export type { TableMetadata } from "./metadata/table-metadata.ts";
export type { HistoryEntry, SnapshotChoice } from "./metadata/time-travel.ts";
export { type ReadTableInput, readTable } from "./read-table.ts";
export type { PlanCounts, ScanPlan } from "./scan/plan.ts";
export type { Scan, ScanOptions } from "./scan/scan.ts";
export { Table } from "./table.ts";
export type { SqlRunner } from "./write/sql-runner.ts";
export type { StagedFiles, StageInput } from "./write/stage.ts";
