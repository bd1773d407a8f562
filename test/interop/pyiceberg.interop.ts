/**
 * PyIceberg reads our tables, appends, deletes, overwrites and evolves them: by its SqlCatalog on our SQLite file and in our
 * PostgreSQL database, and by its RestCatalog through our REST server. And we read the tables that it makes.
 *
 * - K2_PYICEBERG_PYTHON names a Python that has the packages of referees/pyiceberg.txt
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { deepStrictEqual } from "node:assert";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { postgresProblem, startTestPostgres } from "../../src/lake/test-postgres.ts";
import { check, conclude, skip } from "./checks.ts";
import { appendEverything, EVERYTHING, expectSame, fieldsOf, ourTextRows, type TextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { checkOurChanges } from "./our-changes.ts";
import { PythonSession } from "./python-session.ts";
import { openRestLake, type RestLake } from "./rest-lake.ts";

interface Scene {
  readonly session: PythonSession;
  readonly label: string;
  /** PyIceberg's name of the catalog. */
  readonly catalog: string;
  readonly served: RestLake;
  readonly db: TestDuckDb;
}

async function checkPyIceberg({ session, label, catalog, served: { lake }, db }: Scene): Promise<void> {
  const table = `silver.by_${catalog}`;
  const load = `table = catalogs["${catalog}"].load_table("${table}")`;
  const same = async (): Promise<number> => {
    const ours = await lake.table(table);
    const [order] = fieldsOf(ours);
    const theirs = await session.ask<TextRows>(`${load}\nanswer = read(table, "${order?.name}")`);
    expectSame(theirs, await ourTextRows(ours, db), ours);
    return theirs.length;
  };
  const step = (what: string, code: string, rows: number): Promise<boolean> =>
    check(`${label}: ${what}; both read the same ${rows} rows`, async () => {
      await session.ask(`${load}\n${code}`);
      deepStrictEqual(await same(), rows);
    });
  await lake.createTable(table, EVERYTHING);
  for (let from = 0; from < 600; from += 200) await appendEverything(lake, db, table, from, from + 200);

  await check(`${label}: finds our namespaces and tables`, async () => {
    const found = await session.ask<readonly string[]>(
      `catalog = catalogs["${catalog}"]\nanswer = sorted(".".join(t) for n in catalog.list_namespaces() for t in catalog.list_tables(n))`,
    );
    deepStrictEqual(found, [...(await lake.listTables())].sort());
  });
  await check(`${label}: reads every row and value of ours`, async () => deepStrictEqual(await same(), 600));
  await check(`${label}: prunes by our bounds and finds the same rows`, async () => {
    const ours = await lake.table(table);
    const theirs = await session.ask<TextRows>(
      `${load}\nanswer = read(table, "id", row_filter="venue == 'be/ta' and at < '1970-01-01T00:00:00+00:00' and price <= 9.25000000")`,
    );
    const filter = {
      and: [
        { column: "venue", is: "eq" as const, value: "be/ta" },
        { column: "at", is: "lt" as const, value: "1970-01-01T00:00:00Z" },
        { column: "price", is: "le" as const, value: "9.25" },
      ],
    };
    expectSame(theirs, await ourTextRows(ours, db, filter), ours);
  });
  await step(
    "appends",
    `arrow = table.scan(row_filter="id < 50").to_arrow()
arrow = arrow.set_column(0, arrow.schema.field(0), pa.array([v + 1000 for v in arrow.column("id").to_pylist()], pa.int32()))
table.append(arrow.cast(table.schema().as_arrow()))`,
    650,
  );
  await step("deletes rows", `table.delete("id >= 100 and id < 110")`, 640);
  await step("deletes a whole partition", `table.delete("id == 300")`, 639);
  await step(
    "overwrites by a filter",
    `arrow = table.scan(row_filter="id >= 1000 and id < 1005").to_arrow()
table.overwrite(arrow.cast(table.schema().as_arrow()), overwrite_filter="id >= 1000 and id < 1020")`,
    624,
  );
  await step(
    "evolves the schema: renames, widens, adds, drops, moves, within a struct too",
    `from pyiceberg.types import DecimalType, DoubleType, LongType, StringType, TimestamptzType
with table.update_schema() as update:
    update.rename_column("note", "remark")
    update.update_column("id", LongType())
    update.update_column("single", DoubleType())
    update.update_column("cents", DecimalType(18, 2))
    update.add_column("seen", TimestamptzType())
    update.add_column(("spot", "z"), StringType())
    update.rename_column(("spot", "y"), "why")
    update.delete_column("payload")
    update.move_after("seen", "venue")`,
    624,
  );
  await step(
    "evolves the partitions and appends by the new ones",
    `from pyiceberg.transforms import BucketTransform, IdentityTransform, MonthTransform, TruncateTransform
with table.update_spec() as update:
    update.remove_field(table.spec().fields[0].name)
    update.add_field("wall", MonthTransform(), "wall_month")
    update.add_field("id", BucketTransform(4), "id_bucket")
    update.add_field("remark", TruncateTransform(3), "remark_trunc")
table = catalogs["${catalog}"].load_table("${table}")
arrow = table.scan(row_filter="id < 40").to_arrow()
arrow = arrow.set_column(0, arrow.schema.field(0), pa.array([v + 3000 for v in arrow.column("id").to_pylist()], pa.int64()))
table.append(arrow.cast(table.schema().as_arrow()))`,
    664,
  );
  await step("deletes across both partition specs", `table.delete("id == 3001 or id == 2 or id == 560")`, 661);
  await step(
    "tags, branches and expires",
    `table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "kept").commit()
table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "side").commit()
table.maintenance.expire_snapshots().by_ids([s.snapshot_id for s in table.snapshots()[:3]]).commit()`,
    661,
  );
  await check(`${label}: we see its tag and branch and the snapshots it left`, async () => {
    const { refs, snapshots } = (await lake.table(table)).metadata;
    const theirs = await session.ask<readonly string[]>(
      `${load}\nanswer = [str(s.snapshot_id) for s in table.snapshots()]`,
    );
    deepStrictEqual([refs["kept"]?.type, refs["side"]?.type], ["tag", "branch"]);
    deepStrictEqual(
      snapshots.map(({ snapshotId }) => String(snapshotId)),
      theirs,
    );
  });
  const changed = `silver.changed_by_us_${catalog}`;
  await checkOurChanges({
    lake,
    db,
    table: changed,
    label,
    async same() {
      const ours = await lake.table(changed);
      const theirs = await session.ask<TextRows>(
        `answer = read(catalogs["${catalog}"].load_table("${changed}"), "id")`,
      );
      expectSame(theirs, await ourTextRows(ours, db), ours);
      return theirs.length;
    },
  });
  await checkMadeByPyIceberg({ session, label, catalog, lake, db });
}

async function checkMadeByPyIceberg({
  session,
  label,
  catalog,
  lake,
  db,
}: Omit<Scene, "served"> & { readonly lake: RestLake["lake"] }): Promise<void> {
  const table = `python_${catalog}.made`;
  await check(`${label}: makes a namespace and a table, we read it and append to it, it reads that`, async () => {
    await session.ask(`
import datetime, decimal, uuid
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform
from pyiceberg.types import *
catalog = catalogs["${catalog}"]
catalog.create_namespace("python_${catalog}", {"owner": "py"})
schema = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "price", DecimalType(38, 18)),
    NestedField(3, "at", TimestamptzType()),
    NestedField(4, "day", DateType()),
    NestedField(5, "uid", UUIDType()),
    NestedField(6, "code", FixedType(4)),
    NestedField(7, "tags", ListType(8, StringType(), element_required=False)),
)
spec = PartitionSpec(PartitionField(3, 1000, DayTransform(), "at_day"))
table = catalog.create_table("${table}", schema, partition_spec=spec)
table.append(pa.Table.from_pylist([
    dict(id=i, price=decimal.Decimal(i - 50).scaleb(-18), at=datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=i),
         day=datetime.date(1899, 12, 31), uid=uuid.UUID(int=i).bytes, code=i.to_bytes(4, "big"), tags=["a", None] if i % 2 else None)
    for i in range(100)], schema=table.schema().as_arrow()))`);
    const first = await lake.table(table);
    const fixed = await session.ask<TextRows>(`answer = read(table, "id")`);
    expectSame(fixed, await ourTextRows(first, db), first);
    await session.ask(`
with table.update_schema() as update:
    update.delete_column("code")`); // DuckDB reads "fixed", and does not write it.
    const relation = `SELECT range + 100 AS id, 1::DECIMAL(38,18) AS price, TIMESTAMPTZ '2024-03-01 00:00:00+00' AS "at", DATE '2024-03-01' AS day, md5(range::VARCHAR)::UUID AS uid, ['x'] AS tags FROM range(10)`;
    const { files } = await lake.stageFiles(await lake.table(table), { run: db.run, relation });
    await lake.append(table, { files });
    const ours = await lake.table(table);
    const theirs = await session.ask<TextRows>(`answer = read(catalogs["${catalog}"].load_table("${table}"), "id")`);
    deepStrictEqual(theirs.length, 110);
    expectSame(theirs, await ourTextRows(ours, db), ours);
  });
  await check(`${label}: renames and drops a table, for us too`, async () => {
    await session.ask(`
catalog.rename_table("${table}", "${table}_renamed")
catalog.drop_table("${table}_renamed")
catalog.drop_namespace("python_${catalog}")`);
    deepStrictEqual(await lake.hasTable(`${table}_renamed`), false);
    deepStrictEqual((await lake.listNamespaces()).includes(`python_${catalog}`), false);
  });
}

async function run(executable: string, place: string, postgresUrl?: string): Promise<void> {
  await using folder = await makeInteropFolder();
  using db = await TestDuckDb.open();
  await using served = await openRestLake(folder.path, postgresUrl);
  const { uri, warehouse, database, name } = served;
  const sqlUri = postgresUrl?.replace(/^postgres:/, "postgresql+psycopg2:") ?? `sqlite:///${database}`;
  const catalogs = {
    [name]: { type: "sql", uri: sqlUri, warehouse },
    rest: { type: "rest", uri, warehouse: name },
  };
  await using session = await PythonSession.open(executable, {
    beginning: "pyiceberg_engine.py",
    args: [JSON.stringify(catalogs)],
  });
  await checkPyIceberg({ session, label: `PyIceberg, SqlCatalog on ${place}`, catalog: name, served, db });
  await checkPyIceberg({ session, label: `PyIceberg, RestCatalog before ${place}`, catalog: "rest", served, db });
}

const executable = process.env["K2_PYICEBERG_PYTHON"];
if (executable === undefined) skip("PyIceberg", "K2_PYICEBERG_PYTHON names no Python that has it");
else {
  await run(executable, "SQLite");
  if (postgresProblem !== undefined) skip("PyIceberg", `on PostgreSQL: ${postgresProblem}`);
  else {
    await using postgres = await startTestPostgres();
    await run(executable, "PostgreSQL", await postgres.createDatabase());
  }
}
conclude();
