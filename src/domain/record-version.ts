import { InternalError } from "../base/index.ts";

/** @throws {InternalError} where a record of a log was written by another version than the one that is read here */
export function checkRecordVersion(what: string, seen: number | undefined, read: number): void {
  if (seen === read) return;
  throw new InternalError(
    `${what} has version ${seen}; this K2 reads version ${read}. Use the K2 that wrote the log, or a newer one`,
  );
}
