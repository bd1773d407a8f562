/**
 * Where a table's files are, by location (`file:///…`). A file is written once and never changed,
 * so whatever was read may be kept.
 */
export interface FileIo {
  /** @throws {LakeNotFoundError} when there is no such file */
  read(location: string): Promise<Uint8Array>;
  /** Durable when it resolves; a crash leaves the whole file or none under its name. */
  write(location: string, bytes: Uint8Array): Promise<void>;
  /** Nothing happens where it is gone already. */
  remove(location: string): Promise<void>;
  /** A path that DuckDB can read, for a data file. */
  readablePath(location: string): string;
  /** A path to write a new data file at, aside from its place; its folder is there when this resolves. */
  beginFile(location: string): Promise<string>;
  /** Makes the file written at `beginFile`'s path durable, then gives it its name. */
  finishFile(location: string): Promise<void>;
  /** Removes what `beginFile` led to. */
  abandonFile(location: string): Promise<void>;
  /** The last bytes of the file at `beginFile`'s path or, once finished, of the file; at most `byteLengthMax`. */
  readTail(path: string, byteLengthMax: number): Promise<FileTail>;
}

export interface FileTail {
  readonly bytes: Uint8Array;
  readonly fileByteLength: number;
}
