import { type Generated, Kysely, sql, type Transaction } from "kysely";
import { InternalError, InvalidInputError, openSqlite } from "../../base/index.ts";
import type {
  RegistryStorage,
  RegistryTables,
  StoredSchema,
  StoredSetting,
  StoredVersion,
} from "./registry-storage.ts";

interface Tables {
  readonly schema: { readonly id: Generated<number>; readonly fingerprint: string; readonly text: string };
  readonly version: {
    readonly subject: string;
    readonly version: number;
    readonly schema_id: number;
    readonly deleted: number;
  };
  readonly setting: { readonly subject: string; readonly compatibility: string | null; readonly mode: string | null };
}

/** Of the file, in SQLite's user_version; 0 is a file that has just been made. */
const FORMAT = 1;

/**
 * The registry's storage in one SQLite file.
 *
 * @param path the file, made if it is not there
 * @throws {InvalidInputError} when the file was written by a newer K2
 */
export async function openSqliteRegistryStorage(path: string): Promise<RegistryStorage> {
  const database = new Kysely<Tables>({ dialect: openSqlite(path) });
  try {
    await database.transaction().execute((transaction) => prepare(transaction, path));
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return {
    transaction: (work) => database.transaction().execute((transaction) => work(new SqliteTables(transaction))),
    [Symbol.asyncDispose]: () => database.destroy(),
  };
}

async function prepare(transaction: Transaction<Tables>, path: string): Promise<void> {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(transaction);
  const format = rows[0]?.user_version ?? 0;
  if (format > FORMAT) {
    throw new InvalidInputError(
      `The schema registry ${path} has format ${format}; this K2 reads format ${FORMAT}. Use the K2 that wrote it, or a newer one`,
    );
  }
  if (format === FORMAT) return;
  const { schema } = transaction;
  await schema
    .createTable("schema")
    // Autoincrement: an id once given is never given again, for it stands in messages.
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("fingerprint", "text", (column) => column.notNull().unique())
    .addColumn("text", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("version")
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("schema_id", "integer", (column) => column.notNull().references("schema.id"))
    .addColumn("deleted", "integer", (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint("version_key", ["subject", "version"])
    .execute();
  await schema.createIndex("version_schema").on("version").column("schema_id").execute();
  await schema
    .createTable("setting")
    .addColumn("subject", "text", (column) => column.primaryKey())
    .addColumn("compatibility", "text")
    .addColumn("mode", "text")
    .execute();
  await sql.raw(`pragma user_version = ${FORMAT}`).execute(transaction);
}

class SqliteTables implements RegistryTables {
  readonly #transaction: Transaction<Tables>;

  constructor(transaction: Transaction<Tables>) {
    this.#transaction = transaction;
  }

  schemaById(id: number): Promise<StoredSchema | undefined> {
    return this.#transaction.selectFrom("schema").select(["id", "text"]).where("id", "=", id).executeTakeFirst();
  }

  schemaByFingerprint(fingerprint: string): Promise<StoredSchema | undefined> {
    return this.#transaction
      .selectFrom("schema")
      .select(["id", "text"])
      .where("fingerprint", "=", fingerprint)
      .executeTakeFirst();
  }

  async addSchema({
    id,
    fingerprint,
    text,
  }: {
    readonly id: number | undefined;
    readonly fingerprint: string;
    readonly text: string;
  }): Promise<number> {
    const { insertId } = await this.#transaction
      .insertInto("schema")
      .values({ ...(id === undefined ? {} : { id }), fingerprint, text })
      .executeTakeFirstOrThrow();
    if (insertId === undefined) throw new InternalError("SQLite gave no id to a schema it took");
    return Number(insertId);
  }

  async versions(filter: { readonly subject?: string; readonly schemaId?: number }): Promise<readonly StoredVersion[]> {
    let query = this.#transaction
      .selectFrom("version")
      .innerJoin("schema", "schema.id", "version.schema_id")
      .select(["version.subject", "version.version", "version.schema_id", "version.deleted", "schema.text"])
      .orderBy("version.subject")
      .orderBy("version.version");
    if (filter.subject !== undefined) query = query.where("version.subject", "=", filter.subject);
    if (filter.schemaId !== undefined) query = query.where("version.schema_id", "=", filter.schemaId);
    const rows = await query.execute();
    return rows.map(({ subject, version, schema_id, deleted, text }) => ({
      subject,
      version,
      schemaId: schema_id,
      text,
      deleted: deleted !== 0,
    }));
  }

  async addVersion({
    subject,
    version,
    schemaId,
  }: {
    readonly subject: string;
    readonly version: number;
    readonly schemaId: number;
  }): Promise<void> {
    await this.#transaction
      .insertInto("version")
      .values({ subject, version, schema_id: schemaId, deleted: 0 })
      .execute();
  }

  async setDeleted(subject: string, version: number): Promise<void> {
    await this.#transaction
      .updateTable("version")
      .set({ deleted: 1 })
      .where("subject", "=", subject)
      .where("version", "=", version)
      .execute();
  }

  async removeVersion(subject: string, version: number): Promise<void> {
    await this.#transaction
      .deleteFrom("version")
      .where("subject", "=", subject)
      .where("version", "=", version)
      .execute();
  }

  async setting(subject: string): Promise<StoredSetting> {
    const row = await this.#transaction
      .selectFrom("setting")
      .select(["compatibility", "mode"])
      .where("subject", "=", subject)
      .executeTakeFirst();
    return { compatibility: row?.compatibility ?? undefined, mode: row?.mode ?? undefined };
  }

  async putSetting(subject: string, { compatibility, mode }: StoredSetting): Promise<void> {
    if (compatibility === undefined && mode === undefined) {
      await this.#transaction.deleteFrom("setting").where("subject", "=", subject).execute();
      return;
    }
    const values = { compatibility: compatibility ?? null, mode: mode ?? null };
    await this.#transaction
      .insertInto("setting")
      .values({ subject, ...values })
      .onConflict((conflict) => conflict.column("subject").doUpdateSet(values))
      .execute();
  }
}
