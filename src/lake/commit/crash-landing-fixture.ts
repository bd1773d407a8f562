import { join } from "node:path";
import { openSqlite, silentLogger } from "../../base/index.ts";
import { type Lake, openLake, openSqlCatalog } from "../index.ts";
import type { TestDuckDb } from "../test-duckdb.ts";
import { counted, lakeConfig } from "../test-lake.ts";
import type { DoomedProcess } from "./crash-fixture.ts";

/** Rows of one commit, and of all. */
export const STEP = 10;
export const END: number = 3 * STEP;

/** What a landing job does at start and then over and over: continue from where the table is. */
export async function landOnce(lake: Lake, run: TestDuckDb["run"], end: number, name: string): Promise<void> {
  const { epoch, positions } = await lake.claimWriter(name, "land", "0");
  for (let from = Number(positions); from < end; from += STEP) {
    const table = await lake.table(name);
    const { files } = await lake.stageFiles(table, { run, relation: counted(from, from + STEP) });
    const progress = { writer: "land", epoch, continuesFrom: String(from), positions: String(from + STEP) };
    await lake.append(name, { files, progress });
  }
}

/** The lake in a folder as a process sees it that will die. */
export async function openDoomed(folder: string, process: DoomedProcess): Promise<Lake> {
  const config = lakeConfig(folder);
  const dialect = openSqlite(join(folder, "catalog.sqlite"));
  return openLake({
    ...config,
    files: process.files,
    catalog: {
      kind: "custom",
      catalog: async (metadata) =>
        process.catalog(await openSqlCatalog({ dialect, name: config.name, metadata, logger: silentLogger })),
    },
  });
}
