import { readdir } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Dialect, Driver, TransactionSettings } from "kysely";
import { Client } from "pg";
import { expect, test } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { CatalogUnavailableError, CommitConflictError, CommitUnknownError, LakeExistsError } from "../errors.ts";
import { applyUpdates } from "../metadata/update.ts";
import type { Catalog, LoadedTable, TableCommit } from "./catalog.ts";
import { newTable, newView } from "./catalog-fixture.ts";
import { parseIdentifier } from "./identifier.ts";
import { openPostgres, postgresFlavour } from "./postgres.ts";
import { openSqlCatalog } from "./sql-catalog.ts";
import { TestCatalogs } from "./test-catalog.ts";
import { onBothDatabases } from "./test-databases.ts";

const check = onBothDatabases();
const TABLE = parseIdentifier("a.t");

function setting(base: LoadedTable, step: string): TableCommit {
  const updates = [{ action: "set-properties", updates: { step } }] as const;
  return {
    identifier: base.identifier,
    base,
    requirements: [],
    updates,
    next: applyUpdates(base.metadata, updates, 0),
  };
}

async function makeTable(catalog: Catalog, folder: string): Promise<LoadedTable> {
  await catalog.ensureNamespace(["a"]);
  return catalog.create(TABLE, newTable(folder, "a.t"));
}

function pathOf(table: LoadedTable): string {
  return table.metadata.location.replace("file://", "");
}

async function metadataFiles(table: LoadedTable): Promise<readonly string[]> {
  return (await readdir(`${pathOf(table)}/metadata`)).sort();
}

/** A database whose COMMIT takes effect, or does not, and is never heard of again. */
function losingCommits(dialect: Dialect, { isMade }: { readonly isMade: boolean }, isLosing: () => boolean): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => {
      const driver = dialect.createDriver();
      const losing: Driver = {
        init: () => driver.init(),
        acquireConnection: () => driver.acquireConnection(),
        beginTransaction: (connection, settings: TransactionSettings) => driver.beginTransaction(connection, settings),
        rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
        releaseConnection: (connection) => driver.releaseConnection(connection),
        destroy: () => driver.destroy(),
        async commitTransaction(connection) {
          if (!isLosing() || isMade) await driver.commitTransaction(connection);
          if (isLosing()) throw new Error("Connection terminated unexpectedly");
        },
      };
      return losing;
    },
  };
}

check(
  "a commit to a version that is no longer current is refused, and its metadata file removed",
  async ({ catalogs }) => {
    const catalog = await catalogs.open();
    const first = await makeTable(catalog, catalogs.folder);
    await catalog.commit([setting(first, "2")]);
    const before = await metadataFiles(first);
    await expect(catalog.commit([setting(first, "late")])).rejects.toThrow(CommitConflictError);
    expect(await metadataFiles(first)).toEqual(before);
    expect((await catalog.load(TABLE))?.metadata.properties["step"]).toBe("2");
  },
);

check("one stale table among several refuses the whole commit", async ({ catalogs }) => {
  const catalog = await catalogs.open();
  await catalog.createNamespace(["a"]);
  const tables: LoadedTable[] = [];
  for (const name of ["a.x", "a.y", "a.z"]) {
    tables.push(await catalog.create(parseIdentifier(name), newTable(catalogs.folder, name)));
  }
  const [x, y, z] = tables;
  if (x === undefined || y === undefined || z === undefined) throw new Error("a table is gone");
  await catalog.commit([setting(y, "2")]);
  await expect(catalog.commit([x, y, z].map((table) => setting(table, "torn")))).rejects.toThrow(CommitConflictError);
  for (const { identifier } of [x, z]) {
    expect((await catalog.load(identifier))?.metadata.properties).not.toHaveProperty("step");
  }
});

check(
  "many writers of the same tables in opposite order neither block each other for good nor tear a commit",
  async ({ catalogs }) => {
    const [one, other] = [await catalogs.open(), await catalogs.open()];
    await one.createNamespace(["a"]);
    const names = ["a.x", "a.y"].map(parseIdentifier);
    for (const name of names) await one.create(name, newTable(catalogs.folder, name.name));
    const increase = async (catalog: Catalog, order: typeof names): Promise<void> => {
      for (let done = 0; done < 4; ) {
        await setImmediate();
        const bases = await Promise.all(order.map((name) => catalog.load(name)));
        const commits = bases.flatMap((base) =>
          base === undefined ? [] : [setting(base, String(Number(base.metadata.properties["step"] ?? 0) + 1))],
        );
        const isMade = await catalog.commit(commits).then(
          () => true,
          (error: unknown) => {
            if (error instanceof CommitConflictError) return false;
            throw error;
          },
        );
        if (isMade) done += 1;
      }
    };
    await Promise.all([increase(one, names), increase(other, names.toReversed()), increase(one, names.toReversed())]);
    for (const name of names) expect((await one.load(name))?.metadata.properties["step"]).toBe("12");
  },
);

for (const isMade of [true, false]) {
  check(
    `a COMMIT without an answer is of unknown outcome, and no file is removed (${isMade ? "made" : "not made"})`,
    async ({ catalogs }) => {
      let isLosing = false;
      const wrap = (dialect: Dialect): Dialect => losingCommits(dialect, { isMade }, () => isLosing);
      const catalog = await catalogs.open({ wrap });
      const healthy = await catalogs.open();
      const first = await makeTable(catalog, catalogs.folder);
      isLosing = true;
      await expect(catalog.commit([setting(first, "2")])).rejects.toThrow(CommitUnknownError);
      await expect(catalog.createView(parseIdentifier("a.v"), newView(catalogs.folder, "a.v"))).rejects.toThrow(
        CommitUnknownError,
      );
      isLosing = false;
      expect((await healthy.load(TABLE))?.metadata.properties["step"]).toBe(isMade ? "2" : undefined);
      expect((await healthy.loadView(parseIdentifier("a.v"))) !== undefined).toBe(isMade);
      expect(await metadataFiles(first)).toHaveLength(2);
    },
  );
}

test("PostgreSQL: an address where none listens is told as unavailable, by its address and without its password", async () => {
  const url = "postgres://k2:secret-word@127.0.0.1:1/none";
  await using catalogs = await TestCatalogs.begin();
  const opening = openSqlCatalog({
    dialect: openPostgres({ url, logger: silentLogger }),
    flavour: postgresFlavour,
    name: "test",
    metadata: catalogs.metadata,
    logger: silentLogger,
  });
  const error = await opening.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CatalogUnavailableError);
  expect(String(error)).toContain("127.0.0.1:1");
  expect(String(error)).not.toContain("secret-word");
  expect(() => openPostgres({ url: "mysql://x", logger: silentLogger })).toThrow(/postgres:\/\//);
});

check(
  "connections that break under writers lose no acknowledged commit and make none twice",
  async ({ catalogs, postgres }) => {
    if (postgres === undefined) return; // A file has no connection to break.
    const catalog = await catalogs.open();
    await makeTable(catalog, catalogs.folder);
    let [made, unknown] = [0, 0];
    for (let round = 0; round < 30; round += 1) {
      await setImmediate();
      const base = await catalog.load(TABLE).catch(() => undefined);
      if (base === undefined) continue;
      const next = String(Number(base.metadata.properties["step"] ?? 0) + 1);
      const committing = catalog.commit([setting(base, next)]).then(
        () => "made",
        (error: unknown) => {
          if (error instanceof CommitUnknownError) return "unknown";
          if (error instanceof CatalogUnavailableError || error instanceof CommitConflictError) return "refused";
          throw error;
        },
      );
      if (round % 3 === 0) await postgres.dropConnections();
      const outcome = await committing;
      made += outcome === "made" ? 1 : 0;
      unknown += outcome === "unknown" ? 1 : 0;
    }
    const step = Number((await (await catalogs.open()).load(TABLE))?.metadata.properties["step"] ?? 0);
    expect(made).toBeGreaterThan(10);
    expect(step).toBeGreaterThanOrEqual(made);
    expect(step).toBeLessThanOrEqual(made + unknown);
  },
);

check("a catalog of layout V0 is read as it is and takes views from then on", async ({ catalogs, place }) => {
  await layOutV0(place);
  const first = newTable(catalogs.folder, "a.old");
  const location = await catalogs.metadata.write(first, undefined);
  const insert = `INSERT INTO iceberg_tables VALUES ('test', 'a', 'old', '${location}', NULL)`;
  await runSql(place, insert);
  const catalog = await catalogs.open();
  expect(await catalog.listNamespaces()).toEqual([["a"]]); // A namespace that nobody created, as others leave it.
  expect(await catalog.loadNamespace(["a"])).toEqual({});
  const tables = await catalog.listTables(["a"]);
  expect(tables).toEqual([parseIdentifier("a.old")]);
  const loaded = await catalog.load(parseIdentifier("a.old"));
  expect(loaded?.metadata.tableUuid).toBe(first.tableUuid);
  await catalog.createView(parseIdentifier("a.v"), newView(catalogs.folder, "a.v"));
  await expect(catalog.createView(parseIdentifier("a.old"), newView(catalogs.folder, "a.old"))).rejects.toThrow(
    LakeExistsError,
  );
  await expect(catalog.createNamespace(["a"])).rejects.toThrow(LakeExistsError);
  expect(await catalog.drop(parseIdentifier("a.old"))).toBe(true);
  // Java of layout V0 goes on writing rows of five columns.
  const names = "catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location";
  await runSql(place, `INSERT INTO iceberg_tables (${names}) VALUES ('test', 'a', 'new', '${location}', NULL)`);
  const after = await (await catalogs.open()).listTables(["a"]);
  expect(after).toEqual([parseIdentifier("a.new")]);
});

check("catalogs of different names share a database and see nothing of each other", async ({ catalogs }) => {
  const [one, other] = [await catalogs.open({ name: "one" }), await catalogs.open({ name: "other" })];
  await one.createNamespace(["a"], { owner: "one" });
  await one.create(TABLE, newTable(catalogs.folder, "a.t"));
  expect(await other.listNamespaces()).toEqual([]);
  expect(await other.load(TABLE)).toBeUndefined();
  await other.createNamespace(["a"]);
  await other.create(TABLE, newTable(catalogs.folder, "a.t"));
  expect(await other.drop(TABLE)).toBe(true);
  expect(await one.listTables(["a"])).toEqual([TABLE]);
});

check("many processes may open an empty database at once", async ({ catalogs }) => {
  const opened = await Promise.all(Array.from({ length: 6 }, () => catalogs.open()));
  await opened[0]?.createNamespace(["a"]);
  for (const catalog of opened) expect(await catalog.listNamespaces()).toEqual([["a"]]);
});

/** As Java before 1.5 and PyIceberg made it. */
async function layOutV0(place: string): Promise<void> {
  await runSql(
    place,
    "CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, " +
      "table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), " +
      "PRIMARY KEY (catalog_name, table_namespace, table_name))",
  );
}

async function runSql(place: string, sql: string): Promise<void> {
  if (!place.startsWith("postgres:")) {
    const database = new DatabaseSync(place);
    database.exec(sql);
    database.close();
    return;
  }
  const client = new Client({ connectionString: place });
  await client.connect();
  await client.query(sql);
  await client.end();
}
