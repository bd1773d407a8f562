import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { expect, test } from "vitest";
import { type Lake, type LakeConfig, openLake } from "../index.ts";
import { s3LakeConfig } from "../io/s3/test-s3-lake.ts";
import { TEST_BUCKET, TEST_KEYS, TestS3Server } from "../io/s3/test-s3-server.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { COUNTED, counted } from "../test-lake.ts";

const TOKEN = "a-token-of-sixteen-or-more";
/** Keys are renewed five minutes before they end: these last for three minutes of use. */
const LIFETIME_MS = 480_000;

/** Our server over a lake on S3, which issues keys to one table's files at a time; our client has no keys of its own. */
class VendingLake implements AsyncDisposable {
  readonly server: TestS3Server;
  readonly folder: string;
  readonly #lake: Lake;
  readonly #close: () => Promise<void>;
  readonly config: LakeConfig;
  /** Of each load of a table and each call of the credentials endpoint, the table's location. */
  readonly vended: string[];

  private constructor(
    parts: Pick<VendingLake, "server" | "folder" | "config" | "vended">,
    lake: Lake,
    close: () => Promise<void>,
  ) {
    this.server = parts.server;
    this.folder = parts.folder;
    this.config = parts.config;
    this.vended = parts.vended;
    this.#lake = lake;
    this.#close = close;
  }

  static async open(): Promise<VendingLake> {
    const server = await TestS3Server.start();
    const folder = await mkdtemp(join(tmpdir(), "k2-vending-"));
    const lake = await openLake(s3LakeConfig(folder, server));
    const vended: string[] = [];
    const http = fastify({ forceCloseConnections: true });
    const catalog = lake.restCatalog({
      tokens: [TOKEN],
      credentials: async ({ location }) => {
        vended.push(location);
        const keys = server.issue({ prefix: location.replace(`s3://${TEST_BUCKET}/`, ""), lifetimeMs: LIFETIME_MS });
        const config = {
          "s3.endpoint": server.url,
          "s3.path-style-access": "true",
          "client.region": "us-east-1",
          "s3.access-key-id": keys.accessKeyId,
          "s3.secret-access-key": keys.secretAccessKey,
          "s3.session-token": keys.sessionToken ?? "",
          "s3.session-token-expires-at-ms": String(keys.expiresMs),
        };
        return { config: {}, credentials: [{ prefix: `${location}/`, config }] };
      },
    });
    await http.register(catalog, { prefix: "/catalog" });
    const address = await http.listen({ host: "127.0.0.1", port: 0 });
    const config: LakeConfig = {
      warehouse: "",
      name: "test",
      catalog: { kind: "rest", uri: `${address}/catalog`, token: TOKEN, backoffFirstMs: 1 },
      storage: {
        cacheFolder: join(folder, "client-cache"),
        environment: {
          AWS_EC2_METADATA_DISABLED: "true",
          AWS_CONFIG_FILE: "/none",
          AWS_SHARED_CREDENTIALS_FILE: "/none",
        },
        s3: { backoffFirstMs: 1 },
      },
    };
    return new VendingLake({ server, folder, config, vended }, lake, () => http.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#lake[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function append(lake: Lake, db: TestDuckDb, name: string, from: number): Promise<void> {
  const { files } = await lake.stageFiles(await lake.table(name), { run: db.run, relation: counted(from, from + 10) });
  await lake.append(name, { files });
}

async function count(lake: Lake, db: TestDuckDb, name: string): Promise<unknown> {
  using scan = (await lake.table(name)).scan();
  return (await db.rows(`SELECT count(*)::INT FROM ${await scan.sql()}`))[0]?.[0];
}

test("the client reads and writes a table's files with the keys that the server issued for it, and with no others", async () => {
  await using t = await VendingLake.open();
  using db = await TestDuckDb.open();
  await using lake = await openLake(t.config);
  for (const name of ["a.b", "a.bb"]) {
    await lake.createTable(name, COUNTED);
    await append(lake, db, name, 0);
  }
  await using cold = await openLake({
    ...t.config,
    storage: { ...t.config.storage, cacheFolder: join(t.folder, "cold") },
  });
  t.server.signers.length = 0;
  expect([await count(cold, db, "a.b"), await count(cold, db, "a.bb")]).toEqual([10, 10]);
  const temporary = t.server.signers.filter((key) => key.startsWith("ASIA"));
  expect(new Set(temporary).size).toBe(2); // One a table.
  expect(temporary.length).toBeGreaterThan(4);

  // Without the grant of its own table, a file is out of reach: of a like-named table, and of everything else.
  const [file] = [...t.server.objects.keys()].filter((key) => key.startsWith("warehouse/a/b/data/"));
  const narrow = t.server.issue({ prefix: "warehouse/a/bb/", lifetimeMs: LIFETIME_MS });
  for (const [credentials, reason] of [
    [narrow, /AccessDenied|may not/i],
    [{ ...TEST_KEYS, secretAccessKey: "wrong" }, /secret|signature/i],
    [{ ...narrow, sessionToken: "wrong" }, /expired|token/i],
  ] as const) {
    const storage = {
      ...s3LakeConfig(t.folder, t.server, join(t.folder, "foreign")).storage,
      cacheFolder: join(t.folder, "foreign"),
    };
    await using foreign = await openLake({
      ...s3LakeConfig(t.folder, t.server),
      storage: { ...storage, s3: { ...storage.s3, credentials } },
    });
    const refused = foreign.registerFiles("a.b", { run: db.run, files: [`s3://${TEST_BUCKET}/${file}`] });
    await expect(refused).rejects.toThrow(reason);
  }
});

test("keys that are about to end, or that the store calls expired, are asked for anew at the credentials endpoint", async () => {
  await using t = await VendingLake.open();
  using db = await TestDuckDb.open();
  await using lake = await openLake(t.config);
  await lake.createTable("a.b", COUNTED);
  await append(lake, db, "a.b", 0);
  const table = await lake.table("a.b"); // Loaded once: what it reads later, it reads with newer keys.
  const before = t.vended.length;
  t.server.clockSkewMs = LIFETIME_MS + 60_000; // All keys issued so far have ended, and the client's clock says otherwise.
  const { files } = await lake.stageFiles(table, { run: db.run, relation: counted(10, 20) });
  expect(t.vended.length).toBeGreaterThan(before);
  await lake.append("a.b", { files });
  expect(await count(lake, db, "a.b")).toBe(20);
});
