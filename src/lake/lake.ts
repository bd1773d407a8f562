import { dirname } from "node:path";
import {
  type Abortable,
  type Clock,
  type Files,
  type Logger,
  type Metrics,
  type Random,
  silentLogger,
  systemClock,
  systemFiles,
} from "../base/index.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { identifierText, parseIdentifier, parseNamespace } from "./catalog/identifier.ts";
import type { Leases } from "./catalog/leases.ts";
import { type CatalogConfig, openCatalog } from "./catalog/open-catalog.ts";
import { allNamespaces } from "./catalog/walk-namespaces.ts";
import type { ChangeTools } from "./commit/change-tools.ts";
import { EvolveChange } from "./commit/evolve.ts";
import { LakeExistsError, LakeNotFoundError } from "./errors.ts";
import { type LakeIds, systemIds } from "./io/ids.ts";
import { openStorage, type StorageConfig } from "./io/storage.ts";
import { parseWarehouse } from "./io/warehouse.ts";
import { LakeCommits } from "./lake-commits.ts";
import type { ExpireInput, ExpireReport } from "./maintenance/expire.ts";
import { LakeMaintenance } from "./maintenance/maintenance.ts";
import { ManifestStore } from "./manifest/manifest-store.ts";
import { evolutionUpdates, type TableEvolution } from "./metadata/evolution.ts";
import { MetadataStore } from "./metadata/metadata-store.ts";
import { newTableMetadata, type TableInput, tableDescription } from "./metadata/new-table.ts";
import { replacementUpdates } from "./metadata/replacement.ts";
import type { TableMetadata } from "./metadata/table-metadata.ts";
import type { TableUpdate } from "./metadata/update.ts";
import { type LakeRestOptions, lakeRestCatalog } from "./rest-server/lake-rest-catalog.ts";
import type { RestPlugin } from "./rest-server/rest-server.ts";
import { Table } from "./table.ts";

export type { CommitResult, TableAppend } from "./lake-commits.ts";

export interface LakeConfig {
  /**
   * Folder of all tables: an absolute path, or `s3://bucket/prefix` with `storage`. It must stay where it is: tables hold
   * absolute locations. Empty where a REST catalog chooses the places.
   */
  readonly warehouse: string;
  /** How object stores are reached; without it, only local files are. */
  readonly storage?: StorageConfig | undefined;
  readonly catalog: CatalogConfig;
  /** Name of the catalog within its database; other engines ask for it. */
  readonly name: string;
  readonly files?: Files | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly ids?: LakeIds | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  /** Of decoded metadata and manifests; default 128 MiB. */
  readonly cacheBytesMax?: number | undefined;
  /** Tries of a commit against others' before it gives up; default 100. */
  readonly commitAttemptsMax?: number | undefined;
}

const CACHE_BYTES_MAX_DEFAULT = 128 * 1024 * 1024;

/**
 * Opens a warehouse of Iceberg tables, made where it is not there.
 *
 * @throws {InvalidInputError} when the warehouse is neither an absolute path nor in an object store with `storage`
 */
export async function openLake(config: LakeConfig): Promise<Lake> {
  const { storage, catalog: catalogConfig, clock = systemClock, random } = config;
  const { folder } = parseWarehouse(config.warehouse, warehouseOptions(config));
  const {
    files = systemFiles,
    ids = systemIds,
    logger = silentLogger,
    cacheBytesMax = CACHE_BYTES_MAX_DEFAULT,
  } = config;
  if (folder !== undefined) await files.makeFolder(folder);
  if (catalogConfig.kind === "sqlite") await files.makeFolder(dirname(catalogConfig.path));
  const { io, s3 } = await openStorage(storage, { files, clock, random, logger, metrics: config.metrics });
  try {
    const metadata = new MetadataStore(io, ids, Math.floor(cacheBytesMax / 2));
    const catalog = await openCatalog(catalogConfig, { name: config.name, metadata, logger, clock, random, s3 });
    return new Lake(config, catalog, { io, ids, manifests: new ManifestStore(io, Math.floor(cacheBytesMax / 2)) });
  } catch (error) {
    await io[Symbol.asyncDispose]();
    throw error;
  }
}

function warehouseOptions({ storage, catalog }: LakeConfig): Parameters<typeof parseWarehouse>[1] {
  return { hasStorage: storage !== undefined, isChosenByCatalog: catalog.kind === "rest" };
}

/** Iceberg tables: made, written by staging files and committing them, and read by scans. */
export class Lake extends LakeCommits implements AsyncDisposable {
  /** Compaction, expiry, orphans, references, checks. */
  readonly maintenance: LakeMaintenance;
  /** Who may do what alone; undefined of a catalog that has none. */
  readonly leases: Leases | undefined;
  readonly #config: LakeConfig;
  readonly #catalog: Catalog;
  readonly #tools: ChangeTools;
  readonly #clock: Clock;

  /** Use {@link openLake}. */
  constructor(config: LakeConfig, catalog: Catalog, tools: ChangeTools) {
    super(config, catalog, tools);
    this.#config = config;
    this.#catalog = catalog;
    this.#tools = tools;
    this.#clock = config.clock ?? systemClock;
    this.leases = (catalog as Partial<{ readonly leases: Leases }>).leases;
    this.maintenance = new LakeMaintenance({
      tools,
      clock: this.#clock,
      logger: config.logger ?? silentLogger,
      table: (name) => this.table(name),
      listTables: () => this.listTables(),
      commit: (changes, options) => this.commitTableChanges(changes, options),
      rewriteFiles: (table, input, options) => this.rewriteFiles(table, input, options),
      rewriteManifests: (table, input, options) => this.rewriteManifests(table, input, options),
    });
  }

  /** @throws {LakeExistsError} when the name is taken */
  async createTable(name: string, input: TableInput): Promise<Table> {
    const identifier = parseIdentifier(name);
    const { location: warehouse } = parseWarehouse(this.#config.warehouse, warehouseOptions(this.#config));
    const location = warehouse && [warehouse, ...identifier.namespace, identifier.name].join("/");
    const made = { tableUuid: this.#tools.ids.uuid(), location, nowMs: this.#nowMs() };
    const metadata = newTableMetadata(input, made);
    await this.#catalog.ensureNamespace(identifier.namespace);
    return new Table(await this.#catalog.create(identifier, metadata), this.#tools);
  }

  /** The table of that name, made now if it is not there. What it is like when it is there already is not compared. */
  async ensureTable(name: string, input: TableInput): Promise<Table> {
    const existing = await this.#catalog.load(parseIdentifier(name));
    if (existing !== undefined) return new Table(existing, this.#tools);
    try {
      return await this.createTable(name, input);
    } catch (error) {
      if (error instanceof LakeExistsError) return this.table(name); // Another process was first.
      throw error;
    }
  }

  /**
   * The table as it is now: one SELECT, and a file read only where another process has committed since.
   *
   * @throws {LakeNotFoundError}
   */
  async table(name: string): Promise<Table> {
    const loaded = await this.#catalog.load(parseIdentifier(name));
    if (loaded !== undefined) return new Table(loaded, this.#tools);
    throw new LakeNotFoundError(`There is no table ${name} in catalog ${this.#config.name}`);
  }

  async hasTable(name: string): Promise<boolean> {
    return (await this.#catalog.load(parseIdentifier(name))) !== undefined;
  }

  async listNamespaces(): Promise<readonly string[]> {
    return (await allNamespaces(this.#catalog)).map((namespace) => namespace.join("."));
  }

  /** Names of a namespace's tables, or of all. */
  async listTables(namespace?: string): Promise<readonly string[]> {
    const namespaces = namespace === undefined ? await allNamespaces(this.#catalog) : [parseNamespace(namespace)];
    const names: string[] = [];
    for (const each of namespaces) names.push(...(await this.#catalog.listTables(each)).map(identifierText));
    return names;
  }

  async createNamespace(namespace: string): Promise<void> {
    await this.#catalog.ensureNamespace(parseNamespace(namespace));
  }

  /** @throws {LakeExistsError} when it still holds tables */
  async dropNamespace(namespace: string): Promise<boolean> {
    return this.#catalog.dropNamespace(parseNamespace(namespace));
  }

  /** Forgets the table. Its files stay, for whoever wants it back. @returns false when there was none */
  async dropTable(name: string): Promise<boolean> {
    return this.#catalog.drop(parseIdentifier(name));
  }

  /**
   * Changes the table's schema, partition spec, sort order, properties or format version, together. Files that there are
   * stay as they are and are read as the new schema.
   *
   * @throws {InvalidInputError} on a change that they would not survive; nothing is changed
   * @throws {CommitConflictError} others were first too many times
   */
  async evolve(table: string, evolution: TableEvolution, options: Abortable = {}): Promise<Table> {
    return this.#change(table, (base) => evolutionUpdates(base, evolution), options);
  }

  /**
   * Makes the table another one under its name: it is empty, and like `input`. Its history stays, old snapshots are still
   * read, and columns of the same name keep their ids, whatever ids `input` gives them.
   *
   * @throws {LakeNotFoundError} when there is no such table
   */
  async replaceTable(table: string, input: TableInput, options: Abortable = {}): Promise<Table> {
    const description = tableDescription(input);
    return this.#change(table, (base) => replacementUpdates(base, description), options);
  }

  async #change(
    table: string,
    decide: (base: TableMetadata) => readonly TableUpdate[],
    options: Abortable,
  ): Promise<Table> {
    const { tables } = await this.commitTableChanges([new EvolveChange(parseIdentifier(table), decide)], options);
    return tables[0] === undefined ? this.table(table) : new Table(tables[0], this.#tools);
  }

  /**
   * Forgets snapshots by age alone, whoever reads them; {@link LakeMaintenance.expire} goes by the table's own policy and
   * leaves readers their time.
   */
  async expireSnapshots(table: string, input: ExpireInput, options: Abortable = {}): Promise<ExpireReport> {
    const { olderThanMs, keepAtLeast } = input;
    const policy = { snapshotAgeMs: this.#nowMs() - olderThanMs, snapshotsMin: keepAtLeast };
    return this.maintenance.expire(table, { ...policy, readerGraceMs: Number.NEGATIVE_INFINITY }, options);
  }

  /**
   * Serves the Iceberg REST catalog protocol over this lake: a plugin of a fastify server, for
   * `server.register(lake.restCatalog(options), { prefix: "/catalog" })`.
   *
   * @throws {InvalidInputError} when the lake's catalog is a REST catalog itself
   */
  restCatalog(options: LakeRestOptions = {}): RestPlugin {
    const { location: warehouse } = parseWarehouse(this.#config.warehouse, warehouseOptions(this.#config));
    const { name, storage, files, clock, random, logger } = this.#config;
    const served = { name, warehouse, catalog: this.#catalog, tools: this.#tools, s3: storage?.s3 };
    return lakeRestCatalog({ ...served, files, clock, random, logger }, options);
  }

  #nowMs(): number {
    return Number(this.#clock.nowNs() / 1_000_000n);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.idle();
    await this.#catalog[Symbol.asyncDispose]();
    await this.#tools.io[Symbol.asyncDispose]();
  }
}
