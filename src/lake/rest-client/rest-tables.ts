import type { Abortable } from "../../base/index.ts";
import type { LoadedTable, RegisterOptions, TableCommit } from "../catalog/catalog.ts";
import { identifierText, type Namespace, type TableIdentifier } from "../catalog/identifier.ts";
import { type JsonObject, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import {
  CommitConflictError,
  CommitUnknownError,
  LakeExistsError,
  LakeNotFoundError,
  LakeUnsupportedError,
  NamespaceNotFoundError,
  TableNotFoundError,
} from "../errors.ts";
import { LruCache } from "../io/lru-cache.ts";
import type { S3Clients } from "../io/s3/s3-clients.ts";
import { metadataFromJson, metadataJson } from "../metadata/metadata-json.ts";
import { tableRequirementJson } from "../metadata/requirement-json.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { tableUpdateJson } from "../metadata/update-json.ts";
import type { Endpoints } from "./endpoints.ts";
import { newTableUpdates } from "./new-table-updates.ts";
import { dropEntry, identifierJson, listNames, renameEntry } from "./rest-names.ts";
import { describeRefusal, type RestRefusal } from "./rest-refusal.ts";
import { type RestAnswer, type RestTransport, unknownOutcome } from "./rest-transport.ts";
import { grantAccess, storageCredentials, vendedAccess } from "./vended.ts";

export interface RestTablesOptions {
  readonly transport: RestTransport;
  readonly endpoints: Endpoints;
  /** Takes the keys that the catalog vends; undefined where none are asked for. */
  readonly s3: S3Clients | undefined;
  /** The client's properties, merged with the server's. */
  readonly properties: Readonly<Record<string, string>>;
}

interface Known {
  readonly etag: string;
  readonly table: LoadedTable;
  /** Whether the keys to its files were asked for. */
  readonly hasAccess: boolean;
}

const CACHE_BYTES_MAX = 64 * 1024 * 1024;
const TRANSACTIONS = "/transactions/commit";
const CREDENTIALS = "/namespaces/{namespace}/tables/{table}/credentials";

/** The tables of a REST catalog. The server applies updates and writes the metadata files. */
export class RestTables {
  readonly #options: RestTablesOptions;
  /** What was loaded last, by its ETag: a table that did not change is not sent again. */
  readonly #loaded = new LruCache<Known>(CACHE_BYTES_MAX);

  constructor(options: RestTablesOptions) {
    this.#options = options;
  }

  list(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return listNames(this.#options, namespace, "tables");
  }

  async load(identifier: TableIdentifier, options: Abortable = {}): Promise<LoadedTable | undefined> {
    const name = identifierText(identifier);
    const known = this.#known(identifier);
    const answer = await this.#options.transport.send(
      {
        method: "GET",
        path: this.#options.endpoints.table(identifier),
        query: { snapshots: "all" },
        headers: { ...this.#delegation(), ...(known === undefined ? {} : { "if-none-match": known.etag }) },
        what: `load ${name}`,
        answers: [304, 404],
      },
      options,
    );
    if (answer.status === 304 && known !== undefined) return known.table;
    if (answer.refusal !== undefined) return undefined;
    return this.#read(identifier, answer, { isLoad: true });
  }

  /** Only an answer to a load vends keys: until there was one, a table is asked for in full. */
  #known(identifier: TableIdentifier): Known | undefined {
    const known = this.#loaded.get(keyOf(identifier));
    return known?.hasAccess === true || this.#options.s3 === undefined ? known : undefined;
  }

  #delegation(): Readonly<Record<string, string>> {
    return this.#options.s3 === undefined ? {} : { "x-iceberg-access-delegation": "vended-credentials" };
  }

  /** A `LoadTableResult` or `CommitTableResponse`. */
  #read(identifier: TableIdentifier, { text, headers }: RestAnswer, { isLoad = false } = {}): LoadedTable {
    const reader = new JsonReader(parseJson(text), `table ${identifierText(identifier)}`);
    const metadata = metadataFromJson(reader.raw("metadata") ?? null);
    const table = { identifier, metadata, metadataLocation: reader.optionalText("metadata-location") ?? "" };
    const { etag } = headers;
    const key = keyOf(identifier);
    const hasAccess = isLoad || this.#loaded.get(key)?.hasAccess === true;
    if (etag === undefined) this.#loaded.delete(key);
    else this.#loaded.set(key, { etag, table, hasAccess }, text.length * 4);
    this.#grant(identifier, metadata.location, reader);
    return table;
  }

  #grant(identifier: TableIdentifier, location: string, reader: JsonReader): void {
    const { s3, properties } = this.#options;
    if (s3 === undefined || !(reader.has("config") || reader.has("storage-credentials"))) return;
    grantAccess(s3, location, vendedAccess(reader, properties), (prefix, options) =>
      this.#renewAccess(identifier, prefix, options),
    );
  }

  /** New keys of one prefix, from the credentials endpoint or else by loading the table again. */
  async #renewAccess(
    identifier: TableIdentifier,
    prefix: string,
    options: Abortable = {},
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const { transport, endpoints } = this.#options;
    const hasEndpoint = endpoints.has("GET", CREDENTIALS);
    const { text } = await transport.send(
      {
        method: "GET",
        path: endpoints.table(identifier, hasEndpoint ? "/credentials" : ""),
        headers: this.#delegation(),
        what: `renew credentials of ${identifierText(identifier)}`,
      },
      options,
    );
    const reader = new JsonReader(parseJson(text), "credentials");
    const given = storageCredentials(reader);
    const found = given.find((each) => each.prefix === prefix) ?? given.find((each) => prefix.startsWith(each.prefix));
    return found?.config ?? (hasEndpoint ? undefined : reader.textMap("config"));
  }

  /**
   * Staged first, so that the server says where the table goes; then committed with the very column ids that `metadata` has.
   * A server that stages nothing is asked to create it, and the ids it gave are compared.
   */
  async create(identifier: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable> {
    const staged = await this.#post(identifier, createBody(identifier, metadata, true), [400, 404, 405, 406, 409, 501]);
    refuseCreate(identifier, staged.refusal);
    if (staged.refusal !== undefined) return this.#createAtOnce(identifier, metadata);
    const given = metadataFromJson(new JsonReader(parseJson(staged.text), "staged table").raw("metadata") ?? null);
    const { location, tableUuid } = given;
    const next = { ...metadata, location, tableUuid };
    const updates = newTableUpdates(next);
    const creation: TableCommit = {
      identifier,
      base: undefined,
      requirements: [{ type: "assert-create" }],
      updates,
      next,
    };
    const [made] = await this.commit([creation]).catch((error: unknown) => this.#orMade(creation, error));
    if (made === undefined) throw new RangeError("a commit without a result");
    return made;
  }

  /** After a creation of unknown outcome, the table tells by its id whose it is. */
  async #orMade({ identifier, next }: TableCommit, error: unknown): Promise<readonly LoadedTable[]> {
    if (!(error instanceof CommitUnknownError)) throw error;
    const found = await this.load(identifier);
    if (found === undefined) throw error;
    if (found.metadata.tableUuid === next.tableUuid) return [found];
    throw new LakeExistsError(`Table already exists: ${identifierText(identifier)}. Nothing was changed`);
  }

  async #createAtOnce(identifier: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable> {
    const answer = await this.#post(identifier, createBody(identifier, metadata, false), [404, 409]);
    if (answer.refusal?.status === 409 && answer.isAmbiguous) {
      const own = await this.load(identifier);
      if (own !== undefined && hasSameColumns(own.metadata, metadata)) return own;
    }
    refuseCreate(identifier, answer.refusal);
    const table = this.#read(identifier, answer);
    if (hasSameColumns(table.metadata, metadata)) return table;
    await this.drop(identifier);
    throw new LakeUnsupportedError(
      `Cannot create ${identifierText(identifier)}: the catalog numbers columns itself and gave others than asked for. ` +
        "Nothing is left; number the columns 1, 2, … in their order",
    );
  }

  #post(identifier: TableIdentifier, body: JsonObject, answers: readonly number[]): Promise<RestAnswer> {
    const { transport, endpoints } = this.#options;
    const path = endpoints.inNamespace(identifier.namespace, "/tables");
    const what = `create ${identifierText(identifier)}`;
    return transport.send({ method: "POST", path, body, headers: this.#delegation(), what, answers });
  }

  async register(
    identifier: TableIdentifier,
    metadataLocation: string,
    { isOverwriting }: RegisterOptions,
  ): Promise<LoadedTable> {
    const { transport, endpoints } = this.#options;
    const name = identifierText(identifier);
    const answer = await transport.send({
      method: "POST",
      path: endpoints.inNamespace(identifier.namespace, "/register"),
      body: {
        name: identifier.name,
        "metadata-location": metadataLocation,
        ...(isOverwriting === true ? { overwrite: true } : {}),
      },
      headers: this.#delegation(),
      what: `register ${name}`,
      answers: [400, 404, 409],
    });
    const { refusal } = answer;
    if (refusal === undefined) return this.#read(identifier, answer);
    if (refusal.status === 409) {
      const own = answer.isAmbiguous ? await this.load(identifier) : undefined;
      if (own?.metadataLocation === metadataLocation) return own;
      throw new LakeExistsError(`Table or view already exists: ${name}. Nothing was changed`);
    }
    if (refusal.type.startsWith("NoSuchNamespace")) throw new NamespaceNotFoundError(identifier.namespace);
    throw new LakeNotFoundError(`Cannot register ${name}: ${describeRefusal(refusal)}. Nothing was changed`);
  }

  async commit(commits: readonly TableCommit[]): Promise<readonly LoadedTable[]> {
    const [only] = commits;
    if (commits.length !== 1 || only === undefined) return this.#commitTogether(commits);
    const { transport, endpoints } = this.#options;
    const { identifier } = only;
    const what = `commit to ${identifierText(identifier)}`;
    const path = endpoints.table(identifier);
    const answer = await transport.send({ method: "POST", path, body: commitJson(only), what, answers: [404, 409] });
    if (answer.refusal !== undefined) throw this.#commitError([only], answer.refusal, answer.wasLost, what);
    return [this.#read(identifier, answer)];
  }

  async #commitTogether(commits: readonly TableCommit[]): Promise<readonly LoadedTable[]> {
    const { transport, endpoints } = this.#options;
    const names = commits.map(({ identifier }) => identifierText(identifier)).join(", ");
    const what = `commit to ${names} together`;
    endpoints.need("POST", TRANSACTIONS, what);
    const { refusal, wasLost } = await transport.send({
      method: "POST",
      path: endpoints.path(TRANSACTIONS),
      body: { "table-changes": commits.map(commitJson) },
      what,
      answers: [404, 409],
    });
    if (refusal !== undefined) throw this.#commitError(commits, refusal, wasLost, what);
    // The answer is empty: the tables are asked for, and may be further on by now.
    return Promise.all(commits.map((commit) => this.#loadCommitted(commit)));
  }

  async #loadCommitted({ identifier, next }: TableCommit): Promise<LoadedTable> {
    const table = await this.load(identifier).catch(() => undefined);
    return table ?? { identifier, metadata: next, metadataLocation: "" }; // It is committed, whatever happened since.
  }

  #commitError(commits: readonly TableCommit[], refusal: RestRefusal, wasLost: boolean, what: string): Error {
    const names = commits.map(({ identifier }) => identifierText(identifier)).join(", ");
    // An earlier try may have been carried out, and be what this one met. Whoever takes that for a refusal removes files
    // that are live, so a server's promise to remember keys is not enough here.
    if (wasLost) return unknownOutcome(what, describeRefusal(refusal));
    if (refusal.status === 404) {
      return refusal.type.startsWith("NoSuchNamespace")
        ? new NamespaceNotFoundError(commits[0]?.identifier.namespace ?? [])
        : new TableNotFoundError(names);
    }
    if (commits.every(({ base }) => base === undefined) || refusal.type.startsWith("AlreadyExists"))
      return new LakeExistsError(refusal.message || `Table already exists: ${names}. Nothing was changed`);
    return new CommitConflictError(
      `Cannot commit to ${names}: ${describeRefusal(refusal)}. Nothing was changed; load the table again and decide anew`,
    );
  }

  rename(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    this.#loaded.delete(keyOf(from));
    return renameEntry(this.#options, { from, to, kind: "tables" }, (name) => new TableNotFoundError(name));
  }

  drop(identifier: TableIdentifier): Promise<boolean> {
    this.#loaded.delete(keyOf(identifier));
    const path = this.#options.endpoints.table(identifier);
    return dropEntry(this.#options, path, `drop ${identifierText(identifier)}`, { purgeRequested: "false" });
  }
}

function keyOf({ namespace, name }: TableIdentifier): string {
  return JSON.stringify([...namespace, name]);
}

function commitJson({ identifier, requirements, updates }: TableCommit): JsonObject {
  return {
    identifier: identifierJson(identifier),
    requirements: requirements.map(tableRequirementJson),
    updates: updates.map(tableUpdateJson),
  };
}

function createBody(identifier: TableIdentifier, metadata: TableMetadata, isStaged: boolean): JsonObject {
  const { schemas, "partition-specs": specs, "sort-orders": orders } = metadataJson(metadata);
  return {
    name: identifier.name,
    ...(metadata.location === "" ? {} : { location: metadata.location }),
    schema: memberById(schemas, "schema-id", metadata.currentSchemaId),
    "partition-spec": memberById(specs, "spec-id", metadata.defaultSpecId),
    "write-order": memberById(orders, "order-id", metadata.defaultSortOrderId),
    properties: { ...metadata.properties, "format-version": String(metadata.formatVersion) },
    "stage-create": isStaged,
  };
}

function memberById(all: unknown, name: string, id: number): JsonObject | undefined {
  return Array.isArray(all) ? (all as readonly JsonObject[]).find((each) => each[name] === id) : undefined;
}

function hasSameColumns(one: TableMetadata, other: TableMetadata): boolean {
  const columns = ({ schemas, currentSchemaId }: TableMetadata): string =>
    JSON.stringify(
      schemas.find(({ schemaId }) => schemaId === currentSchemaId)?.fields.map(({ id, name }) => [id, name]),
    );
  return columns(one) === columns(other);
}

function refuseCreate({ namespace, name }: TableIdentifier, refusal: RestRefusal | undefined): void {
  if (refusal?.status === 404) throw new NamespaceNotFoundError(namespace);
  if (refusal?.status === 409)
    throw new LakeExistsError(
      refusal.message || `Table already exists: ${identifierText({ namespace, name })}. Nothing was changed`,
    );
}
