import type { Abortable } from "../../base/index.ts";
import type { JsonReader } from "../core/json-object.ts";
import type { S3Clients, S3Config } from "../io/s3/s3-clients.ts";
import type { S3Credentials } from "../io/s3/sigv4.ts";

type Properties = Readonly<Record<string, string>>;

export interface VendedAccess {
  /** Of the catalog, then of the table: the later wins. */
  readonly config: Properties;
  readonly credentials: readonly { readonly prefix: string; readonly config: Properties }[];
}

export function vendedAccess(reader: JsonReader, catalogProperties: Properties): VendedAccess {
  return {
    config: { ...catalogProperties, ...reader.textMap("config") },
    credentials: storageCredentials(reader),
  };
}

export function storageCredentials(reader: JsonReader): VendedAccess["credentials"] {
  return reader
    .objects("storage-credentials")
    .map((each) => ({ prefix: each.text("prefix"), config: each.textMap("config") }));
}

/**
 * Hands what the catalog vended for a table on to the S3 adapter: the keys of each prefix, or else those of the table's
 * whole location. Nothing is done where nothing of S3 was vended.
 *
 * @param renew asks the catalog anew, when the keys are about to end
 */
export function grantAccess(
  clients: S3Clients,
  location: string,
  access: VendedAccess,
  renew: (prefix: string, options?: Abortable) => Promise<Properties | undefined>,
): void {
  const prefixes =
    access.credentials.length > 0
      ? access.credentials
      : isOfS3(access.config)
        ? [{ prefix: location, config: {} }]
        : [];
  for (const { prefix, config } of prefixes) {
    if (!/^s3/i.test(prefix)) continue;
    const settings = { ...access.config, ...config };
    clients.grant({ prefix, config: s3ConfigOf(settings, (options) => renew(prefix, options)) });
  }
}

function isOfS3(config: Properties): boolean {
  return Object.keys(config).some((name) => name.startsWith("s3.") || name === "client.region");
}

/** The names are those of Iceberg's S3FileIO. */
function s3ConfigOf(config: Properties, renew: (options?: Abortable) => Promise<Properties | undefined>): S3Config {
  const pathStyle = config["s3.path-style-access"];
  return {
    endpoint: config["s3.endpoint"],
    region: config["client.region"] ?? config["s3.region"],
    pathStyle: pathStyle === undefined ? undefined : pathStyle === "true",
    credentials: credentialsOf(config) === undefined ? undefined : renewing(config, renew),
  };
}

function credentialsOf(config: Properties): S3Credentials | undefined {
  const [accessKeyId, secretAccessKey] = [config["s3.access-key-id"], config["s3.secret-access-key"]];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const expires = config["s3.session-token-expires-at-ms"];
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: config["s3.session-token"],
    expiresMs: expires === undefined ? undefined : Number(expires),
  };
}

/** The vended keys first; newer ones when they are about to end, or the store calls them expired. */
function renewing(
  first: Properties,
  renew: (options?: Abortable) => Promise<Properties | undefined>,
): (options?: Abortable) => Promise<S3Credentials> {
  let current: Properties = first;
  let isFirst = true;
  return async (options) => {
    if (!isFirst) current = { ...current, ...(await renew(options)) };
    isFirst = false;
    return credentialsOf(current) ?? { accessKeyId: "", secretAccessKey: "" };
  };
}
