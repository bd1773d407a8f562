import type { Lake } from "../index.ts";
import type { TestDuckDb } from "../test-duckdb.ts";
import { COUNTED, counted } from "../test-lake.ts";

type Run = TestDuckDb["run"];

/** Rows, distinct rows and their sum, over the column `n`. */
export const TALLY = "count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT";

/** What changes or looks after a table of sixty rows in two files, and what is to be seen of it. */
export interface Job {
  readonly name: string;
  /** What the table is before and after, as {@link Job.state} tells; any other state fails a test. */
  readonly states: readonly [before: unknown, after: unknown];
  /** Rows after; before they are {@link SIXTY}. */
  readonly after: readonly unknown[];
  /** Beside the two appends. */
  prepare?(lake: Lake, run: Run, name: string): Promise<unknown>;
  run(lake: Lake, run: Run, name: string): Promise<unknown>;
  state(lake: Lake, name: string): Promise<unknown>;
}

export const SIXTY: readonly unknown[] = [60, 60, 1770];

const FROM_55 = { column: "n", is: "ge", value: 55 } as const;
const FROM_55_TO_60 = { and: [FROM_55, { column: "n", is: "lt", value: 60 }] } as const;

async function filesOf(lake: Lake, name: string): Promise<number> {
  return (await (await lake.table(name)).scan().plan()).files.length;
}

async function manifestsOf(lake: Lake, name: string): Promise<number> {
  const { manifests } = (await (await lake.table(name)).scan().plan()).counts;
  return manifests;
}

async function operationOf(lake: Lake, name: string): Promise<unknown> {
  const { snapshot } = await lake.table(name);
  return `${snapshot?.operation} ${snapshot?.summary["total-records"]}`;
}

async function stage(lake: Lake, run: Run, name: string, relation: string): ReturnType<Lake["stageFiles"]> {
  return lake.stageFiles(await lake.table(name), { run, relation });
}

/** Whatever its age; nobody else is at work in a test. */
export const ALL_ORPHANS = { graceMs: -60_000, force: true } as const;

export const JOBS: readonly Job[] = [
  {
    name: "a compaction",
    states: [2, 1],
    after: SIXTY,
    run: (lake, run, name) => lake.maintenance.compact(name, { run, mode: "all" }),
    state: filesOf,
  },
  {
    name: "a row delta: position deletes with rows in their place",
    states: ["append 60", "overwrite 65"], // The summary counts rows of data files, deleted ones too.
    after: [60, 60, 1770 + 5 * 1000],
    run: async (lake, run, name) => {
      const { files } = await stage(lake, run, name, counted(1055, 1060));
      await lake.deleteRows(name, { run, filter: FROM_55_TO_60, add: files, mode: "merge-on-read" });
    },
    state: operationOf,
  },
  {
    name: "a delete that copies the rows that stay",
    states: ["append 60", "overwrite 55"],
    after: [55, 55, 1770 - 285],
    run: (lake, run, name) => lake.deleteRows(name, { run, filter: FROM_55, mode: "copy-on-write" }),
    state: operationOf,
  },
  {
    name: "an overwrite of whole files",
    states: ["append 60", "overwrite 60"],
    after: [60, 60, 1770 + 30 * 1000],
    run: async (lake, run, name) => {
      const { files } = await stage(lake, run, name, counted(1030, 1060));
      await lake.overwrite(name, { filter: { column: "n", is: "ge", value: 30 }, add: files });
    },
    state: operationOf,
  },
  {
    name: "a rewrite of manifests",
    states: [2, 1],
    after: SIXTY,
    run: (lake, _run, name) => lake.rewriteManifests(name),
    state: manifestsOf,
  },
  {
    name: "an expiry that removes data files",
    states: [3, 1],
    after: SIXTY,
    prepare: (lake, run, name) => lake.maintenance.compact(name, { run, mode: "all" }),
    run: (lake, _run, name) => lake.expireSnapshots(name, { olderThanMs: Date.now() + 60_000 }),
    state: async (lake, name) => (await lake.table(name)).metadata.snapshots.length,
  },
  {
    name: "a removal of orphans",
    states: ["orphans", "none"],
    after: SIXTY,
    prepare: async (lake, run, name) => {
      for (let orphan = 0; orphan < 3; orphan += 1) await stage(lake, run, name, counted(60, 70));
    },
    run: (lake, _run, name) => lake.maintenance.orphans(name, { ...ALL_ORPHANS, isRemoving: true }),
    state: async (lake, name) => {
      const { orphans } = await lake.maintenance.orphans(name, ALL_ORPHANS);
      return orphans.length > 0 ? "orphans" : "none";
    },
  },
];

/** Makes the job's table. */
export async function prepareJob(lake: Lake, run: Run, job: Job, name: string): Promise<void> {
  const { schema, sortOrder } = COUNTED;
  await lake.createTable(name, { schema, sortOrder });
  for (const relation of [counted(0, 30), counted(30, 60)]) {
    await lake.append(name, { files: (await stage(lake, run, name, relation)).files });
  }
  await job.prepare?.(lake, run, name);
}
