import type { TableRequirement } from "../metadata/requirement.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import type { TableIdentifier } from "./identifier.ts";

/** A table as the catalog had it when it was asked. */
export interface LoadedTable {
  readonly identifier: TableIdentifier;
  readonly metadataLocation: string;
  readonly metadata: TableMetadata;
}

/** One table's part of a commit. `next` is `base` with `updates` applied, for catalogs that only hold a pointer. */
export interface TableCommit {
  readonly base: LoadedTable;
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
  readonly next: TableMetadata;
}

/**
 * Knows which tables there are and what the current version of each is, and swaps it atomically.
 * Adapters: SQL in the layout of Java's JDBC catalog.
 */
export interface Catalog extends AsyncDisposable {
  load(identifier: TableIdentifier): Promise<LoadedTable | undefined>;
  /** @throws {LakeExistsError} when the name is taken */
  create(identifier: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable>;
  /**
   * Commits all or nothing.
   *
   * @throws {CommitConflictError} when a table is not at its `base` any more: nothing was changed
   * @throws {CommitUnknownError} when the outcome is not known
   */
  commit(commits: readonly TableCommit[]): Promise<readonly LoadedTable[]>;
  /** Forgets the table; its files stay. @returns false when there was none */
  drop(identifier: TableIdentifier): Promise<boolean>;
  listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]>;
  listNamespaces(): Promise<readonly (readonly string[])[]>;
  /** Nothing happens where it is there already. */
  ensureNamespace(namespace: readonly string[]): Promise<void>;
  /** @throws {LakeExistsError} when it still holds tables */
  dropNamespace(namespace: readonly string[]): Promise<boolean>;
}
