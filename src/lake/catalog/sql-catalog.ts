import { type Dialect, Kysely, type Transaction } from "kysely";
import { describeError, type Logger } from "../../base/index.ts";
import { CommitConflictError, CommitUnknownError, LakeExistsError } from "../errors.ts";
import { type MetadataStore, withMetadataLog } from "../metadata/metadata-store.ts";
import { checkRequirements } from "../metadata/requirement.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { Catalog, LoadedTable, TableCommit } from "./catalog.ts";
import { identifierText, type TableIdentifier } from "./identifier.ts";

/**
 * The layout of Java's JDBC catalog, version V1, which Trino and PyIceberg read too.
 *
 * @see https://github.com/apache/iceberg/blob/main/core/src/main/java/org/apache/iceberg/jdbc/JdbcUtil.java
 */
interface CatalogTables {
  readonly iceberg_tables: {
    readonly catalog_name: string;
    readonly table_namespace: string;
    readonly table_name: string;
    readonly metadata_location: string | null;
    readonly previous_metadata_location: string | null;
    readonly iceberg_type: string | null;
  };
  readonly iceberg_namespace_properties: {
    readonly catalog_name: string;
    readonly namespace: string;
    readonly property_key: string;
    readonly property_value: string | null;
  };
}

export interface SqlCatalogOptions {
  readonly dialect: Dialect;
  /** Rows of several catalogs may share one database. */
  readonly name: string;
  readonly metadata: MetadataStore;
  readonly logger: Logger;
}

export async function openSqlCatalog(options: SqlCatalogOptions): Promise<Catalog> {
  const database = new Kysely<CatalogTables>({ dialect: options.dialect });
  try {
    await createTables(database);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return new SqlCatalog(database, options);
}

async function createTables(database: Kysely<CatalogTables>): Promise<void> {
  await database.schema
    .createTable("iceberg_tables")
    .ifNotExists()
    .addColumn("catalog_name", "varchar(255)", (column) => column.notNull())
    .addColumn("table_namespace", "varchar(255)", (column) => column.notNull())
    .addColumn("table_name", "varchar(255)", (column) => column.notNull())
    .addColumn("metadata_location", "varchar(1000)")
    .addColumn("previous_metadata_location", "varchar(1000)")
    .addColumn("iceberg_type", "varchar(5)")
    .addPrimaryKeyConstraint("iceberg_tables_pk", ["catalog_name", "table_namespace", "table_name"])
    .execute();
  await database.schema
    .createTable("iceberg_namespace_properties")
    .ifNotExists()
    .addColumn("catalog_name", "varchar(255)", (column) => column.notNull())
    .addColumn("namespace", "varchar(255)", (column) => column.notNull())
    .addColumn("property_key", "varchar(255)", (column) => column.notNull())
    .addColumn("property_value", "varchar(1000)")
    .addPrimaryKeyConstraint("iceberg_namespace_properties_pk", ["catalog_name", "namespace", "property_key"])
    .execute();
}

class SqlCatalog implements Catalog {
  readonly #database: Kysely<CatalogTables>;
  readonly #name: string;
  readonly #metadata: MetadataStore;
  readonly #logger: Logger;

  constructor(database: Kysely<CatalogTables>, { name, metadata, logger }: SqlCatalogOptions) {
    this.#database = database;
    this.#name = name;
    this.#metadata = metadata;
    this.#logger = logger;
  }

  async load(identifier: TableIdentifier): Promise<LoadedTable | undefined> {
    const metadataLocation = await this.#pointer(identifier);
    if (metadataLocation === undefined) return undefined;
    return { identifier, metadataLocation, metadata: await this.#metadata.read(metadataLocation) };
  }

  async #pointer({ namespace, name }: TableIdentifier): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("iceberg_tables")
      .select("metadata_location")
      .where("catalog_name", "=", this.#name)
      .where("table_namespace", "=", namespace.join("."))
      .where("table_name", "=", name)
      .where((where) => where.or([where("iceberg_type", "=", "TABLE"), where("iceberg_type", "is", null)]))
      .executeTakeFirst();
    return row?.metadata_location ?? undefined;
  }

  async create(identifier: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable> {
    const metadataLocation = await this.#metadata.write(metadata, undefined);
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto("iceberg_tables")
      .values({
        catalog_name: this.#name,
        table_namespace: identifier.namespace.join("."),
        table_name: identifier.name,
        metadata_location: metadataLocation,
        previous_metadata_location: null,
        iceberg_type: "TABLE",
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 1n) return { identifier, metadataLocation, metadata };
    await this.#metadata.remove(metadataLocation);
    throw new LakeExistsError(
      `Cannot create ${identifierText(identifier)}: there is a table or view of that name. Nothing was changed`,
    );
  }

  async commit(commits: readonly TableCommit[]): Promise<readonly LoadedTable[]> {
    for (const { base, requirements } of commits) checkRequirements(base.metadata, requirements);
    const written: LoadedTable[] = [];
    const dropped: string[] = [];
    for (const { base, next } of commits) {
      const logged = withMetadataLog(next, base);
      const metadataLocation = await this.#metadata.write(logged.metadata, base.metadataLocation);
      written.push({ identifier: base.identifier, metadataLocation, metadata: logged.metadata });
      dropped.push(...logged.dropped);
    }
    try {
      await this.#swapAll(commits, written);
    } catch (error) {
      if (error instanceof CommitConflictError) await this.#tidy(written.map((each) => each.metadataLocation));
      throw error;
    }
    await this.#tidy(dropped);
    return written;
  }

  async #swapAll(commits: readonly TableCommit[], written: readonly LoadedTable[]): Promise<void> {
    try {
      await this.#database.transaction().execute(async (transaction) => {
        for (const [index, { base }] of commits.entries()) {
          await this.#swap(transaction, base, written[index]?.metadataLocation ?? "");
        }
      });
    } catch (cause) {
      if (cause instanceof CommitConflictError) throw cause;
      if (isBusy(cause)) {
        throw new CommitConflictError("Cannot commit: another process holds the catalog's lock. Nothing was changed", {
          cause,
        });
      }
      throw new CommitUnknownError(
        `The catalog failed during a commit to ${commits.map(({ base }) => identifierText(base.identifier)).join(", ")}: ${describeError(cause)}. ` +
          "Whether it took effect is not known; load the table to see",
        { cause },
      );
    }
  }

  async #swap(transaction: Transaction<CatalogTables>, base: LoadedTable, next: string): Promise<void> {
    const { identifier, metadataLocation } = base;
    const { numUpdatedRows } = await transaction
      .updateTable("iceberg_tables")
      .set({ metadata_location: next, previous_metadata_location: metadataLocation })
      .where("catalog_name", "=", this.#name)
      .where("table_namespace", "=", identifier.namespace.join("."))
      .where("table_name", "=", identifier.name)
      .where("metadata_location", "=", metadataLocation)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) return;
    throw new CommitConflictError(
      `Cannot commit to ${identifierText(identifier)}: it is no longer at ${metadataLocation}, another writer was first. Nothing was changed`,
    );
  }

  /** Files nobody refers to; one that stays only takes room until orphans are removed. */
  async #tidy(locations: readonly string[]): Promise<void> {
    for (const location of locations) {
      try {
        await this.#metadata.remove(location);
      } catch (error) {
        this.#logger.warn({ location, error: describeError(error) }, "An unused metadata file could not be removed");
      }
    }
  }

  async drop({ namespace, name }: TableIdentifier): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom("iceberg_tables")
      .where("catalog_name", "=", this.#name)
      .where("table_namespace", "=", namespace.join("."))
      .where("table_name", "=", name)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async listTables(namespace: readonly string[]): Promise<readonly TableIdentifier[]> {
    const rows = await this.#database
      .selectFrom("iceberg_tables")
      .select("table_name")
      .where("catalog_name", "=", this.#name)
      .where("table_namespace", "=", namespace.join("."))
      .where((where) => where.or([where("iceberg_type", "=", "TABLE"), where("iceberg_type", "is", null)]))
      .orderBy("table_name")
      .execute();
    return rows.map((row) => ({ namespace, name: row.table_name }));
  }

  async listNamespaces(): Promise<readonly (readonly string[])[]> {
    const rows = await this.#database
      .selectFrom("iceberg_namespace_properties")
      .select("namespace")
      .where("catalog_name", "=", this.#name)
      .union(
        this.#database
          .selectFrom("iceberg_tables")
          .select("table_namespace as namespace")
          .where("catalog_name", "=", this.#name),
      )
      .orderBy("namespace")
      .execute();
    return rows.map((row) => row.namespace.split("."));
  }

  async ensureNamespace(namespace: readonly string[]): Promise<void> {
    await this.#database
      .insertInto("iceberg_namespace_properties")
      .values({
        catalog_name: this.#name,
        namespace: namespace.join("."),
        property_key: "exists",
        property_value: "true",
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async dropNamespace(namespace: readonly string[]): Promise<boolean> {
    return this.#database.transaction().execute(async (transaction) => {
      const held = await transaction
        .selectFrom("iceberg_tables")
        .select("table_name")
        .where("catalog_name", "=", this.#name)
        .where("table_namespace", "=", namespace.join("."))
        .executeTakeFirst();
      if (held !== undefined) {
        throw new LakeExistsError(
          `Cannot drop namespace ${namespace.join(".")}: it holds ${held.table_name}. Nothing was changed`,
        );
      }
      const { numDeletedRows } = await transaction
        .deleteFrom("iceberg_namespace_properties")
        .where("catalog_name", "=", this.#name)
        .where("namespace", "=", namespace.join("."))
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#database.destroy();
  }
}

/** SQLite refused the lock: the statement or the transaction had no effect. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (error.errcode === 5 || error.errcode === 6);
}
