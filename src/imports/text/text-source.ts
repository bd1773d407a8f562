import type { Abortable } from "../../base/index.ts";

/** One text within a file: the file itself, what a .gz holds, or one entry of a zip. */
export interface TextSource {
  /** Its own name, without the folder and without .gz: what formats read symbol and date from. */
  readonly name: string;
  /**
   * The text's bytes from the beginning, in chunks.
   *
   * @throws {InvalidInputError} where the file turns out to be damaged, after the bytes that could be read
   */
  read(options?: Abortable): AsyncIterable<Uint8Array>;
}

/** A file that was opened for import. */
export interface TextFile {
  readonly kind: "plain" | "gzip" | "zstd" | "zip" | "parquet";
  readonly bytes: number;
  readonly texts: readonly TextSource[];
}
