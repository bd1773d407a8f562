import { InvalidInputError } from "../../base/index.ts";
import type { S3Config } from "../io/s3/s3-clients.ts";
import type { CredentialsProvider } from "./storage-credentials.ts";

/**
 * What a client needs to know of the store besides keys, as Iceberg's S3FileIO calls it.
 *
 * @see https://iceberg.apache.org/docs/latest/aws/#s3-fileio
 */
export function clientSettings({ endpoint, region, pathStyle }: S3Config): Readonly<Record<string, string>> {
  return {
    ...(endpoint === undefined ? {} : { "s3.endpoint": endpoint, "s3.path-style-access": String(pathStyle ?? true) }),
    ...(region === undefined ? {} : { "client.region": region }),
  };
}

/**
 * The same keys for every table.
 *
 * @throws {InvalidInputError} when the keys are not written in the configuration
 */
export function fixedCredentials(s3: S3Config): CredentialsProvider {
  const { credentials } = s3;
  if (typeof credentials !== "object") {
    throw new InvalidInputError("Cannot vend S3 keys: the storage's credentials must be keys, not a way to find them");
  }
  const config = {
    ...clientSettings(s3),
    "s3.access-key-id": credentials.accessKeyId,
    "s3.secret-access-key": credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { "s3.session-token": credentials.sessionToken }),
  };
  return async ({ location }) => ({ config, credentials: [{ prefix: `${location}/`, config }] });
}
