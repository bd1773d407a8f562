import { dirname, isAbsolute } from "node:path";
import {
  type Abortable,
  type Clock,
  describeError,
  type Files,
  InvalidInputError,
  type Logger,
  type Metrics,
  openSqlite,
  type Random,
  silentLogger,
  systemClock,
  systemFiles,
  systemRandom,
} from "../base/index.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { identifierText, parseIdentifier, parseNamespace } from "./catalog/identifier.ts";
import { openSqlCatalog } from "./catalog/sql-catalog.ts";
import { AppendChange, type AppendInput } from "./commit/append.ts";
import type { ChangeTools } from "./commit/change-tools.ts";
import { ClaimChange } from "./commit/claim.ts";
import { type Committed, commitChanges, type TableChange } from "./commit/commit.ts";
import { ExpireChange, type ExpireInput, unreachableFiles } from "./commit/expire.ts";
import type { WriterProgress } from "./commit/progress.ts";
import { TableLocks } from "./commit/table-locks.ts";
import { LakeExistsError, LakeNotFoundError } from "./errors.ts";
import { type LakeIds, systemIds } from "./io/ids.ts";
import { LocalFileIo } from "./io/local-file-io.ts";
import { createLakeMetrics, type LakeMetrics } from "./lake-metrics.ts";
import { ManifestStore } from "./manifest/manifest-store.ts";
import { MetadataStore } from "./metadata/metadata-store.ts";
import { newTableMetadata, type TableInput } from "./metadata/new-table.ts";
import { Table } from "./table.ts";
import { type StagedFiles, type StageInput, stageFiles } from "./write/stage.ts";

export type CatalogConfig =
  /** A SQLite file, for processes of one machine. */
  | { readonly kind: "sqlite"; readonly path: string }
  /** A catalog of the caller's own; the lake disposes of it. */
  | { readonly kind: "custom"; readonly catalog: (metadata: MetadataStore) => Promise<Catalog> };

export interface LakeConfig {
  /** Folder of all tables, absolute. It must stay where it is: tables hold absolute locations. */
  readonly warehouse: string;
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

export interface TableAppend extends AppendInput {
  readonly table: string;
}

export interface CommitResult {
  /** The table with the commit in it. */
  readonly table: Table;
  /** Undefined where no files were committed. */
  readonly snapshotId: bigint | undefined;
  readonly attempts: number;
}

export interface ExpireResult {
  readonly snapshots: number;
  readonly filesRemoved: number;
}

const CACHE_BYTES_MAX_DEFAULT = 128 * 1024 * 1024;
const ATTEMPTS_MAX_DEFAULT = 100;

/**
 * Opens a warehouse of Iceberg tables, made where it is not there.
 *
 * @throws {InvalidInputError} when the warehouse's path is not absolute
 */
export async function openLake(config: LakeConfig): Promise<Lake> {
  if (!isAbsolute(config.warehouse)) {
    throw new InvalidInputError(
      `Cannot open the lake at ${config.warehouse}: the path must be absolute, as tables keep it`,
    );
  }
  const {
    files = systemFiles,
    ids = systemIds,
    logger = silentLogger,
    cacheBytesMax = CACHE_BYTES_MAX_DEFAULT,
  } = config;
  await files.makeFolder(config.warehouse);
  if (config.catalog.kind === "sqlite") await files.makeFolder(dirname(config.catalog.path));
  const io = new LocalFileIo(files);
  const metadata = new MetadataStore(io, ids, Math.floor(cacheBytesMax / 2));
  const catalog =
    config.catalog.kind === "custom"
      ? await config.catalog.catalog(metadata)
      : await openSqlCatalog({ dialect: openSqlite(config.catalog.path), name: config.name, metadata, logger });
  return new Lake(config, catalog, { io, ids, manifests: new ManifestStore(io, Math.floor(cacheBytesMax / 2)) });
}

/** Iceberg tables: made, written by staging files and committing them, and read by scans. */
export class Lake implements AsyncDisposable {
  readonly #config: LakeConfig;
  readonly #catalog: Catalog;
  readonly #tools: ChangeTools;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: LakeMetrics | undefined;
  readonly #locks = new TableLocks();

  /** Use {@link openLake}. */
  constructor(config: LakeConfig, catalog: Catalog, tools: ChangeTools) {
    this.#config = config;
    this.#catalog = catalog;
    this.#tools = tools;
    this.#clock = config.clock ?? systemClock;
    this.#logger = config.logger ?? silentLogger;
    this.#metrics = config.metrics && createLakeMetrics(config.metrics);
  }

  /** @throws {LakeExistsError} when the name is taken */
  async createTable(name: string, input: TableInput): Promise<Table> {
    const identifier = parseIdentifier(name);
    const { warehouse } = this.#config;
    const location = `file://${[warehouse.replace(/\/+$/, ""), ...identifier.namespace, identifier.name].join("/")}`;
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
    return (await this.#catalog.listNamespaces()).map((namespace) => namespace.join("."));
  }

  /** Names of a namespace's tables, or of all. */
  async listTables(namespace?: string): Promise<readonly string[]> {
    const namespaces = namespace === undefined ? await this.#catalog.listNamespaces() : [parseNamespace(namespace)];
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

  /** Writes rows as Parquet files of `table`; nothing is in the table until they are committed. See {@link stageFiles}. */
  async stageFiles(table: Table, input: StageInput, options: Abortable = {}): Promise<StagedFiles> {
    const staged = await stageFiles({ metadata: table.metadata, ...this.#tools }, input, options);
    this.#metrics?.stagedRows.add({ table: table.name }, staged.rows);
    this.#metrics?.stagedBytes.add({ table: table.name }, staged.bytes);
    return staged;
  }

  /** Removes staged files that will not be committed after all. */
  async abandon(staged: StagedFiles): Promise<void> {
    for (const { location } of staged.files) await this.#tools.io.remove(location);
  }

  /**
   * Commits staged files, the writer's progress and properties together, exactly once.
   *
   * @throws {WriterFencedError} a newer epoch of the writer has committed
   * @throws {ProgressMismatchError} the table is not where the writer continues from
   * @throws {FileAlreadyLiveError} a file is in the table already
   * @throws {CommitConflictError} others were first too many times; nothing is committed
   * @throws {CommitUnknownError} the catalog failed and stays unreachable
   */
  async append(table: string, input: AppendInput, options: Abortable = {}): Promise<CommitResult> {
    const [result] = await this.commitAll([{ table, ...input }], options);
    if (result === undefined) throw new RangeError("a commit without a result");
    return result;
  }

  /** Commits to several tables, all or none, in one transaction of the catalog. Throws as {@link append} does. */
  async commitAll(appends: readonly TableAppend[], options: Abortable = {}): Promise<readonly CommitResult[]> {
    const names = new Set(appends.map(({ table }) => table));
    if (names.size !== appends.length || appends.length === 0) {
      throw new InvalidInputError("Cannot commit: name one table or more, each once");
    }
    const changes = appends.map(({ table, ...input }) => new AppendChange(parseIdentifier(table), input, this.#tools));
    const { tables, attempts } = await this.#commit(changes, options);
    for (const change of changes) change.remember();
    return tables.map((loaded, index) => ({
      table: new Table(loaded, this.#tools),
      snapshotId: (appends[index]?.files.length ?? 0) > 0 ? changes[index]?.snapshotId : undefined,
      attempts,
    }));
  }

  /**
   * Takes `writer` over from whichever process wrote as it before: its epoch rises, and the older epochs' commits are
   * refused from now on. Call once at start, before reading on from the positions.
   *
   * @param initialPositions the writer's positions where it has never committed
   */
  async claimWriter(
    table: string,
    writer: string,
    initialPositions: string,
    options: Abortable = {},
  ): Promise<WriterProgress> {
    const change = new ClaimChange(parseIdentifier(table), writer, initialPositions, this.#tools.ids.uuid());
    await this.#commit([change], options);
    if (change.claimed === undefined) throw new RangeError("a claim without a result");
    return change.claimed;
  }

  /**
   * Forgets old snapshots, then removes the files that only they refer to. Time travel to before them ends;
   * readers that planned on them may find files gone.
   */
  async expireSnapshots(table: string, input: ExpireInput, options: Abortable = {}): Promise<ExpireResult> {
    const before = await this.table(table);
    const change = new ExpireChange(parseIdentifier(table), input);
    const { tables } = await this.#commit([change], options);
    const { expired } = change;
    const after = tables[0]?.metadata ?? before.metadata;
    const all = { ...after, snapshots: [...after.snapshots, ...expired] };
    const { manifestLists, manifests, dataFiles } = await unreachableFiles(all, expired, this.#tools.manifests);
    const unreachable = [...dataFiles, ...manifests, ...manifestLists];
    for (const location of unreachable) {
      try {
        await this.#tools.io.remove(location);
      } catch (error) {
        this.#logger.warn(
          { location, error: describeError(error) },
          "A file of an expired snapshot could not be removed",
        );
      }
    }
    return { snapshots: expired.length, filesRemoved: unreachable.length };
  }

  async #commit(changes: readonly TableChange[], options: Abortable): Promise<Committed> {
    const names = changes.map(({ identifier }) => identifierText(identifier));
    const startMs = this.#clock.monotonicMs();
    try {
      const committed = await this.#locks.run(names, () =>
        commitChanges(
          changes,
          {
            catalog: this.#catalog,
            clock: this.#clock,
            random: this.#config.random ?? systemRandom,
            attemptsMax: this.#config.commitAttemptsMax ?? ATTEMPTS_MAX_DEFAULT,
          },
          options,
        ),
      );
      this.#record(names, "committed", committed.attempts, startMs);
      return committed;
    } catch (error) {
      this.#record(names, "refused", 1, startMs);
      throw error;
    }
  }

  #record(names: readonly string[], outcome: "committed" | "refused", attempts: number, startMs: number): void {
    for (const table of names) {
      this.#metrics?.commits.add({ table, outcome });
      if (attempts > 1) this.#metrics?.retries.add({ table }, attempts - 1);
      this.#metrics?.commitSeconds.observe({ table }, (this.#clock.monotonicMs() - startMs) / 1000);
    }
  }

  #nowMs(): number {
    return Number(this.#clock.nowNs() / 1_000_000n);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#locks.idle();
    await this.#catalog[Symbol.asyncDispose]();
  }
}
