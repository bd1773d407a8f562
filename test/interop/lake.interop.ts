/**
 * Other engines read what the lake writes, and the lake reads what they write into its tables.
 *
 * - PyIceberg: K2_PYICEBERG_PYTHON names a Python that has the packages of referees/pyiceberg.txt
 * - ClickHouse in-process: K2_CHDB names a folder in which `chdb` is installed
 *
 * Run: `npm run test:interop` installs both, or `node test/interop/lake.interop.ts`. One line a check; the exit code is 1 on
 * any difference, and an absent engine is said to be skipped.
 */
import { deepStrictEqual } from "node:assert";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Lake, openLake, type Predicate } from "../../src/lake/index.ts";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check, conclude, skip } from "./checks.ts";
import { runClickHouse, runPython } from "./engines.ts";

const TABLE = "silver.everything";

const ROWS_SQL = `
  SELECT range::INTEGER AS id,
    CASE range % 3 WHEN 0 THEN 'alpha' WHEN 1 THEN 'be/ta' ELSE 'gämma 𝄞' END AS venue,
    CASE WHEN range % 5 = 0 THEN NULL ELSE range % 2 = 0 END AS flag,
    (range - 500) * 9007199254740993 AS big,
    (range / 8)::FLOAT AS single,
    CASE WHEN range % 11 = 0 THEN 'nan'::DOUBLE WHEN range % 7 = 0 THEN NULL ELSE range / 7 - 20 END AS real,
    ((range - 500) * 0.01)::DECIMAL(9,2) AS cents,
    ((range * 123456789)::DECIMAL(18,0) * 0.00000001::DECIMAL(18,8))::DECIMAL(18,8) AS price,
    ((range - 3)::VARCHAR || '000000000.000000000000000001')::DECIMAL(38,18) AS wide,
    DATE '1969-12-20' + (range % 40)::INTEGER AS day,
    TIMESTAMP '1969-12-30 12:00:00' + INTERVAL (range * 977) SECOND + INTERVAL (range) MICROSECOND AS wall,
    TIMESTAMPTZ '1969-12-30 12:00:00+00' + INTERVAL (range * 977) SECOND + INTERVAL (range) MICROSECOND AS "at",
    CASE WHEN range % 4 = 0 THEN NULL ELSE repeat('ü', (range % 30)::INTEGER) || range END AS note,
    md5(range::VARCHAR)::UUID AS uid,
    unhex(md5(range::VARCHAR))::BLOB AS payload
  FROM range(FROM_ROW, TO_ROW)`;

const SCHEMA = [
  ["id", "int", true],
  ["venue", "string", true],
  ["flag", "boolean", false],
  ["big", "long", true],
  ["single", "float", true],
  ["real", "double", false],
  ["cents", "decimal(9,2)", true],
  ["price", "decimal(18,8)", true],
  ["wide", "decimal(38,18)", true],
  ["day", "date", true],
  ["wall", "timestamp", true],
  ["at", "timestamptz", true],
  ["note", "string", false],
  ["uid", "uuid", true],
  ["payload", "binary", true],
] as const;

/** Each column as text that two engines can agree on; floats as numbers. */
const CANONICAL_SQL: Readonly<Record<string, string>> = {
  flag: "CASE WHEN flag THEN 'true' WHEN NOT flag THEN 'false' END",
  day: "strftime(day, '%Y-%m-%d')",
  wall: "strftime(wall, '%Y-%m-%dT%H:%M:%S.%f')",
  at: `strftime(make_timestamp(epoch_us("at")), '%Y-%m-%dT%H:%M:%S.%f')`,
  payload: "lower(hex(payload))",
  single: "single::DOUBLE::VARCHAR",
  real: "CASE WHEN isnan(real) THEN 'nan' ELSE real::VARCHAR END",
};
const COLUMNS_SQL = SCHEMA.map(([name]) => `${CANONICAL_SQL[name] ?? `CAST(${name} AS VARCHAR)`} AS "${name}"`).join(
  ", ",
);

const PYTHON_READ = `
import json, sys, math
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog("k2", uri="sqlite:///" + sys.argv[1], warehouse="file://" + sys.argv[2])
table = catalog.load_table(sys.argv[3])
def text(v, t):
    if v is None: return None
    if t == "boolean": return "true" if v else "false"
    if t in ("float", "double"): return "nan" if math.isnan(v) else repr(v)
    if t == "date": return v.isoformat()
    if t.startswith("timestamp"): return v.strftime("%Y-%m-%dT%H:%M:%S.%f")
    if t in ("binary",): return v.hex()
    if t.startswith("decimal"): return format(v, "f")
    return str(v)
def read(row_filter):
    types = {f.name: str(f.field_type) for f in table.schema().fields}
    arrow = table.scan(row_filter=row_filter) if row_filter else table.scan()
    rows = arrow.to_arrow().to_pylist()
    return sorted([[text(row[n], types[n]) for n in types] for row in rows], key=lambda r: int(r[0]))
filters = json.loads(sys.argv[4])
print(json.dumps({
    "types": [str(f.field_type) for f in table.schema().fields],
    "rows": read(None),
    "filtered": [read(f) for f in filters],
    "files": sum(1 for _ in table.scan().plan_files()),
    "plans": [sum(1 for _ in table.scan(row_filter=f).plan_files()) for f in filters],
    "snapshots": [str(s.snapshot_id) for s in table.snapshots()],
    "tables": [".".join(t) for t in catalog.list_tables("silver")],
    "namespaces": [".".join(n) for n in catalog.list_namespaces()],
    "properties": dict(table.properties),
    "sort": str(table.sort_order()),
}))
`;

const PYTHON_APPEND = `
import sys, datetime, decimal, uuid
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog("k2", uri="sqlite:///" + sys.argv[1], warehouse="file://" + sys.argv[2])
table = catalog.load_table(sys.argv[3])
schema = table.schema().as_arrow()
rows = []
for i in range(5000, 5020):
    rows.append(dict(id=i, venue="delta" if i % 2 else "alpha", flag=None, big=i, single=1.5, real=float(i), cents=decimal.Decimal("1.25"),
      price=decimal.Decimal("0.00000001"), wide=decimal.Decimal("-1.000000000000000001"), day=datetime.date(1960, 2, 29),
      wall=datetime.datetime(1960, 2, 29, 1, 2, 3, 4), at=datetime.datetime(1960, 2, 28 + i % 2, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
      note="py", uid=uuid.UUID(int=i).bytes, payload=b"\\x00\\xff"))
table.append(pa.Table.from_pylist(rows, schema=schema))
print(str(catalog.load_table(sys.argv[3]).current_snapshot().snapshot_id))
`;

async function buildTable(lake: Lake, db: TestDuckDb): Promise<void> {
  const table = await lake.createTable(TABLE, {
    schema: SCHEMA.map(([name, type, required], index) => ({ id: index + 1, name, type, required })),
    partitionSpec: [
      { column: "at", transform: "day" },
      { column: "venue", transform: "identity" },
    ],
    sortOrder: [{ column: "note" }, { column: "id", direction: "desc" }],
    properties: { "commit.manifest.min-count-to-merge": "4" },
  });
  let continuesFrom: string | undefined;
  for (let from = 0; from < 1_000; from += 100) {
    const relation = ROWS_SQL.replace("FROM_ROW", String(from)).replace("TO_ROW", String(from + 100));
    const { files } = await lake.stageFiles(table, { run: db.run, relation });
    const positions = `0:${from + 100}`;
    await lake.append(TABLE, { files, progress: { writer: "interop", epoch: 1, positions, continuesFrom } });
    continuesFrom = positions;
  }
}

async function ourRows(lake: Lake, db: TestDuckDb, filter?: Predicate): Promise<readonly (readonly unknown[])[]> {
  const scan = (await lake.table(TABLE)).scan(filter === undefined ? {} : { filter });
  return db.rows(`SELECT ${COLUMNS_SQL} FROM ${await scan.sql()} ORDER BY id::INTEGER`);
}

/** Floats print differently in each engine: they are compared as numbers. */
function comparable(rows: readonly (readonly unknown[])[]): unknown[][] {
  const isFloat = SCHEMA.map(([, type]) => type === "float" || type === "double");
  return rows.map((row) =>
    row.map((value, index) => (isFloat[index] && typeof value === "string" ? Number(value) : value)),
  );
}

const FILTERS: readonly { readonly python: string; readonly click: string; readonly ours: Predicate }[] = [
  { python: "id >= 950", click: "id >= 950", ours: { column: "id", is: "ge", value: 950 } },
  {
    python: "venue == 'be/ta' and at < '1970-01-01T00:00:00+00:00'",
    click: "venue = 'be/ta' AND at < toDateTime64('1970-01-01 00:00:00', 6, 'UTC')",
    ours: {
      and: [
        { column: "venue", is: "eq", value: "be/ta" },
        { column: "at", is: "lt", value: "1970-01-01T00:00:00Z" },
      ],
    },
  },
  {
    python: "price > 8.50000000 and price <= 9.25000000",
    click: "price > 8.5 AND price <= 9.25",
    ours: {
      and: [
        { column: "price", is: "gt", value: "8.5" },
        { column: "price", is: "le", value: "9.25" },
      ],
    },
  },
  { python: "note is null", click: "note IS NULL", ours: { column: "note", is: "null" } },
  {
    python: "day < '1969-12-25'",
    click: "day < toDate32('1969-12-25')",
    ours: { column: "day", is: "lt", value: "1969-12-25" },
  },
];

interface PythonAnswer {
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly filtered: readonly (readonly (readonly unknown[])[])[];
  readonly files: number;
  readonly plans: readonly number[];
  readonly snapshots: readonly string[];
  readonly tables: readonly string[];
  readonly namespaces: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

async function python(executable: string, code: string, args: readonly string[]): Promise<string> {
  return (await runPython(executable, code, { args })).stdout;
}

async function withPyIceberg(executable: string, folder: string, lake: Lake, db: TestDuckDb): Promise<void> {
  const place = [join(folder, "catalog.sqlite"), join(folder, "warehouse"), TABLE];
  const read = async (): Promise<PythonAnswer> =>
    JSON.parse(
      await python(executable, PYTHON_READ, [...place, JSON.stringify(FILTERS.map((filter) => filter.python))]),
    );
  const answer = await read();
  await check("PyIceberg finds the namespace and the table in our catalog", () => {
    deepStrictEqual([answer.namespaces, answer.tables], [["silver"], [TABLE]]);
  });
  await check("PyIceberg sees our types", () => {
    deepStrictEqual(
      answer.types.map((type) => type.replace(" ", "")),
      SCHEMA.map(([, type]) => type),
    );
  });
  await check("PyIceberg reads every row and value as we do", async () => {
    deepStrictEqual(comparable(answer.rows), comparable(await ourRows(lake, db)));
  });
  for (const [index, { python: text, ours }] of FILTERS.entries()) {
    await check(`PyIceberg, pruning by our bounds, agrees on ${text}`, async () => {
      const rows = answer.filtered[index] ?? [];
      deepStrictEqual(comparable(rows), comparable(await ourRows(lake, db, ours)));
      const plan = await (await lake.table(TABLE)).scan({ filter: ours }).plan();
      console.log(
        `      files planned of ${answer.files}: PyIceberg ${answer.plans[index]}, K2 ${plan.counts.filesPlanned}`,
      );
    });
  }
  await check("PyIceberg sees our snapshots, whole, and our progress", async () => {
    const table = await lake.table(TABLE);
    deepStrictEqual(
      answer.snapshots,
      table.metadata.snapshots.map(({ snapshotId }) => String(snapshotId)),
    );
    deepStrictEqual(answer.properties["k2.progress.interop"], table.metadata.properties["k2.progress.interop"]);
  });
  const before = (await ourRows(lake, db)).length;
  const snapshotId = await python(executable, PYTHON_APPEND, place);
  await check("PyIceberg appends to our table, and we read it", async () => {
    const table = await lake.table(TABLE);
    deepStrictEqual(String(table.snapshot?.snapshotId), snapshotId.trim());
    deepStrictEqual(table.progress("interop"), { epoch: 1, positions: "0:1000" });
    deepStrictEqual((await ourRows(lake, db)).length, before + 20);
    deepStrictEqual(comparable((await read()).rows), comparable(await ourRows(lake, db)));
  });
  await check("PyIceberg reads what it and we have appended in turn", async () => {
    const relation = ROWS_SQL.replace("FROM_ROW", "1000").replace("TO_ROW", "1100");
    const { files } = await lake.stageFiles(await lake.table(TABLE), { run: db.run, relation });
    await lake.append(TABLE, {
      files,
      progress: { writer: "interop", epoch: 1, positions: "0:1100", continuesFrom: "0:1000" },
    });
    deepStrictEqual(comparable((await read()).rows), comparable(await ourRows(lake, db)));
    deepStrictEqual((await ourRows(lake, db)).length, before + 120);
  });
  await check("PyIceberg reads the table after we expire snapshots and remove their files", async () => {
    const result = await lake.expireSnapshots(TABLE, { olderThanMs: Date.now() + 1_000, keepAtLeast: 1 });
    deepStrictEqual((await lake.table(TABLE)).metadata.snapshots.length, 1);
    deepStrictEqual(result.filesRemoved > 0, true);
    deepStrictEqual(comparable((await read()).rows), comparable(await ourRows(lake, db)));
  });
}

async function clickHouse(chdb: string, folder: string, query: string): Promise<readonly (readonly unknown[])[]> {
  const [rows = []] = await runClickHouse({ chdb, folder }, [query]);
  return rows;
}

const CLICK_COLUMNS: Readonly<Record<string, string>> = {
  flag: "if(flag IS NULL, NULL, if(flag, 'true', 'false'))",
  day: "toString(day)",
  wall: "formatDateTime(wall, '%Y-%m-%dT%H:%i:%S.%f', 'UTC')",
  at: "formatDateTime(at, '%Y-%m-%dT%H:%i:%S.%f', 'UTC')",
  payload: "lower(hex(payload))",
  single: "toString(toFloat64(single))",
  cents: "toDecimalString(cents, 2)",
  price: "toDecimalString(price, 8)",
  wide: "toDecimalString(wide, 18)",
};

async function withClickHouse(chdb: string, folder: string, lake: Lake, db: TestDuckDb): Promise<void> {
  const select = SCHEMA.map(([name]) => CLICK_COLUMNS[name] ?? `toString(${name})`).join(", ");
  const from = "icebergLocal('warehouse/silver/everything')";
  await check("ClickHouse reads every row and value as we do", async () => {
    const rows = await clickHouse(chdb, folder, `SELECT ${select} FROM ${from} ORDER BY id`);
    deepStrictEqual(comparable(rows), comparable(await ourRows(lake, db)));
  });
  for (const { click, ours } of FILTERS) {
    await check(`ClickHouse, pruning by our bounds, agrees on ${click}`, async () => {
      const settings = "SETTINGS use_iceberg_partition_pruning = 1";
      const rows = await clickHouse(
        chdb,
        folder,
        `SELECT ${select} FROM ${from} WHERE ${click} ORDER BY id ${settings}`,
      );
      deepStrictEqual(comparable(rows), comparable(await ourRows(lake, db, ours)));
    });
  }
  await check("ClickHouse sees exact sums and our current snapshot", async () => {
    const rows = await clickHouse(
      chdb,
      folder,
      `SELECT toString(count()), toDecimalString(sum(price), 8) FROM ${from}`,
    );
    const sql = `SELECT count(*)::VARCHAR, sum(price)::DECIMAL(38,8)::VARCHAR FROM ${await (await lake.table(TABLE)).scan().sql()}`;
    deepStrictEqual(rows, await db.rows(sql));
  });
}

const folder = await realpath(await mkdtemp(join(tmpdir(), "k2-interop-")));
try {
  using db = await TestDuckDb.open();
  const warehouse = join(folder, "warehouse");
  await using lake = await openLake({
    warehouse,
    catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
    name: "k2",
  });
  await buildTable(lake, db);
  const chdb = process.env["K2_CHDB"];
  if (chdb === undefined) skip("ClickHouse", "K2_CHDB names no folder in which chdb is installed");
  else await withClickHouse(chdb, folder, lake, db);
  const executable = process.env["K2_PYICEBERG_PYTHON"];
  if (executable === undefined) skip("PyIceberg", "K2_PYICEBERG_PYTHON names no Python that has it");
  else await withPyIceberg(executable, folder, lake, db);
  if (chdb !== undefined && executable !== undefined) await withClickHouse(chdb, folder, lake, db);
} finally {
  await rm(folder, { recursive: true, force: true });
}
conclude();
