import {
  type Clock,
  type Files,
  InvalidInputError,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemFiles,
  systemRandom,
} from "../../base/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { purgeTable } from "../catalog/purge-table.ts";
import type { Receipts } from "../catalog/receipts.ts";
import type { ChangeTools } from "../commit/change-tools.ts";
import { localPath } from "../io/local-file-io.ts";
import type { S3Config } from "../io/s3/s3-clients.ts";
import type { RestCatalogOptions } from "./rest-context.ts";
import { type RestPlugin, restCatalogServer } from "./rest-server.ts";
import { clientSettings, fixedCredentials } from "./s3-access.ts";

/** How a lake's catalog is served; what is left out comes from the lake. */
export interface LakeRestOptions
  extends Pick<RestCatalogOptions, "locations" | "tokens" | "refuses" | "credentials" | "namespaceSeparator"> {
  /** Gives the lake's own S3 keys to clients that ask for credentials. They open all that the lake can: serve tokens only. */
  readonly vendsOwnKeys?: boolean | undefined;
}

/** Of a lake, what is served. */
export interface ServedLake {
  readonly name: string;
  /** Location of the tables; empty where another catalog chooses, which is not served on. */
  readonly warehouse: string;
  readonly catalog: Catalog;
  readonly tools: ChangeTools;
  readonly s3?: S3Config | undefined;
  readonly files?: Files | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * A lake's catalog as a plugin that serves the REST catalog protocol.
 *
 * @throws {InvalidInputError} when the lake's catalog is a REST catalog itself, or its keys are to be vended without tokens
 */
export function lakeRestCatalog(lake: ServedLake, options: LakeRestOptions): RestPlugin {
  const { catalog, tools, logger = silentLogger, clock = systemClock, random = systemRandom } = lake;
  if (lake.warehouse === "") {
    throw new InvalidInputError(
      "Cannot serve this lake's catalog: it is a REST catalog, to which clients can go themselves",
    );
  }
  const { vendsOwnKeys = false, ...others } = options;
  if (vendsOwnKeys && (options.tokens ?? []).length === 0) {
    throw new InvalidInputError("Cannot vend S3 keys to whoever asks: configure tokens for the catalog as well");
  }
  const { receipts } = catalog as Partial<{ readonly receipts: Receipts }>;
  return restCatalogServer({
    ...others,
    catalog,
    receipts,
    name: lake.name,
    warehouse: lake.warehouse,
    clientDefaults: lake.s3 && clientSettings(lake.s3),
    credentials: options.credentials ?? (vendsOwnKeys && lake.s3 ? fixedCredentials(lake.s3) : undefined),
    io: tools.io,
    purge: async (table) => {
      await purgeTable(table, { ...tools, logger });
    },
    prepare: (location) => makeFolders(location, lake.files ?? systemFiles),
    ids: tools.ids,
    clock,
    random,
    logger,
  });
}

/** Of a table on a local disk, in which DuckDB writes files but makes no folders. */
async function makeFolders(location: string, files: Files): Promise<void> {
  if (!location.startsWith("file:")) return;
  for (const name of ["data", "metadata"]) await files.makeFolder(`${localPath(location)}/${name}`);
}
