import { InvalidInputError } from "../../base/index.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { SnapshotIntent, SnapshotOptions } from "./snapshot-intent.ts";

export interface AppendInput extends SnapshotOptions {
  /** As staged. None: the commit only moves the progress or the properties on, and makes no snapshot. */
  readonly files: readonly DataFile[];
}

/** Adds data files. Nothing that others commit meanwhile conflicts with it, but for the writer's own progress. */
export function appendIntent({ files, ...options }: AppendInput): SnapshotIntent {
  const { progress, properties, summary } = options;
  if (files.length === 0 && progress === undefined && properties === undefined) {
    throw new InvalidInputError("Cannot commit: there are no files, no progress and no properties");
  }
  if (files.length === 0 && summary !== undefined) {
    throw new InvalidInputError("Cannot commit a summary without files: only a snapshot has one");
  }
  checkAdded(files);
  if (files.some(({ content }) => content !== "data")) {
    throw new InvalidInputError("Cannot append a delete file: commit it by a row delta");
  }
  return {
    ...options,
    decide: async () => (files.length === 0 ? undefined : { operation: "append", add: files, remove: [] }),
  };
}

/** @throws {InvalidInputError} when a file is given twice */
export function checkAdded(files: readonly DataFile[]): void {
  const data = files.filter(({ content }) => content === "data");
  if (new Set(data.map(({ location }) => location)).size !== data.length) {
    throw new InvalidInputError("Cannot commit: a file is given twice");
  }
}
