import type { FastifyRequest } from "fastify";
import type { Clock, Logger, Random } from "../../base/index.ts";
import type { Catalog, LoadedTable } from "../catalog/catalog.ts";
import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import type { Receipts } from "../catalog/receipts.ts";
import { TableLocks } from "../commit/table-locks.ts";
import { LakeNotFoundError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import { BearerTokens } from "./bearer-tokens.ts";
import { Idempotency } from "./idempotency.ts";
import { AllowedLocations, defaultLocation } from "./locations.ts";
import { UNIT_SEPARATOR } from "./path-names.ts";
import { RequestError } from "./rest-errors.ts";
import type { CredentialsProvider } from "./storage-credentials.ts";

export interface RestCatalogOptions {
  readonly catalog: Catalog;
  /** Where the answers to idempotency keys are kept; without it keys have no effect and are not advertised. */
  readonly receipts?: Receipts | undefined;
  /** What clients may call the catalog: their `warehouse`, and the `prefix` of their paths. */
  readonly name: string;
  /** Location under which tables are put, such as `file:///data/lake`. */
  readonly warehouse: string;
  /** Further locations that clients may name for their tables. */
  readonly locations?: readonly string[] | undefined;
  /** Bearer tokens of which each request must show one; without any, nobody is asked for one. */
  readonly tokens?: readonly string[] | undefined;
  /** Asked before each change of a table, view or namespace. @returns why it is refused; undefined where it may be made */
  readonly refuses?: ((change: RequestedChange) => string | undefined) | undefined;
  /** Where metadata files are: a table whose metadata is gone is not served from memory. Default: not looked after. */
  readonly io?: Pick<FileIo, "readTail"> | undefined;
  /** Removes a dropped table's files; without it a client's wish to purge is refused. */
  readonly purge?: ((table: LoadedTable) => Promise<void>) | undefined;
  /** Told where a client will write a new table's files. DuckDB makes no folders: on a local disk they are made here. */
  readonly prepare?: ((location: string) => Promise<void>) | undefined;
  /** Keys to tables' files, where they are in an object store. */
  readonly credentials?: CredentialsProvider | undefined;
  /** Settings that clients are given at start, such as their file system's. */
  readonly clientDefaults?: Readonly<Record<string, string>> | undefined;
  /** Between the levels of a namespace in paths, besides U+001F, for proxies that refuse that. Then no level may hold it. */
  readonly namespaceSeparator?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: LakeIds;
  readonly logger: Logger;
}

/** A change that a client wants to make. */
export interface RequestedChange {
  readonly namespace: Namespace;
  /** Of the table or view; undefined for a change of the namespace. */
  readonly name: string | undefined;
  /** `remove` is a drop or a rename, `replace` points a table that may be there at other metadata. */
  readonly action: "create" | "commit" | "remove" | "replace";
  /** Whether the request proved a token. */
  readonly isAuthenticated: boolean;
}

/** What all routes share. */
export class RestContext {
  readonly options: RestCatalogOptions;
  readonly catalog: Catalog;
  readonly idempotency: Idempotency;
  readonly tokens: BearerTokens;
  readonly locations: AllowedLocations;
  readonly separator: string;
  /** Commits of this process to one table take turns; those of others are met by compare and swap. */
  readonly locks: TableLocks = new TableLocks();
  readonly #authenticated = new WeakSet<FastifyRequest>();

  constructor(options: RestCatalogOptions) {
    this.options = options;
    this.catalog = options.catalog;
    this.idempotency = new Idempotency(options.receipts, options);
    this.tokens = new BearerTokens(options.tokens ?? []);
    this.locations = new AllowedLocations([options.warehouse, ...(options.locations ?? [])]);
    this.separator = options.namespaceSeparator ?? UNIT_SEPARATOR;
  }

  get nowMs(): number {
    return Number(this.options.clock.nowNs() / 1_000_000n);
  }

  /** @throws {RequestError} 401 */
  authenticate(request: FastifyRequest): void {
    if (this.tokens.check(request.headers.authorization)) this.#authenticated.add(request);
  }

  /** @throws {RequestError} 403 */
  permit(request: FastifyRequest, action: RequestedChange["action"], namespace: Namespace, name?: string): void {
    const isAuthenticated = this.#authenticated.has(request);
    const reason = this.options.refuses?.({ action, namespace, name, isAuthenticated });
    if (reason !== undefined) throw new RequestError(403, "ForbiddenException", `${reason}. Nothing was changed`);
  }

  /** Where a new table or view goes: as its namespace's property `location` says, or under the warehouse. */
  async locationFor(identifier: TableIdentifier): Promise<string> {
    const properties = await this.catalog.loadNamespace(identifier.namespace);
    const { location } = { location: properties?.["location"] };
    return location === undefined
      ? defaultLocation(this.options.warehouse, identifier, this.options.ids.uuid())
      : defaultLocation(location, [identifier.name], this.options.ids.uuid());
  }

  /** @throws {RequestError} 404 where the file is gone, which other readers of the catalog will open themselves */
  async checkFile(location: string): Promise<void> {
    try {
      await this.options.io?.readTail(location, 1);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new RequestError(404, "NotFoundException", `Failed to open input stream for file: ${location}`);
    }
  }

  /** @throws {RequestError} 403 where a table or view is to write outside of what is allowed, and did not before */
  checkLocations(next: Placed, base?: Placed): void {
    if (next.location !== base?.location) this.locations.check(next.location);
    for (const name of LOCATION_PROPERTIES) {
      const location = next.properties[name];
      if (location !== undefined && location !== base?.properties[name]) this.locations.check(location);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof LakeNotFoundError || (error instanceof Error && "code" in error && error.code === "ENOENT");
}

interface Placed {
  readonly location: string;
  readonly properties: Readonly<Record<string, string>>;
}

const LOCATION_PROPERTIES = [
  "write.metadata.path",
  "write.data.path",
  "write.object-storage.path",
  "write.folder-storage.path",
];
