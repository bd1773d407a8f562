import type { Command } from "commander";
import { addCheck } from "./check.ts";
import { addCompact } from "./compact.ts";
import { addDiff } from "./diff.ts";
import { addExpire } from "./expire.ts";
import { addFiles } from "./files.ts";
import { addJobs } from "./jobs.ts";
import { addManifests } from "./manifests.ts";
import { addOrphans } from "./orphans.ts";
import { addPartitions } from "./partitions.ts";
import { addRefs } from "./refs.ts";
import { addRollback } from "./rollback.ts";
import { addSet } from "./set.ts";
import { addSnapshots } from "./snapshots.ts";
import { addLakeTables } from "./tables.ts";

/** `k2 lake …`: the Iceberg tables behind K2, looked at and looked after by hand. */
export function addLake(program: Command): void {
  const lake = program
    .command("lake")
    .description("The Iceberg tables: what they hold, their history, their upkeep")
    .showHelpAfterError("(k2 lake --help lists the commands, k2 lake <command> --help explains one)")
    .addHelpText(
      "after",
      `
A running K2 looks after its tables by itself (lake.maintenance in the configuration): every hour it merges small files
and forgets old snapshots, every night it makes the final files of the day. These commands do the same by hand, beside a
running K2 or when none runs; one process at a time maintains, and no reader or writer has to stop for it.

Examples:
  k2 lake tables                                    how well each table is kept
  k2 lake snapshots silver.trades                   what was committed, newest first
  k2 lake tag silver.trades audit-2026 --max-age 365d
  k2 lake compact silver.trades --dry-run           what compaction would do
  k2 lake check --deep                              read everything and say exactly what is broken
  k2 lake diff silver.trades audit-2026 current     what has changed since
  k2 lake set silver.trades k2.retention.max-age=90d
  k2 lake orphans                                   files that nothing refers to; --delete removes them

Every command understands --json. Exit code 0: done; 1: failed, or something was found or left undone.`,
    );
  for (const add of [
    addLakeTables,
    addSnapshots,
    addFiles,
    addPartitions,
    addCompact,
    addManifests,
    addExpire,
    addOrphans,
    addRefs,
    addDiff,
    addRollback,
    addSet,
    addCheck,
    addJobs,
  ])
    add(lake);
}
