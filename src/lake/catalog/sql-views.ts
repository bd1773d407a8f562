import { CommitUnknownError } from "../errors.ts";
import type { MetadataFiles } from "../metadata/metadata-store.ts";
import type { ViewMetadata } from "../metadata/view-metadata.ts";
import { checkViewRequirements } from "../metadata/view-update.ts";
import type { ChangeOptions } from "./change-options.ts";
import { identifierText, type Namespace, type TableIdentifier } from "./identifier.ts";
import type { SqlDatabase, Writer } from "./sql-database.ts";
import type { SqlEntries } from "./sql-entries.ts";
import type { LoadedView, ViewCommit } from "./view-catalog.ts";

/** The views of a SQL catalog. */
export class SqlViews {
  readonly #database: SqlDatabase;
  readonly #entries: SqlEntries;
  readonly #files: MetadataFiles<ViewMetadata>;

  constructor(database: SqlDatabase, entries: SqlEntries, files: MetadataFiles<ViewMetadata>) {
    this.#database = database;
    this.#entries = entries;
    this.#files = files;
  }

  list(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return this.#entries.list(namespace);
  }

  async load(identifier: TableIdentifier): Promise<LoadedView | undefined> {
    const metadataLocation = await this.#database.read(`load view ${identifierText(identifier)}`, (reader) =>
      this.#entries.pointer(reader, identifier),
    );
    if (metadataLocation === undefined) return undefined;
    return { identifier, metadataLocation, metadata: await this.#files.read(metadataLocation) };
  }

  async create(
    identifier: TableIdentifier,
    metadata: ViewMetadata,
    options: ChangeOptions<LoadedView>,
  ): Promise<LoadedView> {
    const metadataLocation = await this.#files.write(metadata, undefined);
    const made = { identifier, metadataLocation, metadata };
    const what = `create view ${identifierText(identifier)}`;
    return this.#point(what, made, options, (writer) => this.#entries.insert(writer, identifier, metadataLocation));
  }

  async register(
    identifier: TableIdentifier,
    metadataLocation: string,
    { receipt }: ChangeOptions<LoadedView>,
  ): Promise<LoadedView> {
    const loaded = { identifier, metadataLocation, metadata: await this.#files.read(metadataLocation) };
    const point = async (writer: Writer): Promise<LoadedView> => {
      await this.#entries.insert(writer, identifier, metadataLocation);
      return loaded;
    };
    return this.#database.change(`register view ${identifierText(identifier)}`, point, receipt);
  }

  async replace({ base, requirements, next }: ViewCommit, options: ChangeOptions<LoadedView>): Promise<LoadedView> {
    const { identifier } = base;
    checkViewRequirements(base.metadata, requirements);
    const metadataLocation = await this.#files.write(next, base.metadataLocation);
    const swap = { from: base.metadataLocation, to: metadataLocation };
    const what = `replace view ${identifierText(identifier)}`;
    return this.#point(what, { identifier, metadataLocation, metadata: next }, options, (writer) =>
      this.#entries.swap(writer, identifier, swap),
    );
  }

  async rename(from: TableIdentifier, to: TableIdentifier, { receipt }: ChangeOptions<void>): Promise<void> {
    const what = `rename view ${identifierText(from)} to ${identifierText(to)}`;
    await this.#database.change(what, (writer) => this.#entries.rename(writer, from, to), receipt);
  }

  async drop(identifier: TableIdentifier, { receipt }: ChangeOptions<boolean>): Promise<boolean> {
    const remove = (writer: Writer): Promise<boolean> => this.#entries.remove(writer, identifier);
    return this.#database.change(`drop view ${identifierText(identifier)}`, remove, receipt);
  }

  /** Lets the catalog point at a new file; removes the file where that is known to have failed. */
  async #point(
    what: string,
    view: LoadedView,
    { receipt }: ChangeOptions<LoadedView>,
    work: (writer: Writer) => Promise<void>,
  ): Promise<LoadedView> {
    try {
      const point = async (writer: Writer): Promise<LoadedView> => {
        await work(writer);
        return view;
      };
      return await this.#database.change(what, point, receipt);
    } catch (error) {
      if (!(error instanceof CommitUnknownError))
        await this.#files.remove(view.metadataLocation).catch(() => undefined);
      throw error;
    }
  }
}
