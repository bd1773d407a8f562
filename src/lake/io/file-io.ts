import type { Abortable } from "../../base/index.ts";

/**
 * Where a table's files are, by location (`file:///…`, `s3://bucket/…`). A file is written once and never changed,
 * so whatever was read may be kept. Adapters: the local disk, S3; each passes `file-io.contract.ts`.
 */
export interface FileIo extends AsyncDisposable {
  /** @throws {LakeNotFoundError} when there is no such file */
  read(location: string, options?: Abortable): Promise<Uint8Array>;
  /**
   * Durable when it resolves; a crash leaves the whole file or none under its name. The same bytes may be written there
   * again, as a retry does.
   *
   * @throws {LakeExistsError} when the name holds other bytes; they stay
   */
  write(location: string, bytes: Uint8Array, options?: Abortable): Promise<void>;
  /** Nothing happens where it is gone already. */
  remove(location: string, options?: Abortable): Promise<void>;
  /**
   * Every file below a folder, in no order, none where there is no such folder. What an unfinished write left is listed
   * too, under a name that `remove` takes. Locations begin with `prefix` as it is given.
   */
  list(prefix: string, options?: Abortable): AsyncIterable<ListedFile>;
  /**
   * Local paths at which DuckDB can read these files: fetched first where they are elsewhere. They stay until the lease
   * is disposed of; where that is forgotten, until nothing refers to it any more, and fifteen minutes at least.
   *
   * @throws {LakeNotFoundError} when one is not there; where files are on this disk, reading it says so
   */
  lease(files: readonly FileToRead[], options?: Abortable): Promise<FileLease>;
  /** A local path to write a new data file at, aside from its place; its folder is there when this resolves. */
  beginFile(location: string): Promise<string>;
  /** Makes the file written at `beginFile`'s path durable, then gives it its name. @throws as {@link write} does */
  finishFile(location: string, options?: Abortable): Promise<void>;
  /** Removes what `beginFile` led to. */
  abandonFile(location: string): Promise<void>;
  /** The last bytes of the file at `beginFile`'s path or, once finished, at the location; at most `byteLengthMax`. */
  readTail(pathOrLocation: string, byteLengthMax: number): Promise<FileTail>;
}

export interface FileTail {
  readonly bytes: Uint8Array;
  readonly fileByteLength: number;
}

export interface ListedFile {
  readonly location: string;
  readonly byteLength: number;
  /** Milliseconds since the Unix epoch, by the clock of where the file is. */
  readonly modifiedMs: number;
}

export interface FileToRead {
  readonly location: string;
  /** As the manifest has it: a file of another length is not read. */
  readonly byteLength: number;
}

/** Local copies of files, held while they are read. */
export interface FileLease extends Disposable {
  /** @throws {RangeError} for a file that was not asked for */
  pathOf(location: string): string;
}
