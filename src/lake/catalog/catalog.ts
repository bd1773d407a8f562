import type { TableRequirement } from "../metadata/requirement.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import type { ChangeOptions } from "./change-options.ts";
import type { Namespace, TableIdentifier } from "./identifier.ts";
import type { ViewCatalog } from "./view-catalog.ts";

/** A table as the catalog had it when it was asked. */
export interface LoadedTable {
  readonly identifier: TableIdentifier;
  readonly metadataLocation: string;
  readonly metadata: TableMetadata;
}

/**
 * One table's part of a commit. `next` is `base` with `updates` applied, for catalogs that only hold a pointer;
 * `requirements` and `updates` are for catalogs that apply them themselves.
 */
export interface TableCommit {
  readonly identifier: TableIdentifier;
  /** The table as it was loaded; undefined where this commit makes it (a staged creation: assert-create). */
  readonly base: LoadedTable | undefined;
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
  readonly next: TableMetadata;
}

export interface PropertiesChange {
  readonly removals: readonly string[];
  readonly updates: Readonly<Record<string, string>>;
}

export interface PropertiesChanged {
  readonly removed: readonly string[];
  readonly updated: readonly string[];
  /** Asked to be removed, and not there. */
  readonly missing: readonly string[];
}

export interface RegisterOptions extends ChangeOptions<LoadedTable> {
  /** Point a table that is there already at the given metadata. */
  readonly isOverwriting?: boolean;
}

/**
 * Knows which namespaces, tables and views there are and what the current version of each is, and swaps it atomically.
 *
 * Every method that changes something: when it rejects with anything but {@link CommitUnknownError}, nothing was changed.
 * Adapters: SQL in the layout of Java's JDBC catalog (SQLite, PostgreSQL), and a client of the REST protocol.
 * `catalog.contract.ts` says in tests what each must do.
 */
export interface Catalog extends ViewCatalog, AsyncDisposable {
  /**
   * The namespaces directly under `parent`; without it, or with `[]`, those of the top level.
   *
   * @throws {NamespaceNotFoundError} when there is no `parent`
   */
  listNamespaces(parent?: Namespace): Promise<readonly Namespace[]>;
  /** The namespace's properties; undefined where there is no such namespace. */
  loadNamespace(namespace: Namespace): Promise<Readonly<Record<string, string>> | undefined>;
  /** @throws {LakeExistsError} when it is there already */
  createNamespace(
    namespace: Namespace,
    properties?: Readonly<Record<string, string>>,
    options?: ChangeOptions<void>,
  ): Promise<void>;
  /** Nothing happens where it is there already. */
  ensureNamespace(namespace: Namespace): Promise<void>;
  /** @throws {NamespaceNotFoundError} */
  updateNamespace(
    namespace: Namespace,
    change: PropertiesChange,
    options?: ChangeOptions<PropertiesChanged>,
  ): Promise<PropertiesChanged>;
  /**
   * @returns false when there was none
   * @throws {NamespaceNotEmptyError} when it holds tables, views or namespaces
   */
  dropNamespace(namespace: Namespace, options?: ChangeOptions<boolean>): Promise<boolean>;

  /** Ordered by name. @throws {NamespaceNotFoundError} */
  listTables(namespace: Namespace): Promise<readonly TableIdentifier[]>;
  load(identifier: TableIdentifier): Promise<LoadedTable | undefined>;
  /**
   * @throws {LakeExistsError} when a table or a view has the name
   * @throws {NamespaceNotFoundError}
   */
  create(
    identifier: TableIdentifier,
    metadata: TableMetadata,
    options?: ChangeOptions<LoadedTable>,
  ): Promise<LoadedTable>;
  /**
   * Takes over a table that exists as files, at one of its metadata files.
   *
   * @throws {LakeExistsError} when a view has the name, or a table has and it is not to be overwritten
   * @throws {NamespaceNotFoundError}
   * @throws {LakeNotFoundError} when there is no such metadata file
   */
  register(identifier: TableIdentifier, metadataLocation: string, options?: RegisterOptions): Promise<LoadedTable>;
  /**
   * Commits all or nothing, in one transaction.
   *
   * @throws {CommitConflictError} when a table is not at its `base` any more: nothing was changed
   * @throws {LakeExistsError} when a commit makes a table and the name is taken
   * @throws {TableNotFoundError} when a table is gone
   * @throws {CommitUnknownError} when the outcome is not known
   */
  commit(
    commits: readonly TableCommit[],
    options?: ChangeOptions<readonly LoadedTable[]>,
  ): Promise<readonly LoadedTable[]>;
  /**
   * @throws {TableNotFoundError}
   * @throws {LakeExistsError} when a table or a view has the new name
   * @throws {NamespaceNotFoundError} when there is no namespace of the new name
   */
  rename(from: TableIdentifier, to: TableIdentifier, options?: ChangeOptions<void>): Promise<void>;
  /** Forgets the table; its files stay. @returns false when there was none */
  drop(identifier: TableIdentifier, options?: ChangeOptions<boolean>): Promise<boolean>;
}
