import { deletesOf } from "../scan/plan.ts";
import type { Table } from "../table.ts";
import type { CompactionFile } from "./compaction-plan.ts";

/** The live data files of a table, oldest first, each with how many delete files apply to it. */
export async function compactionFiles(table: Table): Promise<readonly CompactionFile[]> {
  using scan = table.scan();
  const { tasks } = await scan.plan();
  return tasks
    .toSorted((one, other) => one.sequenceNumber - other.sequenceNumber)
    .map(({ file, deletes }) => ({ file, deleteFiles: deletesOf(deletes).length }));
}
