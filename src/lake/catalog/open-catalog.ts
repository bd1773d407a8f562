import type { Clock, Logger, Random } from "../../base/index.ts";
import { openSqlite } from "../../base/index.ts";
import type { S3Clients } from "../io/s3/s3-clients.ts";
import type { MetadataStore } from "../metadata/metadata-store.ts";
import type { RestCatalogConfig } from "../rest-client/rest-config.ts";
import type { Catalog } from "./catalog.ts";
import { openSqlCatalog } from "./sql-catalog.ts";

export type CatalogConfig =
  /** A SQLite file, for processes of one machine. */
  | { readonly kind: "sqlite"; readonly path: string }
  /** A PostgreSQL database, for processes of many: `postgres://user:password@host:port/database`. */
  | { readonly kind: "postgres"; readonly url: string }
  /** Any server of the Iceberg REST protocol. */
  | ({ readonly kind: "rest" } & RestCatalogConfig)
  /** A catalog of the caller's own; the lake disposes of it. */
  | { readonly kind: "custom"; readonly catalog: (metadata: MetadataStore) => Promise<Catalog> };

export interface OpenCatalogOptions {
  /** Rows of several catalogs may share one database. */
  readonly name: string;
  readonly metadata: MetadataStore;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random?: Random | undefined;
  /** Takes the credentials that a REST catalog vends. */
  readonly s3?: S3Clients | undefined;
}

/** Opens the catalog that the configuration names; what an adapter needs is loaded only then. */
export async function openCatalog(config: CatalogConfig, options: OpenCatalogOptions): Promise<Catalog> {
  switch (config.kind) {
    case "sqlite":
      return openSqlCatalog({ ...options, dialect: openSqlite(config.path) });
    case "postgres": {
      const { openPostgres, postgresFlavour } = await import("./postgres.ts");
      const dialect = openPostgres({ url: config.url, logger: options.logger });
      return openSqlCatalog({ ...options, dialect, flavour: postgresFlavour });
    }
    case "rest": {
      const { openRestCatalog } = await import("../rest-client/rest-catalog.ts");
      return openRestCatalog(config, options);
    }
    case "custom":
      return config.catalog(options.metadata);
  }
}
