import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dialect } from "kysely";
import { type Clock, openSqlite, silentLogger, systemFiles } from "../../base/index.ts";
import { systemIds } from "../io/ids.ts";
import { LocalFileIo } from "../io/local-file-io.ts";
import { MetadataStore } from "../metadata/metadata-store.ts";
import { openPostgres, postgresFlavour } from "./postgres.ts";
import { openSqlCatalog, type SqlCatalog } from "./sql-catalog.ts";

export interface OpenOptions {
  readonly clock?: Clock;
  readonly name?: string;
  /** Puts something between the catalog and its database. */
  readonly wrap?: (dialect: Dialect) => Dialect;
}

/** A folder for tables, and SQL catalogs on one database that tell of them. */
export class TestCatalogs implements AsyncDisposable {
  readonly folder: string;
  /** Of the database: a file's path, or a URL. */
  readonly place: string;
  readonly #opened: SqlCatalog[] = [];
  readonly metadata: MetadataStore;

  private constructor(folder: string, url: string) {
    this.folder = folder;
    this.place = url;
    this.metadata = new MetadataStore(new LocalFileIo(systemFiles), systemIds, 1 << 24);
  }

  /** @param postgresUrl of an empty database; default a SQLite file in the folder */
  static async begin(postgresUrl?: string): Promise<TestCatalogs> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "k2-catalog-")));
    return new TestCatalogs(folder, postgresUrl ?? join(folder, "catalog.sqlite"));
  }

  /** As another process would. */
  async open({ clock, name = "test", wrap = (dialect) => dialect }: OpenOptions = {}): Promise<SqlCatalog> {
    const shared = { name, metadata: this.metadata, logger: silentLogger, clock };
    const catalog = this.place.startsWith("postgres:")
      ? await openSqlCatalog({
          ...shared,
          dialect: wrap(openPostgres({ url: this.place, logger: silentLogger, connectionsMax: 4 })),
          flavour: postgresFlavour,
        })
      : await openSqlCatalog({ ...shared, dialect: wrap(openSqlite(this.place)) });
    this.#opened.push(catalog);
    return catalog;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const catalog of this.#opened) await catalog[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
