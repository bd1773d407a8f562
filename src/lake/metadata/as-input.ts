import { InvalidInputError } from "../../base/index.ts";
import { LakeCorruptError } from "../errors.ts";

/** Reads what a caller sent: where it is malformed the caller is wrong, not a file of the table. */
export function asInput<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LakeCorruptError)
      throw new InvalidInputError(`Invalid ${what}: ${error.message}`, { cause: error });
    throw error;
  }
}
