import { type Clock, InvalidInputError, type Random } from "../../../base/index.ts";
import type { HttpClient } from "../http/http-client.ts";
import { credentialChain, type Environment } from "./credential-chain.ts";
import {
  type CredentialProvider,
  type CredentialSource,
  fixedCredentials,
  RefreshingCredentials,
} from "./credential-source.ts";
import { S3Client, type S3ClientOptions } from "./s3-client.ts";
import type { S3Credentials } from "./sigv4.ts";

/** An S3-compatible store: AWS, MinIO, R2, Ceph, GCS by its XML interface. */
export interface S3Config {
  /** `https://minio.example:9000`; default: AWS's of the region, or `AWS_ENDPOINT_URL_S3`. */
  readonly endpoint?: string | undefined;
  /** Default `AWS_REGION`, the profile's; `us-east-1` where an endpoint is named, as most other stores take any. */
  readonly region?: string | undefined;
  /** `endpoint/bucket/key` and not `bucket.endpoint/key`; default: where an endpoint is named. */
  readonly pathStyle?: boolean | undefined;
  /** Keys, a function that gets them, or `"anonymous"`; default: the chain of AWS's tools. */
  readonly credentials?: S3Credentials | CredentialProvider | "anonymous" | undefined;
  /** Of the shared credentials files. */
  readonly profile?: string | undefined;
  /** Tries of one request; default 8. */
  readonly attemptsMax?: number | undefined;
  /** The first wait between tries, about; default 100. */
  readonly backoffFirstMs?: number | undefined;
  /** A request in which nothing moves for so long is tried again; default 30,000. */
  readonly silenceMsMax?: number | undefined;
  /** Connections at most; default 32. */
  readonly socketsMax?: number | undefined;
  /** Files above this are sent in parts; default 16 MiB. */
  readonly multipartThresholdBytes?: number | undefined;
  /** Default 8 MiB; AWS takes 5 MiB at least. */
  readonly partBytes?: number | undefined;
  readonly partsParallelMax?: number | undefined;
  /** `If-None-Match: *` on writes; default true, learnt otherwise where the store does not implement it. GCS: set false. */
  readonly conditionalWrites?: boolean | undefined;
  /** Hash every payload into its signature even over TLS; default true. Without TLS it is always hashed. */
  readonly signPayload?: boolean | undefined;
}

interface ClientTools {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: Environment;
  readonly count?: S3ClientOptions["count"];
}

/** What a catalog vends for the locations that begin with `prefix`. */
export interface S3Grant {
  readonly prefix: string;
  readonly config: S3Config;
}

/** Grants kept at once; the oldest is forgotten, and vended anew with the next load of its table. */
const GRANTS_MAX = 10_000;

/** The client for each location: by the longest prefix that credentials were vended for, else by the lake's own settings. */
export class S3Clients {
  readonly #config: S3Config;
  readonly #tools: ClientTools;
  #own: S3Client | undefined;
  readonly #granted = new Map<string, S3Client>();

  constructor(config: S3Config, tools: ClientTools) {
    this.#config = config;
    this.#tools = tools;
  }

  /** From now on; a later grant of the same prefix replaces this one. */
  grant({ prefix, config }: S3Grant): void {
    const key = normal(prefix);
    this.#granted.delete(key);
    this.#granted.set(key, this.#make({ ...this.#config, ...present(config) }));
    const [oldest] = this.#granted.keys();
    if (this.#granted.size > GRANTS_MAX && oldest !== undefined) this.#granted.delete(oldest);
  }

  /** @throws {InvalidInputError} when no region is known for AWS itself */
  clientFor(location: string): S3Client {
    const wanted = normal(location);
    let best: string | undefined;
    for (const prefix of this.#granted.keys()) {
      if (covers(prefix, wanted) && prefix.length > (best?.length ?? -1)) best = prefix;
    }
    const granted = best === undefined ? undefined : this.#granted.get(best);
    if (granted !== undefined) return granted;
    this.#own ??= this.#make(this.#config);
    return this.#own;
  }

  #make(config: S3Config): S3Client {
    const { http, clock, random, count } = this.#tools;
    const region = config.region ?? (config.endpoint === undefined ? undefined : "us-east-1");
    if (region === undefined) {
      throw new InvalidInputError(
        "Cannot reach S3: no region is named. Set storage.s3.region or AWS_REGION, or storage.s3.endpoint for another store",
      );
    }
    const endpoint = config.endpoint ?? `https://s3.${region}.amazonaws.com`;
    return new S3Client({
      http,
      clock,
      random,
      count,
      region,
      endpoint,
      isPathStyle: config.pathStyle ?? config.endpoint !== undefined,
      credentials: this.#credentials(config, region),
      signsPayload: (config.signPayload ?? true) || endpoint.startsWith("http:"),
      attemptsMax: config.attemptsMax ?? 8,
      backoffFirstMs: config.backoffFirstMs ?? 100,
    });
  }

  #credentials({ credentials, profile }: S3Config, region: string): CredentialSource | undefined {
    const { environment, http, clock } = this.#tools;
    if (credentials === "anonymous") return undefined;
    if (typeof credentials === "function") return new RefreshingCredentials(credentials, clock);
    if (credentials !== undefined) return fixedCredentials(credentials);
    return credentialChain({ environment, profile, region, http, clock });
  }
}

function present(config: S3Config): S3Config {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** `s3a:` and `s3n:` are `s3:`. */
function normal(location: string): string {
  return location.replace(/^s3[an]:/, "s3:");
}

/** A prefix ends where a folder does: `s3://b/t1` is none of `s3://b/t10/data`. Vended ones such as `s3` cover all. */
function covers(prefix: string, location: string): boolean {
  if (!location.startsWith(prefix)) return false;
  const next = location[prefix.length];
  return next === undefined || prefix.endsWith("/") || next === "/" || !prefix.includes("://");
}
