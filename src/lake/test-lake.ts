import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CommitResult,
  type Lake,
  type LakeConfig,
  openLake,
  type ProgressInput,
  type TableInput,
} from "./index.ts";
import { TestDuckDb } from "./test-duckdb.ts";

/** A lake in a folder of its own, with a DuckDB to stage from and to read with. */
export class TestLake implements AsyncDisposable {
  readonly lake: Lake;
  readonly db: TestDuckDb;
  readonly folder: string;

  private constructor(lake: Lake, db: TestDuckDb, folder: string) {
    this.lake = lake;
    this.db = db;
    this.folder = folder;
  }

  static async open(options: Partial<LakeConfig> = {}): Promise<TestLake> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "k2-lake-")));
    const lake = await openLake({ ...lakeConfig(folder), ...options });
    return new TestLake(lake, await TestDuckDb.open(), folder);
  }

  /** Stages `relation` and commits it. */
  async append(table: string, relation: string, progress?: ProgressInput): Promise<CommitResult> {
    const { files } = await this.lake.stageFiles(await this.lake.table(table), { run: this.db.run, relation });
    return this.lake.append(table, { files, progress });
  }

  /** All rows of the table now, ordered by all columns. */
  async rows(table: string, columns = "*"): Promise<readonly (readonly unknown[])[]> {
    return this.db.rows(`SELECT ${columns} FROM ${await (await this.lake.table(table)).scan().sql()} ORDER BY ALL`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lake[Symbol.asyncDispose]();
    this.db[Symbol.dispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function lakeConfig(folder: string): LakeConfig {
  return {
    warehouse: join(folder, "warehouse"),
    catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
    name: "test",
  };
}

/** Rows that are told apart by `n`, over two days and two kinds. */
export const COUNTED: TableInput = {
  schema: [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "kind", type: "string", required: true },
    { id: 3, name: "at", type: "timestamptz", required: true },
  ],
  partitionSpec: [
    { column: "at", transform: "day" },
    { column: "kind", transform: "identity" },
  ],
  sortOrder: [{ column: "n" }],
};

/** Rows n with `from <= n < to`. */
export function counted(from: number, to: number): string {
  return (
    "SELECT range AS n, CASE range % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS kind, " +
    `TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (range % 48) HOUR AS "at" FROM range(${from}, ${to})`
  );
}
