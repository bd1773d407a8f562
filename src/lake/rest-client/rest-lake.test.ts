import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqlite, seededRandom, silentLogger } from "../../base/index.ts";
import { openSqlCatalog } from "../catalog/sql-catalog.ts";
import { type Lake, type LakeConfig, openLake } from "../index.ts";
import { systemIds } from "../io/ids.ts";
import { TEST_KEYS } from "../io/s3/test-s3-server.ts";
import { TestS3Storage } from "../io/s3/test-s3-storage.ts";
import { MetadataStore } from "../metadata/metadata-store.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { COUNTED, counted } from "../test-lake.ts";
import { TestRestServer } from "./test-rest-server.ts";

/** A catalog server that keeps its tables in S3 and vends keys for them; its clients have none of their own. */
async function open(): Promise<
  AsyncDisposable & { readonly s3: TestS3Storage; readonly server: TestRestServer; readonly config: LakeConfig }
> {
  const s3 = await TestS3Storage.open();
  const dialect = openSqlite(join(s3.folder, "server.sqlite"));
  const metadata = new MetadataStore(s3.io, systemIds, 1 << 24);
  const catalog = await openSqlCatalog({ dialect, name: "test", metadata, logger: silentLogger });
  const server = await TestRestServer.start({
    catalog,
    receipts: catalog.receipts,
    warehouse: s3.root,
    credentials: async ({ location }) => ({
      config: { "s3.endpoint": s3.server.url, "client.region": "us-east-1", "s3.path-style-access": "true" },
      credentials: [
        {
          prefix: location,
          config: { "s3.access-key-id": TEST_KEYS.accessKeyId, "s3.secret-access-key": TEST_KEYS.secretAccessKey },
        },
      ],
    }),
  });
  const config: LakeConfig = {
    warehouse: "",
    name: "test",
    catalog: { kind: "rest", uri: server.uri, backoffFirstMs: 1, attemptsMax: 4 },
    storage: {
      cacheFolder: join(s3.folder, "client-cache"),
      environment: {
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/none",
        AWS_SHARED_CREDENTIALS_FILE: "/none",
      },
      s3: { backoffFirstMs: 1, silenceMsMax: 300 },
    },
  };
  return {
    s3,
    server,
    config,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await catalog[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
    },
  };
}

async function append(lake: Lake, db: TestDuckDb, from: number, to: number): Promise<void> {
  const table = await lake.table("a.b");
  const { files } = await lake.stageFiles(table, { run: db.run, relation: counted(from, to) });
  await lake.append("a.b", { files });
}

async function rows(lake: Lake, db: TestDuckDb, columns: string): Promise<readonly (readonly unknown[])[]> {
  using scan = (await lake.table("a.b")).scan();
  return db.rows(`SELECT ${columns} FROM ${await scan.sql()}`);
}

test("a whole lake over a REST catalog, which says where tables go and vends the keys to their files", async () => {
  await using t = await open();
  using db = await TestDuckDb.open();
  await using lake = await openLake(t.config);
  const table = await lake.createTable("a.b", COUNTED);
  expect(table.metadata.location).toMatch(/^s3:\/\/lake\/warehouse\/a\/b/);
  expect(table.metadata.schemas[0]?.fields.map(({ id }) => id)).toEqual([1, 2, 3]);
  for (let from = 0; from < 60; from += 20) await append(lake, db, from, from + 20);
  expect(await rows(lake, db, "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[60, 60]]);
  await using anew = await openLake({
    ...t.config,
    storage: { ...t.config.storage, cacheFolder: join(t.s3.folder, "cold") },
  });
  expect(await rows(anew, db, "sum(n)::INT")).toEqual([[1770]]);
  expect(await anew.listTables()).toEqual(["a.b"]);
  await lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000 });
  expect((await anew.table("a.b")).metadata.snapshots.length).toBe(1);
  await lake.createTable("a.c", COUNTED);
  const staged = await anew.stageFiles(await anew.table("a.c"), { run: db.run, relation: counted(0, 4) });
  const more = await anew.stageFiles(await anew.table("a.b"), { run: db.run, relation: counted(60, 64) });
  await anew.commitAll([
    { table: "a.c", files: staged.files },
    { table: "a.b", files: more.files },
  ]);
  expect(await rows(lake, db, "count(*)::INT")).toEqual([[64]]);
  expect(await lake.dropTable("a.c")).toBe(true);
});

test("with 30 % of the catalog's and the store's requests failing, every row is in the table once", async () => {
  await using t = await open();
  using db = await TestDuckDb.open();
  await using lake = await openLake(t.config);
  await lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
  t.server.failAtRandom(seededRandom(4), 0.3);
  t.s3.server.failAtRandom(seededRandom(5), 0.3);
  for (let done = 0, tries = 0; done < 100; tries += 1) {
    if (tries > 300) throw new Error("no end in sight");
    try {
      const { epoch, positions } = await lake.claimWriter("a.b", "w", "0");
      for (done = Number(positions); done < 100; done += 10) {
        const { files } = await lake.stageFiles(await lake.table("a.b"), {
          run: db.run,
          relation: counted(done, done + 10),
        });
        const progress = { writer: "w", epoch, continuesFrom: String(done), positions: String(done + 10) };
        await lake.append("a.b", { files, progress });
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && String(error.code).startsWith("K2_LAKE_"))) throw error;
      done = 0;
    }
  }
  t.server.heal();
  t.s3.server.heal();
  expect(await rows(lake, db, "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[100, 100]]);
}, 120_000);
