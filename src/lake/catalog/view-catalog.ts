import type { ViewMetadata } from "../metadata/view-metadata.ts";
import type { ViewRequirement, ViewUpdate } from "../metadata/view-update.ts";
import type { ChangeOptions } from "./change-options.ts";
import type { Namespace, TableIdentifier } from "./identifier.ts";

/** A view as the catalog had it when it was asked. */
export interface LoadedView {
  readonly identifier: TableIdentifier;
  readonly metadataLocation: string;
  readonly metadata: ViewMetadata;
}

/** A new version of a view; as `TableCommit` is for a table. */
export interface ViewCommit {
  readonly base: LoadedView;
  readonly requirements: readonly ViewRequirement[];
  readonly updates: readonly ViewUpdate[];
  readonly next: ViewMetadata;
}

/** The views of a catalog. Tables and views share one space of names. */
export interface ViewCatalog {
  /** Ordered by name. @throws {NamespaceNotFoundError} */
  listViews(namespace: Namespace): Promise<readonly TableIdentifier[]>;
  loadView(identifier: TableIdentifier): Promise<LoadedView | undefined>;
  /**
   * @throws {LakeExistsError} when a table or a view has the name
   * @throws {NamespaceNotFoundError}
   */
  createView(
    identifier: TableIdentifier,
    metadata: ViewMetadata,
    options?: ChangeOptions<LoadedView>,
  ): Promise<LoadedView>;
  /**
   * Takes over a view that exists as a metadata file.
   *
   * @throws {LakeExistsError} when a table or a view has the name
   * @throws {NamespaceNotFoundError}
   * @throws {LakeNotFoundError} when there is no such metadata file
   */
  registerView(
    identifier: TableIdentifier,
    metadataLocation: string,
    options?: ChangeOptions<LoadedView>,
  ): Promise<LoadedView>;
  /**
   * @throws {CommitConflictError} when the view is not at its `base` any more
   * @throws {ViewNotFoundError} when it is gone
   * @throws {CommitUnknownError} when the outcome is not known
   */
  replaceView(commit: ViewCommit, options?: ChangeOptions<LoadedView>): Promise<LoadedView>;
  /**
   * @throws {ViewNotFoundError}
   * @throws {LakeExistsError} when a table or a view has the new name
   * @throws {NamespaceNotFoundError} when there is no namespace of the new name
   */
  renameView(from: TableIdentifier, to: TableIdentifier, options?: ChangeOptions<void>): Promise<void>;
  /** @returns false when there was none */
  dropView(identifier: TableIdentifier, options?: ChangeOptions<boolean>): Promise<boolean>;
}
