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

/** The name is taken, or the namespace is not empty. Nothing was changed. */
export class LakeExistsError extends K2Error {
  readonly code = "K2_LAKE_EXISTS";
  readonly remedy: Remedy = "fix-input";
}

/** Others committed first, more often than the retries allow. Nothing of this commit is in the table. */
export class CommitConflictError extends K2Error {
  readonly code = "K2_LAKE_COMMIT_CONFLICT";
  readonly remedy: Remedy = "retry";
}

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
