import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ColumnInput, type Lake, openLake, type TableInput } from "../index.ts";
import { TestDuckDb } from "../test-duckdb.ts";

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ["venue", "string"],
  ["symbol", "string"],
  ["trade_id", "string"],
  ["price", "decimal(18,8)"],
  ["size", "decimal(18,8)"],
  ["side", "string"],
  ["ts_event", "timestamptz"],
  ["ts_recv", "timestamptz"],
  ["_offset", "long"],
];
const TRADES: TableInput = {
  schema: COLUMNS.map(([name, type], index): ColumnInput => ({ id: index + 1, name, type, required: true })),
  partitionSpec: [{ column: "ts_event", transform: "day" }],
  sortOrder: [{ column: "symbol" }, { column: "ts_event" }, { column: "trade_id" }],
};
const DAY_MS = 86_400_000;

/** Seeded rows of one day in the shape of trades: forty symbols, prices that walk, sizes of few digits. */
const rowsSql = (from: number, to: number, total: number): string =>
  `
  SELECT 'venue-' || (h % 4) AS venue, 'SYMBOL-' || ((h // 4) % 10) AS symbol, (1000000 + range)::VARCHAR AS trade_id,
    ((30000 + (range % 5000) * 0.01 + (h % 100) * 0.5))::DECIMAL(18,8) AS price,
    (((h // 64) % 20000) * 0.00001 + 0.00001)::DECIMAL(18,8) AS size, CASE h % 2 WHEN 0 THEN 'buy' ELSE 'sell' END AS side,
    epoch_us_to_time(range) AS ts_event, epoch_us_to_time(range) + INTERVAL (h % 30) MILLISECOND AS ts_recv, range AS _offset
  FROM (SELECT range, (hash(range) % 1000000)::BIGINT AS h FROM range(${from}, ${to}))`.replaceAll(
    "epoch_us_to_time(range)",
    `(TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (CAST(range * ${(DAY_MS * 1000) / total} AS BIGINT)) MICROSECOND)`,
  );

export interface MaintenanceBenchOptions {
  /** Rows of the day; default 1,000,000. */
  readonly rows?: number;
  /** Commits of the day; default 480, one each three minutes. */
  readonly commits?: number;
}

/** The small-file curve: a day of many commits, kept as it was committed, merged hour by hour, and made final. */
export async function run({ rows = 1_000_000, commits = 480 }: MaintenanceBenchOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-maintenance-bench-"));
  try {
    using db = await TestDuckDb.open();
    await using lake = await openLake({
      warehouse: join(folder, "warehouse"),
      catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
      name: "bench",
    });
    await writeDay(lake, db, { table: "bench.untended", rows, commits });
    await measure(lake, db, "bench.untended", "as committed");
    await compactInto(lake, db, "bench.untended", "all");
    await measure(lake, db, "bench.untended", "compacted at once");
    await writeDay(lake, db, { table: "bench.tended", rows, commits, isTended: true });
    await measure(lake, db, "bench.tended", "merged every hour");
    await compactInto(lake, db, "bench.tended", "all");
    await measure(lake, db, "bench.tended", "after the night's run");
    await measureUpkeep(lake, "bench.untended");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Day {
  readonly table: string;
  readonly rows: number;
  readonly commits: number;
  readonly isTended?: boolean;
}

async function writeDay(
  lake: Lake,
  db: TestDuckDb,
  { table: name, rows, commits, isTended = false }: Day,
): Promise<void> {
  const table = await lake.createTable(name, TRADES);
  const each = Math.ceil(rows / commits);
  const hour = Math.max(1, Math.floor(commits / 24));
  let [writingMs, tendingMs, rewritten] = [0, 0, 0];
  for (let commit = 0; commit < commits; commit += 1) {
    const startMs = performance.now();
    const relation = rowsSql(commit * each, Math.min(rows, (commit + 1) * each), rows);
    await lake.append(name, { files: (await lake.stageFiles(table, { run: db.run, relation })).files });
    const writtenMs = performance.now();
    if (isTended && commit % hour === hour - 1) {
      rewritten += (await lake.maintenance.compact(name, { run: db.run, mode: "hourly" })).rows;
    }
    writingMs += writtenMs - startMs;
    tendingMs += performance.now() - writtenMs;
  }
  const tended = isTended
    ? `; merged every hour in ${(tendingMs / 1000).toFixed(1)} s altogether, each row ${(rewritten / rows).toFixed(1)} times`
    : "";
  console.log(`${commits} commits of ${each} rows: ${perSecond(rows, writingMs)} rows/s${tended}`);
}

async function compactInto(lake: Lake, db: TestDuckDb, table: string, mode: "hourly" | "all"): Promise<void> {
  const startMs = performance.now();
  const report = await lake.maintenance.compact(table, { run: db.run, mode });
  const tookMs = performance.now() - startMs;
  console.log(
    `${report.filesBefore} files became ${report.filesAfter} at ${perSecond(report.rows, tookMs)} rows/s: ` +
      "read, summed, sorted, written at zstd 9, summed again, committed",
  );
}

async function measure(lake: Lake, db: TestDuckDb, name: string, what: string): Promise<void> {
  const table = await lake.table(name);
  const { files, rows, bytes } = await lake.maintenance.health(name);
  const hour = {
    and: [
      { column: "symbol", is: "eq", value: "SYMBOL-3" },
      { column: "ts_event", is: "ge", value: "2024-03-01T10:00:00Z" },
      { column: "ts_event", is: "lt", value: "2024-03-01T11:00:00Z" },
    ],
  } as const;
  const time = async (ask: () => Promise<string>): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const startMs = performance.now();
      await db.rows(await ask());
      times.push(performance.now() - startMs);
    }
    return times.toSorted((one, other) => one - other)[3] ?? Number.NaN;
  };
  const point = await time(async () => `SELECT count(*), sum(size) FROM ${await table.scan({ filter: hour }).sql()}`);
  const all = await time(
    async () => `SELECT symbol, count(*), sum(size) FROM ${await table.scan().sql()} GROUP BY ALL`,
  );
  console.log(
    `${what}: ${files} files, ${(bytes / rows).toFixed(2)} B/row; one symbol's hour ${point.toFixed(1)} ms, ` +
      `all symbols' sums ${all.toFixed(1)} ms (medians of 7)`,
  );
}

async function measureUpkeep(lake: Lake, name: string): Promise<void> {
  let startMs = performance.now();
  await lake.maintenance.rewriteManifests(name, { manifestsMin: 2 });
  const manifestsMs = performance.now() - startMs;
  startMs = performance.now();
  const { snapshots, filesRemoved } = await lake.maintenance.expire(name, {
    snapshotAgeMs: 0,
    readerGraceMs: Number.NEGATIVE_INFINITY,
  });
  const expireMs = performance.now() - startMs;
  startMs = performance.now();
  const { filesListed, orphans } = await lake.maintenance.orphans(name);
  const orphansMs = performance.now() - startMs;
  startMs = performance.now();
  const { isSound } = await lake.maintenance.check(name);
  const checkMs = performance.now() - startMs;
  console.log(
    `manifests written anew in ${manifestsMs.toFixed(0)} ms; ${snapshots} snapshots and ${filesRemoved} files expired in ` +
      `${expireMs.toFixed(0)} ms; ${filesListed} files looked through for orphans (${orphans.length}) in ${orphansMs.toFixed(0)} ms; ` +
      `checked in ${checkMs.toFixed(0)} ms: ${isSound ? "sound" : "NOT SOUND"}`,
  );
}

function perSecond(rows: number, ms: number): string {
  return Math.round((rows / ms) * 1000).toLocaleString("en");
}
