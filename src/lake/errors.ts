import { K2Error, type Remedy } from "../base/index.ts";

/** A request that the lake understands but does not carry out yet, or never will; nothing was done. */
export class LakeUnsupportedError extends K2Error {
  readonly code = "K2_LAKE_UNSUPPORTED";
  readonly remedy: Remedy = "fix-input";
}

/** Bytes of a table (metadata, manifest, Parquet footer) that do not follow their specification. */
export class LakeCorruptError extends K2Error {
  readonly code = "K2_LAKE_CORRUPT";
  readonly remedy: Remedy = "report";
}

/** No table, namespace, snapshot or reference of that name. */
export class LakeNotFoundError extends K2Error {
  readonly code = "K2_LAKE_NOT_FOUND";
  readonly remedy: Remedy = "fix-input";
}

/** The catalog has no such namespace. Nothing was changed. */
export class NamespaceNotFoundError extends LakeNotFoundError {
  /** Without advice, as the REST protocol's clients know it. */
  readonly fact: string;

  constructor(namespace: readonly string[]) {
    const fact = `Namespace does not exist: ${namespace.join(".")}`;
    super(`${fact}. Create it first, or look at what there is`);
    this.fact = fact;
  }
}

/** The catalog has no such table. Nothing was changed. */
export class TableNotFoundError extends LakeNotFoundError {
  constructor(name: string) {
    super(`Table does not exist: ${name}. List the tables of its namespace to see what there is`);
  }
}

/** The catalog has no such view. Nothing was changed. */
export class ViewNotFoundError extends LakeNotFoundError {
  constructor(name: string) {
    super(`View does not exist: ${name}. List the views of its namespace to see what there is`);
  }
}

/** The name is taken, or the namespace is not empty. Nothing was changed. */
export class LakeExistsError extends K2Error {
  readonly code = "K2_LAKE_EXISTS";
  readonly remedy: Remedy = "fix-input";
}

/** A namespace that still holds something is not dropped. Nothing was changed. */
export class NamespaceNotEmptyError extends LakeExistsError {}

/** The catalog's database could not be asked, or was too busy to answer in time. Nothing was changed. */
export class CatalogUnavailableError extends K2Error {
  readonly code = "K2_LAKE_CATALOG_UNAVAILABLE";
  readonly remedy: Remedy = "retry";
}

/** Others committed first, more often than the retries allow. Nothing of this commit is in the table. */
export class CommitConflictError extends K2Error {
  readonly code = "K2_LAKE_COMMIT_CONFLICT";
  readonly remedy: Remedy = "retry";
}

/**
 * What others committed contradicts the change itself: a file it replaces is gone, rows it should have seen were added.
 * Nothing was committed, and the same change would be refused again; decide anew on the table as it is now.
 */
export class ChangeConflictError extends CommitConflictError {}

/**
 * The catalog failed while it was swapping, and could not be asked afterwards either: the commit may or may not be in
 * the table. No file was removed. Reading the table's progress tells which.
 */
export class CommitUnknownError extends K2Error {
  readonly code = "K2_LAKE_COMMIT_UNKNOWN";
  readonly remedy: Remedy = "resync";
}

/** A newer epoch of the same writer has committed: this process has been replaced and must stop writing. */
export class WriterFencedError extends K2Error {
  readonly code = "K2_LAKE_WRITER_FENCED";
  readonly remedy: Remedy = "resync";
}

/** The writer continues from other positions than the table holds: its files would be a double or leave a hole. */
export class ProgressMismatchError extends K2Error {
  readonly code = "K2_LAKE_PROGRESS_MISMATCH";
  readonly remedy: Remedy = "resync";
}

/** A file of the commit is in the table already. Nothing was committed. */
export class FileAlreadyLiveError extends K2Error {
  readonly code = "K2_LAKE_FILE_LIVE";
  readonly remedy: Remedy = "resync";
}

/** Rows that do not fit the table's schema: a column absent or of another type, a null where none may be. */
export class RowsMismatchError extends K2Error {
  readonly code = "K2_LAKE_ROWS_MISMATCH";
  readonly remedy: Remedy = "fix-input";
}

/** An object store or a server of credentials could not be reached, or stayed too busy, however often it was tried. */
export class StorageUnavailableError extends K2Error {
  readonly code = "K2_LAKE_STORAGE_UNAVAILABLE";
  readonly remedy: Remedy = "retry";
}

/** An object store refused: wrong credentials, region, bucket or clock. Trying again changes nothing. */
export class StorageRefusedError extends K2Error {
  readonly code = "K2_LAKE_STORAGE_REFUSED";
  readonly remedy: Remedy = "fix-input";
}

/** The files of one scan, or of all scans at once, do not fit the local cache of an object store. Nothing was read. */
export class ReadCacheFullError extends K2Error {
  readonly code = "K2_LAKE_CACHE_FULL";
  readonly remedy: Remedy = "retry";
}

/** A catalog's server refused: wrong credentials, no permission, or a request that it does not understand. Nothing was changed. */
export class CatalogRefusedError extends K2Error {
  readonly code = "K2_LAKE_CATALOG_REFUSED";
  readonly remedy: Remedy = "fix-input";
}
