import type { TableIdentifier } from "../catalog/identifier.ts";
import type { JsonObject } from "../core/json.ts";

/** How a client reaches a table's files. */
export interface TableAccess {
  /** Settings for the client's file system, such as an endpoint. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys, each for locations that begin with `prefix`. */
  readonly credentials: readonly StorageCredential[];
}

export interface StorageCredential extends JsonObject {
  readonly prefix: string;
  readonly config: Readonly<Record<string, string>>;
}

/** Gives out credentials for a table's files, for those that ask by `X-Iceberg-Access-Delegation: vended-credentials`. */
export type CredentialsProvider = (table: {
  readonly identifier: TableIdentifier;
  readonly location: string;
}) => Promise<TableAccess>;
