import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DataFile, type Lake, openLake, type Table, type TableInput } from "../index.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { lakeConfig } from "../test-lake.ts";
import { equalityDeleteFile } from "./test-equality-deletes.ts";

export interface ScanBenchOptions {
  /** Rows of the tables that are scanned; default 10,000,000. */
  readonly rows?: number;
  /** Files of the planning benchmark; default 100,000. */
  readonly files?: number;
}

const COLUMNS: TableInput["schema"] = [
  { id: 1, name: "n", type: "long", required: true },
  { id: 2, name: "symbol", type: "string", required: true },
  { id: 3, name: "ts", type: "timestamptz", required: true },
  { id: 4, name: "price", type: "decimal(18,8)", required: true },
  { id: 5, name: "real", type: "double", required: false },
];
/** Files of the scanned tables. */
const FILES = 5;
const ROUNDS = 7;

function rowsSql(from: number, to: number): string {
  return `SELECT range AS n, 'SYMBOL-' || (hash(range) % 40) AS symbol,
    TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (range * 8) MILLISECOND AS ts,
    (30000 + (hash(range) % 100000) * 0.01)::DECIMAL(18,8) AS price, (hash(range) % 1000) / 7 AS real
    FROM range(${from}, ${to})`;
}

/** Plans and scans; each line names what it is measured against. */
export async function run({ rows = 10_000_000, files = 100_000 }: ScanBenchOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-scan-bench-"));
  try {
    using db = await TestDuckDb.open();
    await using lake = await openLake(lakeConfig(folder));
    await benchPlan(lake, db, folder, files);
    await benchScans(lake, db, rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed<T>(act: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const startMs = performance.now();
  const result = await act();
  return { ms: performance.now() - startMs, result };
}

/** The least of several runs, each by itself: of the time it took, and of the processor's, which a busy machine changes less. */
async function best(act: () => Promise<unknown>): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  let [ms, cpuMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    ms = Math.min(ms, (await timed(act)).ms);
    const { user, system } = process.cpuUsage(before);
    cpuMs = Math.min(cpuMs, (user + system) / 1_000);
  }
  return { ms, cpuMs };
}

async function benchPlan(lake: Lake, db: TestDuckDb, folder: string, count: number): Promise<void> {
  const table = await lake.createTable("bench.planned", {
    schema: COLUMNS,
    partitionSpec: [{ column: "ts", transform: "day" }],
  });
  const { files } = await lake.stageFiles(table, { run: db.run, relation: rowsSql(0, 1_000) });
  const [file] = files;
  if (file === undefined) return;
  const [firstDay = 0n] = file.partition;
  const at = (index: number): DataFile => {
    const day = (firstDay as bigint) + BigInt(index >> 5);
    const bound = (each: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(each * 86_400_000_000n).buffer);
    return {
      ...file,
      location: `${file.location}-${index}`,
      partition: [day],
      lowerBounds: new Map([...file.lowerBounds, [3, bound(day)]]),
      upperBounds: new Map([...file.upperBounds, [3, bound(day + 1n)]]),
    };
  };
  const each = Math.ceil(count / 20);
  for (let from = 0; from < count; from += each) {
    const length = Math.min(each, count - from);
    await lake.append(table.name, { files: Array.from({ length }, (_, index) => at(from + index)) });
  }
  await using cold = await openLake({ ...lakeConfig(folder), cacheBytesMax: 1024 * 1024 * 1024 });
  const planned = await cold.table(table.name);
  const first = await timed(() => planned.scan().plan());
  const all = await best(() => planned.scan().plan());
  const filter = {
    and: [
      { column: "ts", is: "ge", value: "2024-03-05T00:00:00Z" },
      { column: "ts", is: "lt", value: "2024-03-06T00:00:00Z" },
      { column: "symbol", is: "eq", value: "SYMBOL-3" },
    ],
  } as const;
  const day = await best(() => planned.scan({ filter }).plan());
  const bounds = await best(() => planned.scan({ filter: { and: [{ column: "n", is: "lt", value: -1 }] } }).plan());
  console.log(
    `planning ${first.result.files.length} files: cold ${first.ms.toFixed(0)} ms; cached, best of ${ROUNDS}: ` +
      `all ${all.ms.toFixed(1)} ms, one day of them ${day.ms.toFixed(1)} ms, by bounds alone ${bounds.ms.toFixed(1)} ms`,
  );
  await benchMetadata(planned, db, count);
}

async function benchMetadata(table: Table, db: TestDuckDb, count: number): Promise<void> {
  const few = { columns: ["file_path", "partition", "record_count", "file_size_in_bytes"] } as const;
  const asked = async (options: { readonly columns?: readonly string[] }): Promise<void> => {
    await db.rows(`SELECT sum(record_count) FROM ${await table.metadataRelation("files", options)}`);
  };
  const [some, every] = [await timed(() => asked(few)), await timed(() => asked({}))];
  const partitions = await timed(async () =>
    db.rows(`SELECT sum(file_count) FROM ${await table.metadataRelation("partitions")}`),
  );
  console.log(
    `metadata tables of ${count} files, SQL made and run: files with ${few.columns.length} columns ${some.ms.toFixed(0)} ms, ` +
      `with all ${every.ms.toFixed(0)} ms; partitions ${partitions.ms.toFixed(0)} ms`,
  );
}

/** Makes a table of {@link FILES} files. */
async function makeScanned(lake: Lake, db: TestDuckDb, name: string, { rows, formatVersion }: Scanned): Promise<void> {
  const table = await lake.createTable(name, { schema: COLUMNS, formatVersion });
  for (let file = 0; file < FILES; file += 1) {
    const [from, to] = [Math.floor((file * rows) / FILES), Math.floor(((file + 1) * rows) / FILES)];
    const { files } = await lake.stageFiles(table, { run: db.run, relation: rowsSql(from, to) });
    await lake.append(table.name, { files });
  }
}

interface Scanned {
  readonly rows: number;
  readonly formatVersion: 2 | 3;
}

async function benchScans(lake: Lake, db: TestDuckDb, rows: number): Promise<void> {
  await makeScanned(lake, db, "bench.equal", { rows, formatVersion: 2 });
  await benchScan(await lake.table("bench.equal"), db, "without deletes");
  for (const formatVersion of [2, 3] as const) {
    await makeScanned(lake, db, `bench.scanned${formatVersion}`, { rows, formatVersion });
  }
  // One row in a hundred of one file of the five, as a day that was corrected looks.
  const filter = { column: "n", is: "in", values: everyHundredth(rows / FILES) } as const;
  for (const [formatVersion, what] of [
    [2, "with a position delete file"],
    [3, "with a deletion vector"],
  ] as const) {
    const name = `bench.scanned${formatVersion}`;
    await lake.deleteRows(name, { run: db.run, filter, mode: "merge-on-read" });
    await benchScan(await lake.table(name), db, `${what} over one file of ${FILES}`);
  }
  const oneFile = Math.floor(rows / FILES);
  await deleteEqual(lake, db, "bench.equal", `SELECT range * 100 AS n FROM range(${Math.floor(oneFile / 100)})`);
  await benchScan(await lake.table("bench.equal"), db, `with an equality delete of rows of one file of ${FILES}`);
  const everywhere = `SELECT range * 1000 AS n FROM range(${Math.floor(rows / 1000)})`;
  await deleteEqual(lake, db, "bench.equal", everywhere);
  await benchScan(await lake.table("bench.equal"), db, "with an equality delete over all files too");
  await deleteEqual(lake, db, "bench.scanned2", everywhere);
  await benchScan(
    await lake.table("bench.scanned2"),
    db,
    "with a position delete file and an equality delete over all",
  );
}

/** With bounds, as writers give them. */
async function deleteEqual(lake: Lake, db: TestDuckDb, name: string, rows: string): Promise<void> {
  const table = await lake.table(name);
  const deletes = [await equalityDeleteFile({ db, table, columns: ["n"], rows })];
  await lake.rowDelta(name, { deletes, startingSnapshotId: table.snapshot?.snapshotId });
}

function everyHundredth(rows: number): readonly number[] {
  return Array.from({ length: Math.floor(rows / 100) }, (_, index) => index * 100);
}

/** Against a bare `read_parquet` of the same files in the same run, which reads the deleted rows too. */
async function benchScan(table: Table, db: TestDuckDb, what: string): Promise<void> {
  const scan = table.scan();
  const { files } = await scan.plan();
  const paths = files.map(({ location }) => `'${fileURLToPath(location)}'`).join(", ");
  const ours = await scan.sql();
  const bare = `read_parquet([${paths}])`;
  const ratios: string[] = [];
  for (const [name, select] of [
    ["all columns", "count(*), max(n), max(symbol), max(ts), sum(price), sum(real)"],
    ["one column", "sum(price)"],
    ["a filter", "count(*), sum(price)"],
  ] as const) {
    const where = name === "a filter" ? " WHERE symbol = 'SYMBOL-3' AND ts < TIMESTAMPTZ '2024-03-01 12:00:00+00'" : "";
    const floor = await best(() => db.rows(`SELECT ${select} FROM ${bare}${where}`));
    const own = await best(() => db.rows(`SELECT ${select} FROM ${ours}${where}`));
    ratios.push(
      `${name} ${own.ms.toFixed(0)} ms against ${floor.ms.toFixed(0)} ms, ${(own.ms / floor.ms).toFixed(2)} times, ` +
        `by processor time ${(own.cpuMs / floor.cpuMs).toFixed(2)}`,
    );
  }
  console.log(`scan ${what}, against DuckDB's bare read_parquet (aim 1.1): ${ratios.join("; ")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rows, files] = process.argv.slice(2).map(Number);
  await run({ ...(rows === undefined ? {} : { rows }), ...(files === undefined ? {} : { files }) });
}
