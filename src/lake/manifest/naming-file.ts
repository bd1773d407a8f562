import { describeError, K2Error } from "../../base/index.ts";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";

/**
 * What `read` makes of a file's bytes; its errors name the file.
 *
 * @throws {LakeCorruptError} also where the bytes are such as `read` did not expect at all
 * @throws {LakeUnsupportedError} where `read` does
 */
export function namingFile<T>(location: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const text = cause instanceof K2Error ? cause.message : describeError(cause);
    if (text.includes(location)) throw cause;
    const message = `Cannot read ${location}: ${text}`;
    if (cause instanceof LakeUnsupportedError) throw new LakeUnsupportedError(message, { cause });
    throw new LakeCorruptError(message, { cause });
  }
}
