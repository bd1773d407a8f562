import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Generated, Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqlite } from "./index.ts";

interface Tables {
  readonly note: { readonly id: Generated<number>; readonly text: string; readonly body: Uint8Array | null };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-sqlite-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function openNotes(path: string, busyTimeoutMs = 5_000): Promise<Kysely<Tables>> {
  const database = new Kysely<Tables>({ dialect: openSqlite(path, { busyTimeoutMs }) });
  await database.schema
    .createTable("note")
    .ifNotExists()
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("body", "blob")
    .execute();
  return database;
}

test("a committed row is there after the file is opened anew, bytes and all", async () => {
  const path = join(folder, "kept.sqlite");
  const first = await openNotes(path);
  await first
    .insertInto("note")
    .values({ text: "zürich", body: new Uint8Array([0, 255, 7]) })
    .execute();
  await first.destroy();
  const second = await openNotes(path);
  const row = await second.selectFrom("note").selectAll().executeTakeFirstOrThrow();
  await second.destroy();
  expect(row.text).toBe("zürich");
  expect(row.body).toEqual(new Uint8Array([0, 255, 7]));
});

test("an insert tells its row id, an update how many rows it changed, and RETURNING gives rows", async () => {
  const database = await openNotes(":memory:");
  const inserted = await database.insertInto("note").values({ text: "a", body: null }).executeTakeFirstOrThrow();
  const returned = await database
    .insertInto("note")
    .values({ text: "b", body: null })
    .returning("id")
    .executeTakeFirstOrThrow();
  const updated = await database.updateTable("note").set({ text: "c" }).executeTakeFirstOrThrow();
  await database.destroy();
  expect(inserted.insertId).toBe(1n);
  expect(returned.id).toBe(2);
  expect(updated.numUpdatedRows).toBe(2n);
});

test("a transaction that throws leaves nothing", async () => {
  const database = await openNotes(":memory:");
  await expect(
    database.transaction().execute(async (transaction) => {
      await transaction.insertInto("note").values({ text: "gone", body: null }).execute();
      throw new Error("changed my mind");
    }),
  ).rejects.toThrow("changed my mind");
  const rows = await database.selectFrom("note").selectAll().execute();
  await database.destroy();
  expect(rows).toEqual([]);
});

test("concurrent read-then-write transactions on one file lose no update", async () => {
  const path = join(folder, "counter.sqlite");
  const database = await openNotes(path);
  await database.insertInto("note").values({ text: "0", body: null }).execute();
  const add = (): Promise<void> =>
    database.transaction().execute(async (transaction) => {
      const { text } = await transaction.selectFrom("note").select("text").executeTakeFirstOrThrow();
      await new Promise((resolve) => setImmediate(resolve));
      await transaction
        .updateTable("note")
        .set({ text: String(Number(text) + 1) })
        .execute();
    });
  await Promise.all(Array.from({ length: 20 }, add));
  const { text } = await database.selectFrom("note").select("text").executeTakeFirstOrThrow();
  await database.destroy();
  expect(text).toBe("20");
});

test("a writer waits for another connection's transaction of the same thread, which can go on meanwhile", async () => {
  const path = join(folder, "turns.sqlite");
  const one = await openNotes(path);
  const two = await openNotes(path);
  const order: string[] = [];
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const first = one.transaction().execute(async (transaction) => {
    await transaction.insertInto("note").values({ text: "first", body: null }).execute();
    begin();
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push("first");
  });
  await begun;
  const second = two
    .insertInto("note")
    .values({ text: "second", body: null })
    .execute()
    .then(() => order.push("second"));
  await Promise.all([first, second]);
  await Promise.all([one.destroy(), two.destroy()]);
  expect(order).toEqual(["first", "second"]);
});

test("a transaction takes the write lock as it begins, so a second writer waits and then fails whole", async () => {
  const path = join(folder, "locked.sqlite");
  const one = await openNotes(path, 10);
  const two = await openNotes(path, 10);
  await one.transaction().execute(async (transaction) => {
    await sql`select 1`.execute(transaction); // Reads only: a deferred transaction would hold no lock yet.
    await expect(two.insertInto("note").values({ text: "second", body: null }).execute()).rejects.toThrow(/locked/);
  });
  await two.insertInto("note").values({ text: "second", body: null }).execute();
  const rows = await one.selectFrom("note").select("text").execute();
  await Promise.all([one.destroy(), two.destroy()]);
  expect(rows).toEqual([{ text: "second" }]);
});

test("commits are durable and logged ahead: WAL, synchronous FULL, foreign keys on", async () => {
  const database = await openNotes(join(folder, "pragmas.sqlite"));
  const journal = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database);
  const synchronous = await sql<{ synchronous: number }>`pragma synchronous`.execute(database);
  const keys = await sql<{ foreign_keys: number }>`pragma foreign_keys`.execute(database);
  await database.destroy();
  expect(journal.rows[0]?.journal_mode).toBe("wal");
  expect(synchronous.rows[0]?.synchronous).toBe(2);
  expect(keys.rows[0]?.foreign_keys).toBe(1);
});
