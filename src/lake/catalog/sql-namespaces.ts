import { sql } from "kysely";
import { InvalidInputError } from "../../base/index.ts";
import { LakeExistsError, NamespaceNotEmptyError, NamespaceNotFoundError } from "../errors.ts";
import type { PropertiesChange, PropertiesChanged } from "./catalog.ts";
import type { ChangeOptions } from "./change-options.ts";
import type { Namespace } from "./identifier.ts";
import { namespaceOfText, namespaceText } from "./namespace-text.ts";
import type { Reader, SqlDatabase, Writer } from "./sql-database.ts";

/** The property that says that a namespace is there, as Java's JDBC catalog writes it; it is not shown. */
const EXISTS = "exists";

/**
 * The namespaces of a SQL catalog. One is there when it was created, or holds something: Java and PyIceberg write
 * tables into namespaces that nobody created.
 */
export class SqlNamespaces {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async list(parent: Namespace = []): Promise<readonly Namespace[]> {
    return this.#database.read("list namespaces", async (reader) => {
      if (parent.length > 0) await this.require(reader, parent);
      const names = new Map<string, Namespace>();
      for (const text of await this.#under(reader, parent)) {
        const child = namespaceOfText(text).slice(0, parent.length + 1);
        names.set(namespaceText(child), child);
      }
      return [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, namespace]) => namespace);
    });
  }

  async load(namespace: Namespace): Promise<Readonly<Record<string, string>> | undefined> {
    const text = namespaceText(namespace);
    return this.#database.read(`load namespace ${text}`, async (reader) => {
      const properties = await this.#properties(reader, text);
      return (await this.#isThere(reader, namespace)) ? properties : undefined;
    });
  }

  async create(
    namespace: Namespace,
    properties: Readonly<Record<string, string>>,
    { receipt }: ChangeOptions<void>,
  ): Promise<void> {
    const text = namespaceText(namespace);
    checkProperties(properties);
    const make = async (writer: Writer): Promise<void> => {
      const made = await this.#insert(writer, text, EXISTS, "true");
      if (!made || (await this.#holdsTables(writer, text))) {
        throw new LakeExistsError(`Namespace already exists: ${namespace.join(".")}. Nothing was changed`);
      }
      for (const [key, value] of Object.entries(properties)) await this.#put(writer, text, key, value);
    };
    await this.#database.change(`create namespace ${text}`, make, receipt);
  }

  async ensure(namespace: Namespace): Promise<void> {
    const text = namespaceText(namespace);
    await this.#database.change(`create namespace ${text}`, async (writer) => {
      await this.#insert(writer, text, EXISTS, "true");
    });
  }

  async update(
    namespace: Namespace,
    { removals, updates }: PropertiesChange,
    { receipt }: ChangeOptions<PropertiesChanged>,
  ): Promise<PropertiesChanged> {
    const text = namespaceText(namespace);
    checkProperties(updates);
    const change = async (writer: Writer): Promise<PropertiesChanged> => {
      await this.requireLocked(writer, namespace);
      const before = await this.#properties(writer, text);
      const removed = removals.filter((key) => before[key] !== undefined);
      for (const key of removed) await this.#rows(writer, text).where("property_key", "=", key).execute();
      for (const [key, value] of Object.entries(updates)) await this.#put(writer, text, key, value);
      return { removed, updated: Object.keys(updates), missing: removals.filter((key) => before[key] === undefined) };
    };
    return this.#database.change(`change namespace ${text}`, change, receipt);
  }

  async drop(namespace: Namespace, { receipt }: ChangeOptions<boolean>): Promise<boolean> {
    const text = namespaceText(namespace);
    const drop = async (writer: Writer): Promise<boolean> => {
      // First the rows, which locks them: whoever makes a table here meanwhile waits, and then finds no namespace.
      const { numDeletedRows } = await this.#rows(writer, text).executeTakeFirstOrThrow();
      const held = (await this.#under(writer, namespace))[0] ?? (await this.#firstTable(writer, text));
      if (held === undefined) return numDeletedRows > 0n;
      throw new NamespaceNotEmptyError(
        `Namespace ${namespace.join(".")} is not empty: it holds ${held}. Nothing was changed; drop what it holds first`,
      );
    };
    return this.#database.change(`drop namespace ${text}`, drop, receipt);
  }

  /** @throws {NamespaceNotFoundError} */
  async require(reader: Reader, namespace: Namespace): Promise<void> {
    if (!(await this.#isThere(reader, namespace))) throw new NamespaceNotFoundError(namespace);
  }

  /** As {@link require}, and nobody drops it until the transaction ends. */
  async requireLocked(writer: Writer, namespace: Namespace): Promise<void> {
    const created = writer
      .selectFrom("iceberg_namespace_properties")
      .select("property_key")
      .where("catalog_name", "=", this.#database.catalog)
      .where("namespace", "=", namespaceText(namespace));
    const locked = this.#database.flavour.locksRows ? created.forShare() : created;
    if ((await locked.execute()).length === 0) await this.require(writer, namespace);
  }

  async #isThere(reader: Reader, namespace: Namespace): Promise<boolean> {
    const text = namespaceText(namespace);
    const row = await reader
      .selectFrom("iceberg_namespace_properties")
      .select("property_key")
      .where("catalog_name", "=", this.#database.catalog)
      .where("namespace", "=", text)
      .limit(1)
      .executeTakeFirst();
    return (
      row !== undefined || (await this.#holdsTables(reader, text)) || (await this.#under(reader, namespace)).length > 0
    );
  }

  async #holdsTables(reader: Reader, text: string): Promise<boolean> {
    return (await this.#firstTable(reader, text)) !== undefined;
  }

  async #firstTable(reader: Reader, text: string): Promise<string | undefined> {
    const row = await reader
      .selectFrom("iceberg_tables")
      .select("table_name")
      .where("catalog_name", "=", this.#database.catalog)
      .where("table_namespace", "=", text)
      .limit(1)
      .executeTakeFirst();
    return row?.table_name;
  }

  /** Every namespace, of any depth, below `parent`, as text. */
  async #under(reader: Reader, parent: Namespace): Promise<readonly string[]> {
    const prefix = parent.length === 0 ? "" : `${namespaceText(parent)}.`;
    const length = [...prefix].length;
    const rows = await reader
      .selectFrom("iceberg_namespace_properties")
      .select("namespace")
      .where("catalog_name", "=", this.#database.catalog)
      // No LIKE: it has wildcards, and ignores case in SQLite.
      .where(sql<string>`substr(namespace, 1, ${sql.lit(length)})`, "=", prefix)
      .union(
        reader
          .selectFrom("iceberg_tables")
          .select("table_namespace as namespace")
          .where("catalog_name", "=", this.#database.catalog)
          .where(sql<string>`substr(table_namespace, 1, ${sql.lit(length)})`, "=", prefix),
      )
      .execute();
    return rows.map(({ namespace }) => namespace);
  }

  async #properties(reader: Reader, text: string): Promise<Readonly<Record<string, string>>> {
    const rows = await reader
      .selectFrom("iceberg_namespace_properties")
      .select(["property_key", "property_value"])
      .where("catalog_name", "=", this.#database.catalog)
      .where("namespace", "=", text)
      .where("property_key", "!=", EXISTS)
      .orderBy("property_key")
      .execute();
    return Object.fromEntries(rows.map((row) => [row.property_key, row.property_value ?? ""]));
  }

  #rows(writer: Writer, text: string) {
    return writer
      .deleteFrom("iceberg_namespace_properties")
      .where("catalog_name", "=", this.#database.catalog)
      .where("namespace", "=", text);
  }

  async #insert(writer: Writer, text: string, key: string, value: string): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await writer
      .insertInto("iceberg_namespace_properties")
      .values({ catalog_name: this.#database.catalog, namespace: text, property_key: key, property_value: value })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async #put(writer: Writer, text: string, key: string, value: string): Promise<void> {
    await writer
      .insertInto("iceberg_namespace_properties")
      .values({ catalog_name: this.#database.catalog, namespace: text, property_key: key, property_value: value })
      .onConflict((conflict) =>
        conflict.columns(["catalog_name", "namespace", "property_key"]).doUpdateSet({ property_value: value }),
      )
      .execute();
  }
}

const KEY_LENGTH_MAX = 255;
const VALUE_LENGTH_MAX = 1000;

function checkProperties(properties: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(properties)) {
    if (key !== "" && key !== EXISTS && [...key].length <= KEY_LENGTH_MAX && [...value].length <= VALUE_LENGTH_MAX) {
      continue;
    }
    throw new InvalidInputError(
      `Cannot keep the namespace property ${JSON.stringify(key.slice(0, 80))}: a key has 1 to ${KEY_LENGTH_MAX} characters and is not ` +
        `"${EXISTS}", a value has at most ${VALUE_LENGTH_MAX}. Nothing was changed`,
    );
  }
}
