import type { Kysely } from "kysely";
import type { SqlFlavour } from "./sql-flavour.ts";

/**
 * The layout of Java's JDBC catalog, version V1, which Trino and PyIceberg read too; and K2's own tables beside it,
 * which they do not mind.
 *
 * @see https://github.com/apache/iceberg/blob/main/core/src/main/java/org/apache/iceberg/jdbc/JdbcUtil.java
 */
export interface CatalogTables {
  readonly iceberg_tables: {
    readonly catalog_name: string;
    readonly table_namespace: string;
    readonly table_name: string;
    readonly metadata_location: string | null;
    readonly previous_metadata_location: string | null;
    /** "TABLE" or "VIEW"; null, as layout V0 leaves it, is a table. */
    readonly iceberg_type: string | null;
  };
  readonly iceberg_namespace_properties: {
    readonly catalog_name: string;
    readonly namespace: string;
    readonly property_key: string;
    readonly property_value: string | null;
  };
  readonly k2_leases: {
    readonly catalog_name: string;
    readonly lease_name: string;
    readonly holder: string;
    /** A number from SQLite, a string from PostgreSQL, as are all of type bigint. */
    readonly epoch: number | string;
    readonly until_ms: number | string;
  };
  readonly k2_idempotency: {
    readonly catalog_name: string;
    readonly idempotency_key: string;
    readonly request: string;
    readonly answer: string;
    readonly expires_ms: number | string;
  };
}

export async function isLaidOut(database: Kysely<CatalogTables>): Promise<boolean> {
  try {
    await database.selectFrom("iceberg_tables").select("iceberg_type").limit(0).execute();
    await database.selectFrom("iceberg_namespace_properties").select("namespace").limit(0).execute();
    await database.selectFrom("k2_leases").select("epoch").limit(0).execute();
    await database.selectFrom("k2_idempotency").select("answer").limit(0).execute();
    return true;
  } catch {
    return false; // What is wrong will be said by making them.
  }
}

/** Makes what is not there, and brings layout V0 to V1. Safe to run by several processes, one after the other. */
export async function ensureLayout(database: Kysely<CatalogTables>, flavour: SqlFlavour): Promise<void> {
  await createIcebergTables(database);
  await addTypeColumn(database, flavour);
  await createOwnTables(database);
}

async function createIcebergTables(database: Kysely<CatalogTables>): Promise<void> {
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

/** Layout V0, of Java before 1.5 and of PyIceberg, has no types. */
async function addTypeColumn(database: Kysely<CatalogTables>, flavour: SqlFlavour): Promise<void> {
  const alter = database.schema.alterTable("iceberg_tables");
  if (flavour.name === "postgres") {
    await alter.addColumn("iceberg_type", "varchar(5)", (column) => column.ifNotExists()).execute();
    return;
  }
  const tables = await database.introspection.getTables();
  const columns = tables.find(({ name }) => name === "iceberg_tables")?.columns ?? [];
  if (columns.some(({ name }) => name === "iceberg_type")) return;
  await alter.addColumn("iceberg_type", "varchar(5)").execute();
}

async function createOwnTables(database: Kysely<CatalogTables>): Promise<void> {
  await database.schema
    .createTable("k2_leases")
    .ifNotExists()
    .addColumn("catalog_name", "varchar(255)", (column) => column.notNull())
    .addColumn("lease_name", "varchar(255)", (column) => column.notNull())
    .addColumn("holder", "varchar(255)", (column) => column.notNull())
    .addColumn("epoch", "bigint", (column) => column.notNull())
    .addColumn("until_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("k2_leases_pk", ["catalog_name", "lease_name"])
    .execute();
  await database.schema
    .createTable("k2_idempotency")
    .ifNotExists()
    .addColumn("catalog_name", "varchar(255)", (column) => column.notNull())
    .addColumn("idempotency_key", "varchar(255)", (column) => column.notNull())
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("k2_idempotency_pk", ["catalog_name", "idempotency_key"])
    .execute();
}
