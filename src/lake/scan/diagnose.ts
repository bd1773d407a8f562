import { LakeCorruptError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import { checkFooter } from "./physical-schema.ts";
import { deletesOf, type FileTask } from "./plan.ts";

/** The first file that is not as its manifest says, as an error; `error` itself where there is none. */
export async function diagnose(tasks: readonly FileTask[], error: unknown, io: FileIo): Promise<unknown> {
  const deletes = tasks.flatMap((task) => deletesOf(task.deletes)).filter(({ file }) => file.format === "parquet");
  for (const { file } of [...tasks, ...new Set(deletes)]) {
    try {
      await checkFooter(io, file);
    } catch (found) {
      if (!(found instanceof LakeCorruptError)) return error;
      return new LakeCorruptError(found.message, { cause: error });
    }
  }
  return error;
}
