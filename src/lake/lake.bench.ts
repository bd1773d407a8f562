import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ColumnInput, type DataFile, type Lake, openLake, type TableInput } from "./index.ts";
import { TestDuckDb } from "./test-duckdb.ts";
import { COUNTED, counted } from "./test-lake.ts";

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ["venue", "string"],
  ["symbol", "string"],
  ["trade_id", "string"],
  ["price", "decimal(18,8)"],
  ["size", "decimal(18,8)"],
  ["side", "string"],
  ["ts_event", "timestamptz"],
  ["ts_recv", "timestamptz"],
  ["flags", "string"],
  ["_offset", "long"],
];
const TRADES: TableInput = {
  schema: COLUMNS.map(([name, type], index): ColumnInput => ({ id: index + 1, name, type, required: true })),
  partitionSpec: [
    { column: "ts_event", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
  sortOrder: [{ column: "symbol" }, { column: "ts_event" }, { column: "trade_id" }],
};

/** Seeded rows in the shape of trades: four venues, ten symbols each, prices that walk, sizes of few digits. */
const ROWS = `
  SELECT 'venue-' || (h % 4) AS venue, 'SYMBOL-' || ((h // 4) % 10) AS symbol, (1000000 + range)::VARCHAR AS trade_id,
    ((30000 + (range % 5000) * 0.01 + (h % 100) * 0.5))::DECIMAL(18,8) AS price,
    (((h // 64) % 20000) * 0.00001 + 0.00001)::DECIMAL(18,8) AS size, CASE h % 2 WHEN 0 THEN 'buy' ELSE 'sell' END AS side,
    TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (range * 40) MILLISECOND AS ts_event,
    TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (range * 40 + h % 30) MILLISECOND AS ts_recv, '' AS flags, range AS _offset
  FROM (SELECT range, (hash(range) % 1000000)::BIGINT AS h FROM range(COUNT))`;

export interface LakeBenchOptions {
  /** Rows of the write benchmark; default 1,000,000. */
  readonly rows?: number;
  /** Files of the planning benchmark; default 10,000. */
  readonly files?: number;
  /** Commits of the latency benchmark; default 600. */
  readonly commits?: number;
  /** Commits of the benchmark of growth, with and without expiry; default 2,000. The whole curve is 10,000. */
  readonly snapshots?: number;
}

/** Writes, commits and plans; each line names what it is measured against. */
export async function run({
  rows = 1_000_000,
  files = 10_000,
  commits = 600,
  snapshots = Number(process.env["K2_SNAPSHOTS"] ?? 2_000),
}: LakeBenchOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-lake-bench-"));
  try {
    using db = await TestDuckDb.open();
    await using lake = await openLake({
      warehouse: join(folder, "warehouse"),
      catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
      name: "bench",
    });
    await benchWrite(lake, db, folder, rows);
    await benchCommits(lake, db, commits);
    await benchGrowth(lake, db, snapshots);
    await benchPlan(lake, db, files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchWrite(lake: Lake, db: TestDuckDb, folder: string, rows: number): Promise<void> {
  await db.run(`CREATE TABLE source AS ${ROWS.replace("COUNT", String(rows))}`);
  const order = "symbol, ts_event, trade_id";
  const options = "FORMAT parquet, PARQUET_VERSION v1, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880";
  const venues = (await db.rows("SELECT DISTINCT venue FROM source ORDER BY 1")).map(([venue]) => String(venue));
  const floors: number[] = [];
  const ours: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 5; round += 1) {
    const startMs = performance.now();
    for (const venue of venues) {
      const path = join(folder, `floor-${venue}.parquet`);
      await db.run(`COPY (SELECT * FROM source WHERE venue = '${venue}' ORDER BY ${order}) TO '${path}' (${options})`);
    }
    floors.push(performance.now() - startMs);
    const table = await lake.ensureTable(`bench.trades_${round}`, TRADES);
    const stagedMs = performance.now();
    const staged = await lake.stageFiles(table, { run: db.run, relation: "SELECT * FROM source" });
    await lake.append(table.name, {
      files: staged.files,
      progress: { writer: "bench", epoch: 1, continuesFrom: undefined, positions: "0" },
    });
    ours.push(performance.now() - stagedMs);
    bytes = staged.bytes;
  }
  const [floor, own] = [Math.min(...floors), Math.min(...ours)];
  const perSecond = (ms: number): string => Math.round((rows / ms) * 1000).toLocaleString("en");
  console.log(
    `sorted Parquet, committed: ${perSecond(own)} rows/s; DuckDB's bare sorted COPY of the same files: ${perSecond(floor)} rows/s; ` +
      `ratio ${(floor / own).toFixed(2)} (aim 0.8); ${(bytes / rows).toFixed(2)} B/row`,
  );
}

async function benchCommits(lake: Lake, db: TestDuckDb, commits: number): Promise<void> {
  const table = await lake.ensureTable("bench.commits", { ...COUNTED, partitionSpec: [] });
  const { files } = await lake.stageFiles(table, { run: db.run, relation: counted(0, 100) });
  const [file] = files;
  if (file === undefined) return;
  const times: number[] = [];
  for (let commit = 0; commit < commits; commit += 1) {
    const startMs = performance.now();
    await lake.append(table.name, { files: [{ ...file, location: `${file.location}-${commit}` }] });
    times.push(performance.now() - startMs);
  }
  const part = Math.max(1, Math.floor(commits / 6));
  const show = (from: number): string => {
    const sorted = times.slice(from, from + part).toSorted((one, other) => one - other);
    return `${sorted[Math.floor(sorted.length / 2)]?.toFixed(1)} (max ${sorted.at(-1)?.toFixed(1)})`;
  };
  console.log(
    `commit of one file, median ms: first ${part}: ${show(0)}; middle: ${show(Math.floor(commits / 2))}; last ${part} of ${commits} snapshots: ${show(commits - part)}`,
  );
}

/** How a commit slows down as snapshots pile up, and that it does not where they expire. */
async function benchGrowth(lake: Lake, db: TestDuckDb, snapshots: number): Promise<void> {
  const kept = Math.max(1, Math.floor(snapshots / 20));
  const parts: string[] = [];
  for (const expiresEvery of [undefined, kept]) {
    const name = expiresEvery === undefined ? "bench.growing" : "bench.bounded";
    const table = await lake.ensureTable(name, { ...COUNTED, partitionSpec: [] });
    const { files } = await lake.stageFiles(table, { run: db.run, relation: counted(0, 100) });
    const [file] = files;
    if (file === undefined) return;
    const times: number[] = [];
    let expiryMs = 0;
    for (let commit = 0; commit < snapshots; commit += 1) {
      const startMs = performance.now();
      await lake.append(name, { files: [{ ...file, location: `${file.location}-${commit}` }] });
      times.push(performance.now() - startMs);
      if (expiresEvery === undefined || commit % expiresEvery !== 0) continue;
      const expiringMs = performance.now();
      await lake.expireSnapshots(name, { olderThanMs: Date.now() + 60_000, keepAtLeast: expiresEvery });
      expiryMs += performance.now() - expiringMs;
    }
    const part = Math.max(1, Math.floor(snapshots / 20));
    const median = (from: number): string => {
      const sorted = times.slice(from, from + part).toSorted((one, other) => one - other);
      return sorted[Math.floor(sorted.length / 2)]?.toFixed(1) ?? "";
    };
    const curve = [0, 0.1, 0.25, 0.5, 1].map((share) => {
      const from = Math.min(snapshots - part, Math.floor(snapshots * share));
      return `${from} ${median(from)}`;
    });
    const how =
      expiresEvery === undefined
        ? "all snapshots kept"
        : `at most ${2 * expiresEvery} kept, expiry ${(expiryMs / snapshots).toFixed(1)} ms a commit`;
    parts.push(`${how}: ${curve.join(", ")}`);
  }
  console.log(`commit latency, median ms after so many commits; ${parts.join("; ")}`);
}

async function benchPlan(lake: Lake, db: TestDuckDb, count: number): Promise<void> {
  const table = await lake.ensureTable("bench.planned", TRADES);
  const staged = await lake.stageFiles(table, { run: db.run, relation: "SELECT * FROM source LIMIT 10000" });
  const [file] = staged.files;
  if (file === undefined) return;
  const [day = 0n] = file.partition;
  const bound = (byDay: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(byDay * 86_400_000_000n).buffer);
  const at = (index: number): DataFile => {
    const fileDay = (day as bigint) + BigInt(index >> 5);
    const venue = `venue-${index % 4}`;
    return {
      ...file,
      location: `${file.location}-${index}`,
      partition: [fileDay, venue],
      lowerBounds: new Map([...file.lowerBounds, [1, Buffer.from(venue)], [7, bound(fileDay)]]),
      upperBounds: new Map([...file.upperBounds, [1, Buffer.from(venue)], [7, bound(fileDay + 1n)]]),
    };
  };
  const each = Math.ceil(count / 10);
  for (let from = 0; from < count; from += each) {
    await lake.append(table.name, {
      files: Array.from({ length: Math.min(each, count - from) }, (_, index) => at(from + index)),
    });
  }
  await using cold = await openLake({
    warehouse: fileURLToPath(table.metadata.location.replace("/bench/planned", "")),
    catalog: {
      kind: "sqlite",
      path: fileURLToPath(table.metadata.location.replace("/warehouse/bench/planned", "/catalog.sqlite")),
    },
    name: "bench",
  });
  const planned = await cold.table(table.name);
  const plan = async (
    options: Parameters<typeof planned.scan>[0],
    rounds = 10,
  ): Promise<{ ms: number; files: number }> => {
    const results: { ms: number; files: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      const { counts } = await planned.scan(options).plan();
      results.push({ ms: performance.now() - startMs, files: counts.filesPlanned });
    }
    return results.reduce((best, result) => (result.ms < best.ms ? result : best));
  };
  const byBounds = {
    filter: {
      and: [
        { column: "symbol", is: "eq", value: "SYMBOL-3" },
        { column: "price", is: "gt", value: "1.5" },
        { column: "venue", is: "in", values: ["venue-1", "venue-2"] },
      ],
    },
  } as const;
  const byDay = {
    filter: {
      and: [
        { column: "ts_event", is: "ge", value: "2024-03-05T00:00:00Z" },
        { column: "ts_event", is: "lt", value: "2024-03-06T00:00:00Z" },
      ],
    },
  } as const;
  const first = await plan({}, 1);
  const bounds = await plan(byBounds);
  const days = await plan(byDay);
  const all = await plan({});
  console.log(
    `planning ${first.files} files: cold ${first.ms.toFixed(0)} ms; cached, best of 10: all ${all.ms.toFixed(1)} ms, by partition and bounds ` +
      `${bounds.ms.toFixed(1)} ms (${bounds.files} files), by day ${days.ms.toFixed(1)} ms (${days.files} files); aim 10 ms`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
