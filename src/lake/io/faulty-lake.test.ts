import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { K2Error, openSqlite, seededRandom, silentLogger, systemFiles } from "../../base/index.ts";
import { openSqlCatalog } from "../catalog/sql-catalog.ts";
import { Lake } from "../lake.ts";
import { ManifestStore } from "../manifest/manifest-store.ts";
import { MetadataStore } from "../metadata/metadata-store.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";
import { describeFileIo } from "./file-io.contract.ts";
import type { ListedFile } from "./file-io.ts";
import { systemIds } from "./ids.ts";
import { LocalFileIo } from "./local-file-io.ts";
import { TestS3Storage } from "./s3/test-s3-storage.ts";
import { FaultyFileIo } from "./test-faulty-file-io.ts";

describeFileIo("FaultyFileIo that is only slow", async () => {
  const s3 = await TestS3Storage.open();
  const io = new FaultyFileIo(s3.io, { random: seededRandom(1), rate: 0.5, faults: ["slow"] });
  return { io, root: s3.root, [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
});

/** A lake of its own over the same catalog and files, whose calls on files fail. */
async function openFaulty(
  folder: string,
  seed: number,
  rate: number,
): Promise<{ readonly lake: Lake; readonly io: FaultyFileIo }> {
  const config = lakeConfig(folder);
  const io = new FaultyFileIo(new LocalFileIo(systemFiles), { random: seededRandom(seed), rate });
  const metadata = new MetadataStore(io, systemIds, 1 << 24);
  const dialect = openSqlite(join(folder, "catalog.sqlite"));
  const catalog = await openSqlCatalog({ dialect, name: config.name, metadata, logger: silentLogger });
  return { lake: new Lake(config, catalog, { io, ids: systemIds, manifests: new ManifestStore(io, 1 << 24) }), io };
}

const TRIES_MAX = 2_000;

/** Tries until it succeeds: what fails here fails at random. */
async function persist<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof K2Error) || tries >= TRIES_MAX) throw error;
    }
  }
}

test("with 30 % of file calls failing before or after they took effect, every row lands once and no orphan outlives clean-up", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
  let faults = 0;
  const write = async (seed: number): Promise<void> => {
    const { lake, io } = await openFaulty(t.folder, seed, 0.3);
    await using _lake = lake;
    const [from, to, writer] = [seed * 1_000, seed * 1_000 + 40, `w${seed}`];
    const { epoch } = await persist(() => lake.claimWriter("a.b", writer, String(from)));
    for (let at = from; at < to; ) {
      await persist(async () => {
        // Whatever became of the last try, the table says how far the writer is.
        at = Number((await lake.table("a.b")).progress(writer)?.positions);
        if (at >= to) return;
        const { files } = await lake.stageFiles(await lake.table("a.b"), {
          run: t.db.run,
          relation: counted(at, at + 10),
        });
        const progress = { writer, epoch, continuesFrom: String(at), positions: String(at + 10) };
        await lake.append("a.b", { files, progress });
      });
    }
    faults += io.faultsMade;
  };
  await Promise.all([1, 2].map(write));
  expect(faults).toBeGreaterThan(20);
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[80, 80]]);
  await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true, isRemoving: true });
  const left = await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true });
  expect(left.orphans).toEqual([]);
  const files: ListedFile[] = [];
  for await (const file of new LocalFileIo(systemFiles).list(
    dirname(dirname((await t.lake.table("a.b")).metadataLocation)),
  ))
    files.push(file);
  expect(files.length).toBe(left.filesReachable);
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[80]]);
}, 120_000);

test("a torn read is noticed: a manifest, a list or a metadata file cut short is never taken for a whole one", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  for (let n = 0; n < 40; n += 10) await t.append("a.b", counted(n, n + 10));
  let torn = 0;
  for (let seed = 0; seed < 12; seed += 1) {
    const { lake, io } = await openFaulty(t.folder, seed, 0);
    await lake[Symbol.asyncDispose]();
    const config = lakeConfig(t.folder);
    const tearing = new FaultyFileIo(io, { random: seededRandom(seed), rate: 0.3, faults: ["torn"] });
    const metadata = new MetadataStore(tearing, systemIds, 1 << 24);
    const dialect = openSqlite(join(t.folder, "catalog.sqlite"));
    const catalog = await openSqlCatalog({ dialect, name: config.name, metadata, logger: silentLogger });
    await using anew = new Lake(config, catalog, {
      io: tearing,
      ids: systemIds,
      manifests: new ManifestStore(tearing, 1 << 24),
    });
    try {
      using scan = (await anew.table("a.b")).scan();
      expect(await t.db.rows(`SELECT count(*)::INT FROM ${await scan.sql()}`)).toEqual([[40]]);
    } catch (error) {
      torn += 1;
      expect(error).toMatchObject({ code: "K2_LAKE_CORRUPT" });
    }
  }
  expect(torn).toBeGreaterThan(2);
});
