import { InvalidInputError } from "../../base/index.ts";
import { CommitConflictError, LakeExistsError, TableNotFoundError, ViewNotFoundError } from "../errors.ts";
import { identifierText, type TableIdentifier } from "./identifier.ts";
import { LENGTH_MAX, namespaceText } from "./namespace-text.ts";
import type { Reader, SqlDatabase, Writer } from "./sql-database.ts";
import type { SqlNamespaces } from "./sql-namespaces.ts";

type EntryType = "TABLE" | "VIEW";

/** Metadata locations. */
interface Swap {
  readonly from: string;
  readonly to: string;
}

/** The pointers of a SQL catalog: one row a table or view, of one of the two types. */
export class SqlEntries {
  readonly #database: SqlDatabase;
  readonly #namespaces: SqlNamespaces;
  readonly #type: EntryType;

  constructor(database: SqlDatabase, namespaces: SqlNamespaces, type: EntryType) {
    this.#database = database;
    this.#namespaces = namespaces;
    this.#type = type;
  }

  /** Where the metadata of the table or view is. */
  async pointer(reader: Reader, { namespace, name }: TableIdentifier): Promise<string | undefined> {
    const row = await this.#select(reader, namespaceText(namespace)).where("table_name", "=", name).executeTakeFirst();
    return row?.metadata_location ?? undefined;
  }

  async list(namespace: readonly string[]): Promise<readonly TableIdentifier[]> {
    return this.#database.read(`list ${namespace.join(".")}`, async (reader) => {
      await this.#namespaces.require(reader, namespace);
      const rows = await this.#select(reader, namespaceText(namespace)).execute();
      const names = rows.map((row) => row.table_name).sort(); // By code unit, whatever the database's collation.
      return names.map((name) => ({ namespace, name }));
    });
  }

  /**
   * @throws {LakeExistsError} when the name is taken
   * @throws {NamespaceNotFoundError}
   */
  async insert(writer: Writer, identifier: TableIdentifier, metadataLocation: string): Promise<void> {
    checkLengths(identifier, metadataLocation);
    await this.#namespaces.requireLocked(writer, identifier.namespace);
    const row = {
      metadata_location: metadataLocation,
      previous_metadata_location: null,
    };
    if (!(await this.#insertRow(writer, identifier, row))) throw await this.#taken(writer, identifier);
  }

  /**
   * Compare and swap.
   *
   * @throws {CommitConflictError} when it points elsewhere than `from`
   */
  async swap(writer: Writer, identifier: TableIdentifier, { from, to }: Swap): Promise<void> {
    checkLengths(identifier, to);
    const { numUpdatedRows } = await writer
      .updateTable("iceberg_tables")
      .set({ metadata_location: to, previous_metadata_location: from })
      .where("catalog_name", "=", this.#database.catalog)
      .where("table_namespace", "=", namespaceText(identifier.namespace))
      .where("table_name", "=", identifier.name)
      .where("metadata_location", "=", from)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) return;
    if ((await this.pointer(writer, identifier)) === undefined) throw this.notFound(identifier);
    throw new CommitConflictError(
      `Cannot commit to ${identifierText(identifier)}: it is no longer at ${from}, another writer was first. Nothing was changed`,
    );
  }

  /** Inserts, or points what is there already elsewhere. @throws {LakeExistsError} when the name is of the other type */
  async upsert(writer: Writer, identifier: TableIdentifier, metadataLocation: string): Promise<void> {
    const from = await this.pointer(writer, identifier);
    if (from === undefined) await this.insert(writer, identifier, metadataLocation);
    else await this.swap(writer, identifier, { from, to: metadataLocation });
  }

  async rename(writer: Writer, from: TableIdentifier, to: TableIdentifier): Promise<void> {
    checkLengths(to, "");
    const select = this.#select(writer, namespaceText(from.namespace))
      .select("previous_metadata_location")
      .where("table_name", "=", from.name);
    const row = await (this.#database.flavour.locksRows ? select.forUpdate() : select).executeTakeFirst();
    if (row === undefined) throw this.notFound(from);
    await this.#namespaces.requireLocked(writer, to.namespace);
    // A new row and the old one gone, as an update that meets a taken name would break the transaction.
    if (!(await this.#insertRow(writer, to, row))) {
      const kind = (await this.#kindOf(writer, to)) === "VIEW" ? "View" : "Table";
      throw new LakeExistsError(
        `Cannot rename ${identifierText(from)} to ${identifierText(to)}. ${kind} already exists. Nothing was changed`,
      );
    }
    await this.remove(writer, from);
  }

  async remove(writer: Writer, { namespace, name }: TableIdentifier): Promise<boolean> {
    const { numDeletedRows } = await writer
      .deleteFrom("iceberg_tables")
      .where("catalog_name", "=", this.#database.catalog)
      .where("table_namespace", "=", namespaceText(namespace))
      .where("table_name", "=", name)
      .where(({ or, eb }) => or(this.#types.map((type) => eb("iceberg_type", type === null ? "is" : "=", type))))
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  notFound(identifier: TableIdentifier): Error {
    const name = identifierText(identifier);
    return this.#type === "TABLE" ? new TableNotFoundError(name) : new ViewNotFoundError(name);
  }

  get #types(): readonly (string | null)[] {
    return this.#type === "TABLE" ? ["TABLE", null] : ["VIEW"];
  }

  #select(reader: Reader, namespace: string) {
    return reader
      .selectFrom("iceberg_tables")
      .select(["table_name", "metadata_location"])
      .where("catalog_name", "=", this.#database.catalog)
      .where("table_namespace", "=", namespace)
      .where(({ or, eb }) => or(this.#types.map((type) => eb("iceberg_type", type === null ? "is" : "=", type))));
  }

  async #insertRow(
    writer: Writer,
    identifier: TableIdentifier,
    locations: { readonly metadata_location: string | null; readonly previous_metadata_location: string | null },
  ): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await writer
      .insertInto("iceberg_tables")
      .values({
        catalog_name: this.#database.catalog,
        table_namespace: namespaceText(identifier.namespace),
        table_name: identifier.name,
        metadata_location: locations.metadata_location,
        previous_metadata_location: locations.previous_metadata_location,
        iceberg_type: this.#type,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async #taken(reader: Reader, identifier: TableIdentifier): Promise<LakeExistsError> {
    const kind = await this.#kindOf(reader, identifier);
    const word = kind === "VIEW" ? "View" : "Table";
    const said = kind === this.#type ? "already exists" : "with same name already exists";
    return new LakeExistsError(`${word} ${said}: ${identifierText(identifier)}. Nothing was changed`);
  }

  async #kindOf(reader: Reader, { namespace, name }: TableIdentifier): Promise<EntryType> {
    const row = await reader
      .selectFrom("iceberg_tables")
      .select("iceberg_type")
      .where("catalog_name", "=", this.#database.catalog)
      .where("table_namespace", "=", namespaceText(namespace))
      .where("table_name", "=", name)
      .executeTakeFirst();
    return row?.iceberg_type === "VIEW" ? "VIEW" : "TABLE";
  }
}

const LOCATION_LENGTH_MAX = 1000;

function checkLengths({ name }: TableIdentifier, metadataLocation: string): void {
  if (name !== "" && [...name].length <= LENGTH_MAX && [...metadataLocation].length <= LOCATION_LENGTH_MAX) return;
  throw new InvalidInputError(
    `Cannot keep ${JSON.stringify(name.slice(0, 80))} at ${metadataLocation.slice(0, 200)}: a name has 1 to ${LENGTH_MAX} characters, ` +
      `the location of its metadata at most ${LOCATION_LENGTH_MAX}. Nothing was changed`,
  );
}
