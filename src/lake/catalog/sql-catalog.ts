import { type Dialect, Kysely } from "kysely";
import { type Clock, describeError, type Logger, systemClock } from "../../base/index.ts";
import { CommitUnknownError } from "../errors.ts";
import { type MetadataStore, withMetadataLog } from "../metadata/metadata-store.ts";
import { checkRequirements } from "../metadata/requirement.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ViewMetadata } from "../metadata/view-metadata.ts";
import type {
  Catalog,
  LoadedTable,
  PropertiesChange,
  PropertiesChanged,
  RegisterOptions,
  TableCommit,
} from "./catalog.ts";
import type { ChangeOptions } from "./change-options.ts";
import { identifierText, type Namespace, type TableIdentifier } from "./identifier.ts";
import type { Leases } from "./leases.ts";
import type { Receipts } from "./receipts.ts";
import { SqlDatabase, type Writer } from "./sql-database.ts";
import { SqlEntries } from "./sql-entries.ts";
import { type SqlFlavour, sqliteFlavour } from "./sql-flavour.ts";
import type { CatalogTables } from "./sql-layout.ts";
import { SqlLeases } from "./sql-leases.ts";
import { SqlNamespaces } from "./sql-namespaces.ts";
import { SqlReceipts } from "./sql-receipts.ts";
import { SqlViews } from "./sql-views.ts";
import type { LoadedView, ViewCommit } from "./view-catalog.ts";

export interface SqlCatalogOptions {
  readonly dialect: Dialect;
  /** What the dialect's database does unlike others; default SQLite. */
  readonly flavour?: SqlFlavour | undefined;
  /** Rows of several catalogs may share one database. */
  readonly name: string;
  readonly metadata: MetadataStore;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
}

/**
 * A catalog in a SQL database, in the layout of Java's JDBC catalog (V1).
 *
 * @throws {CatalogUnavailableError} when the database cannot be reached
 */
export async function openSqlCatalog(options: SqlCatalogOptions): Promise<SqlCatalog> {
  const { dialect, name, flavour = sqliteFlavour, clock = systemClock } = options;
  const database = new SqlDatabase(new Kysely<CatalogTables>({ dialect }), { catalog: name, flavour, clock });
  try {
    await database.prepare();
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return new SqlCatalog(database, options);
}

/** See {@link openSqlCatalog}. */
export class SqlCatalog implements Catalog {
  /** Who may do what alone. */
  readonly leases: Leases;
  /** Answers given, by idempotency key. */
  readonly receipts: Receipts;
  readonly #database: SqlDatabase;
  readonly #namespaces: SqlNamespaces;
  readonly #tables: SqlEntries;
  readonly #views: SqlViews;
  readonly #metadata: MetadataStore;
  readonly #logger: Logger;

  constructor(database: SqlDatabase, { metadata, logger }: SqlCatalogOptions) {
    this.#database = database;
    this.#namespaces = new SqlNamespaces(database);
    this.#tables = new SqlEntries(database, this.#namespaces, "TABLE");
    this.#views = new SqlViews(database, new SqlEntries(database, this.#namespaces, "VIEW"), metadata.views);
    this.#metadata = metadata;
    this.#logger = logger;
    this.leases = new SqlLeases(database);
    this.receipts = new SqlReceipts(database);
  }

  listNamespaces(parent?: Namespace): Promise<readonly Namespace[]> {
    return this.#namespaces.list(parent);
  }

  loadNamespace(namespace: Namespace): Promise<Readonly<Record<string, string>> | undefined> {
    return this.#namespaces.load(namespace);
  }

  createNamespace(
    namespace: Namespace,
    properties: Readonly<Record<string, string>> = {},
    options: ChangeOptions<void> = {},
  ): Promise<void> {
    return this.#namespaces.create(namespace, properties, options);
  }

  ensureNamespace(namespace: Namespace): Promise<void> {
    return this.#namespaces.ensure(namespace);
  }

  updateNamespace(
    namespace: Namespace,
    change: PropertiesChange,
    options: ChangeOptions<PropertiesChanged> = {},
  ): Promise<PropertiesChanged> {
    return this.#namespaces.update(namespace, change, options);
  }

  dropNamespace(namespace: Namespace, options: ChangeOptions<boolean> = {}): Promise<boolean> {
    return this.#namespaces.drop(namespace, options);
  }

  listTables(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return this.#tables.list(namespace);
  }

  async load(identifier: TableIdentifier): Promise<LoadedTable | undefined> {
    const metadataLocation = await this.#database.read(`load ${identifierText(identifier)}`, (reader) =>
      this.#tables.pointer(reader, identifier),
    );
    if (metadataLocation === undefined) return undefined;
    return { identifier, metadataLocation, metadata: await this.#metadata.read(metadataLocation) };
  }

  async create(
    identifier: TableIdentifier,
    metadata: TableMetadata,
    options: ChangeOptions<LoadedTable> = {},
  ): Promise<LoadedTable> {
    const metadataLocation = await this.#metadata.write(metadata, undefined);
    const made = { identifier, metadataLocation, metadata };
    const insert = async (writer: Writer): Promise<LoadedTable> => {
      await this.#tables.insert(writer, identifier, metadataLocation);
      return made;
    };
    return this.#changeOrTidy(`create ${identifierText(identifier)}`, insert, options, [metadataLocation]);
  }

  async register(
    identifier: TableIdentifier,
    metadataLocation: string,
    { receipt, isOverwriting = false }: RegisterOptions = {},
  ): Promise<LoadedTable> {
    const loaded = { identifier, metadataLocation, metadata: await this.#metadata.read(metadataLocation) };
    const point = async (writer: Writer): Promise<LoadedTable> => {
      if (isOverwriting) await this.#tables.upsert(writer, identifier, metadataLocation);
      else await this.#tables.insert(writer, identifier, metadataLocation);
      return loaded;
    };
    return this.#database.change(`register ${identifierText(identifier)}`, point, receipt);
  }

  async commit(
    commits: readonly TableCommit[],
    options: ChangeOptions<readonly LoadedTable[]> = {},
  ): Promise<readonly LoadedTable[]> {
    for (const { base, requirements } of commits) checkRequirements(base?.metadata, requirements);
    const written: LoadedTable[] = [];
    const dropped: string[] = [];
    for (const { identifier, base, next } of commits) {
      const logged = base === undefined ? { metadata: next, dropped: [] } : withMetadataLog(next, base);
      const metadataLocation = await this.#metadata.write(logged.metadata, base?.metadataLocation);
      written.push({ identifier, metadataLocation, metadata: logged.metadata });
      dropped.push(...logged.dropped);
    }
    const names = commits.map(({ identifier }) => identifierText(identifier)).join(", ");
    const locations = written.map(({ metadataLocation }) => metadataLocation);
    const swapAll = async (writer: Writer): Promise<readonly LoadedTable[]> => {
      for (const [commit, to] of inLockOrder(commits, locations)) {
        if (commit.base === undefined) await this.#tables.insert(writer, commit.identifier, to);
        else await this.#tables.swap(writer, commit.identifier, { from: commit.base.metadataLocation, to });
      }
      return written;
    };
    await this.#changeOrTidy(`commit to ${names}`, swapAll, options, locations);
    await this.#tidy(dropped);
    return written;
  }

  async rename(from: TableIdentifier, to: TableIdentifier, { receipt }: ChangeOptions<void> = {}): Promise<void> {
    const what = `rename ${identifierText(from)} to ${identifierText(to)}`;
    await this.#database.change(what, (writer) => this.#tables.rename(writer, from, to), receipt);
  }

  async drop(identifier: TableIdentifier, { receipt }: ChangeOptions<boolean> = {}): Promise<boolean> {
    const remove = (writer: Writer): Promise<boolean> => this.#tables.remove(writer, identifier);
    return this.#database.change(`drop ${identifierText(identifier)}`, remove, receipt);
  }

  listViews(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return this.#views.list(namespace);
  }

  loadView(identifier: TableIdentifier): Promise<LoadedView | undefined> {
    return this.#views.load(identifier);
  }

  createView(
    identifier: TableIdentifier,
    metadata: ViewMetadata,
    options: ChangeOptions<LoadedView> = {},
  ): Promise<LoadedView> {
    return this.#views.create(identifier, metadata, options);
  }

  registerView(
    identifier: TableIdentifier,
    metadataLocation: string,
    options: ChangeOptions<LoadedView> = {},
  ): Promise<LoadedView> {
    return this.#views.register(identifier, metadataLocation, options);
  }

  replaceView(commit: ViewCommit, options: ChangeOptions<LoadedView> = {}): Promise<LoadedView> {
    return this.#views.replace(commit, options);
  }

  renameView(from: TableIdentifier, to: TableIdentifier, options: ChangeOptions<void> = {}): Promise<void> {
    return this.#views.rename(from, to, options);
  }

  dropView(identifier: TableIdentifier, options: ChangeOptions<boolean> = {}): Promise<boolean> {
    return this.#views.drop(identifier, options);
  }

  /** Removes the metadata files written for a change that is known not to have been made. */
  async #changeOrTidy<Result>(
    what: string,
    work: (writer: Writer) => Promise<Result>,
    { receipt }: ChangeOptions<Result>,
    written: readonly string[],
  ): Promise<Result> {
    try {
      return await this.#database.change(what, work, receipt);
    } catch (error) {
      if (!(error instanceof CommitUnknownError)) await this.#tidy(written);
      throw error;
    }
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
  }
}

/** By name, so that two commits to the same tables never wait for each other. */
function inLockOrder(
  commits: readonly TableCommit[],
  locations: readonly string[],
): readonly (readonly [TableCommit, string])[] {
  const pairs = commits.map((commit, index) => [commit, locations[index] ?? ""] as const);
  return pairs.toSorted(([a], [b]) => (identifierText(a.identifier) < identifierText(b.identifier) ? -1 : 1));
}
