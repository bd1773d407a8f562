import {
  type Clock,
  InvalidInputError,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import type {
  Catalog,
  LoadedTable,
  PropertiesChange,
  PropertiesChanged,
  RegisterOptions,
  TableCommit,
} from "../catalog/catalog.ts";
import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import type { LoadedView, ViewCommit } from "../catalog/view-catalog.ts";
import { parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { HttpClient } from "../io/http/http-client.ts";
import type { S3Clients } from "../io/s3/s3-clients.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ViewMetadata } from "../metadata/view-metadata.ts";
import { Endpoints } from "./endpoints.ts";
import { restAuth } from "./rest-auth.ts";
import type { RestCatalogConfig } from "./rest-config.ts";
import { RestNamespaces } from "./rest-namespaces.ts";
import { RestTables } from "./rest-tables.ts";
import { RestTransport, type RestTransportOptions } from "./rest-transport.ts";
import { RestViews } from "./rest-views.ts";

export interface RestCatalogTools {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  /** Takes the keys that the catalog vends for tables' files. */
  readonly s3?: S3Clients | undefined;
}

const ATTEMPTS_DEFAULT = 5;
const BACKOFF_FIRST_MS = 100;

/**
 * A catalog that a server of the Iceberg REST protocol keeps: Polaris, Lakekeeper, Nessie, Unity, Glue, K2's own.
 * The server is asked first what it serves and what clients should set.
 *
 * @throws {InvalidInputError} when `uri` is none
 * @throws {CatalogUnavailableError} when the server cannot be reached
 * @throws {CatalogRefusedError} when it knows neither the credentials nor the warehouse
 * @see https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export async function openRestCatalog(config: RestCatalogConfig, tools: RestCatalogTools = {}): Promise<Catalog> {
  if (!/^https?:\/\/[^/]+/.test(config.uri)) {
    throw new InvalidInputError(
      `Cannot open the catalog at ${config.uri}: write its address, such as https://polaris.example/api/catalog`,
    );
  }
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = tools;
  const http = new HttpClient({ silenceMsMax: config.silenceMsMax ?? 30_000 });
  try {
    const shared = {
      http,
      clock,
      random,
      headers: config.headers ?? {},
      attemptsMax: config.attemptsMax ?? ATTEMPTS_DEFAULT,
      backoffFirstMs: config.backoffFirstMs ?? BACKOFF_FIRST_MS,
    };
    const server = await askConfig(config, shared);
    const effective: RestCatalogConfig = {
      ...config,
      uri: server.properties["uri"] ?? config.uri,
      token: config.token ?? server.properties["token"],
      oauth2ServerUri: config.oauth2ServerUri ?? server.properties["oauth2-server-uri"],
    };
    const transport = new RestTransport({
      ...shared,
      uri: effective.uri,
      auth: restAuth(effective, shared),
      hasIdempotency: server.hasIdempotency,
      headers: { ...shared.headers, ...headerProperties(server.properties) },
    });
    const { prefix = "", "namespace-separator": separator } = server.properties;
    const endpoints = new Endpoints(server.endpoints, prefix, separator);
    logger.debug({ uri: effective.uri, endpoints: server.endpoints?.length ?? "assumed" }, "A REST catalog was opened");
    const isVending = config.vendedCredentials ?? true;
    return new RestCatalog(http, {
      transport,
      endpoints,
      s3: isVending ? tools.s3 : undefined,
      properties: server.properties,
    });
  } catch (error) {
    await http[Symbol.asyncDispose]();
    throw error;
  }
}

interface ServerConfig {
  /** The server's defaults, under the client's own, under the server's overrides. */
  readonly properties: Readonly<Record<string, string>>;
  readonly endpoints: readonly string[] | undefined;
  readonly hasIdempotency: boolean;
}

async function askConfig(
  config: RestCatalogConfig,
  shared: Omit<RestTransportOptions, "uri" | "auth" | "hasIdempotency">,
): Promise<ServerConfig> {
  const transport = new RestTransport({
    ...shared,
    uri: config.uri,
    auth: restAuth(config, shared),
    hasIdempotency: false,
  });
  const query: Record<string, string> =
    config.warehouse === undefined ? {} : { warehouse: encodeURIComponent(config.warehouse) };
  const { text } = await transport.send({
    method: "GET",
    path: "/v1/config",
    query,
    what: `open the catalog at ${config.uri}`,
  });
  const reader = new JsonReader(parseJson(text), "catalog config");
  return {
    properties: { ...reader.textMap("defaults"), ...config.properties, ...reader.textMap("overrides") },
    endpoints: reader.has("endpoints") ? reader.list("endpoints").map(String) : undefined,
    hasIdempotency: reader.has("idempotency-key-lifetime"),
  };
}

/** `header.x-tenant` asks for a header of every request. */
function headerProperties(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) =>
      name.startsWith("header.") ? [[name.slice("header.".length).toLowerCase(), value]] : [],
    ),
  );
}

/** Receipts are a server's business: this client's are kept where its requests arrive. */
class RestCatalog implements Catalog {
  readonly #http: HttpClient;
  readonly #namespaces: RestNamespaces;
  readonly #tables: RestTables;
  readonly #views: RestViews;

  constructor(http: HttpClient, options: ConstructorParameters<typeof RestTables>[0]) {
    this.#http = http;
    this.#namespaces = new RestNamespaces(options.transport, options.endpoints);
    this.#tables = new RestTables(options);
    this.#views = new RestViews(options);
  }

  listNamespaces(parent: Namespace = []): Promise<readonly Namespace[]> {
    return this.#namespaces.list(parent);
  }

  loadNamespace(namespace: Namespace): Promise<Readonly<Record<string, string>> | undefined> {
    return this.#namespaces.load(namespace);
  }

  createNamespace(namespace: Namespace, properties: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.#namespaces.create(namespace, properties);
  }

  ensureNamespace(namespace: Namespace): Promise<void> {
    return this.#namespaces.ensure(namespace);
  }

  updateNamespace(namespace: Namespace, change: PropertiesChange): Promise<PropertiesChanged> {
    return this.#namespaces.update(namespace, change);
  }

  dropNamespace(namespace: Namespace): Promise<boolean> {
    return this.#namespaces.drop(namespace);
  }

  listTables(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return this.#tables.list(namespace);
  }

  load(identifier: TableIdentifier): Promise<LoadedTable | undefined> {
    return this.#tables.load(identifier);
  }

  create(identifier: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable> {
    return this.#tables.create(identifier, metadata);
  }

  register(identifier: TableIdentifier, metadataLocation: string, options: RegisterOptions = {}): Promise<LoadedTable> {
    return this.#tables.register(identifier, metadataLocation, options);
  }

  commit(commits: readonly TableCommit[]): Promise<readonly LoadedTable[]> {
    return this.#tables.commit(commits);
  }

  rename(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    return this.#tables.rename(from, to);
  }

  drop(identifier: TableIdentifier): Promise<boolean> {
    return this.#tables.drop(identifier);
  }

  listViews(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    return this.#views.list(namespace);
  }

  loadView(identifier: TableIdentifier): Promise<LoadedView | undefined> {
    return this.#views.load(identifier);
  }

  createView(identifier: TableIdentifier, metadata: ViewMetadata): Promise<LoadedView> {
    return this.#views.create(identifier, metadata);
  }

  registerView(identifier: TableIdentifier, metadataLocation: string): Promise<LoadedView> {
    return this.#views.register(identifier, metadataLocation);
  }

  replaceView(commit: ViewCommit): Promise<LoadedView> {
    return this.#views.replace(commit);
  }

  renameView(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    return this.#views.rename(from, to);
  }

  dropView(identifier: TableIdentifier): Promise<boolean> {
    return this.#views.drop(identifier);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}
