import { type Abortable, backoffMs, type Clock, type Random } from "../../../base/index.ts";
import { type HttpClient, HttpFailure, type HttpResponse, retryAfterMs } from "../http/http-client.ts";
import type { CredentialSource } from "./credential-source.ts";
import {
  isExpired,
  isRetryable,
  isSkewed,
  refusedError,
  type S3Refusal,
  s3Refusal,
  unavailableError,
} from "./s3-error.ts";
import type { S3Location } from "./s3-location.ts";
import { amzDate, authorization, canonicalQuery, encodeKey, sha256Hex, UNSIGNED_PAYLOAD } from "./sigv4.ts";

export interface S3ClientOptions {
  readonly http: Pick<HttpClient, "send">;
  /** `https://minio:9000`, without a path. */
  readonly endpoint: string;
  readonly region: string;
  /** The bucket in the path, and not in front of the host's name. */
  readonly isPathStyle: boolean;
  /** Undefined: requests are not signed, for public buckets. */
  readonly credentials: CredentialSource | undefined;
  /** Over TLS the payload need not be hashed. */
  readonly signsPayload: boolean;
  readonly attemptsMax: number;
  readonly backoffFirstMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each try. */
  readonly count?: ((operation: string, outcome: "answered" | "retried" | "failed") => void) | undefined;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly location: S3Location;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** SHA-256 of the body, where it is known already. */
  readonly bodyHash?: string;
  /** Statuses besides 2xx that the caller understands. */
  readonly answers?: readonly number[];
  /** Whether a 2xx answer is an error after all: S3 may say so in the body of a completed upload. */
  readonly isError?: (response: HttpResponse) => boolean;
}

const BACKOFF_MAX_MS = 20_000;
/** Longer than this a store may not make us wait at one go. */
const RETRY_AFTER_MAX_MS = 60_000;

/** Signed requests to one S3-compatible store, tried again where that is safe: every request here may be sent twice. */
export class S3Client {
  readonly #options: S3ClientOptions;
  /** The store's clock less ours, learnt from an answer that called a request too old or too young. */
  #clockSkewMs = 0;

  constructor(options: S3ClientOptions) {
    this.#options = options;
  }

  /**
   * @throws {StorageUnavailableError} when all tries failed: a write may still have taken effect
   * @throws {StorageRefusedError} when trying again would change nothing
   * @throws {LakeNotFoundError} on 404 where the caller did not ask for it
   */
  async send(request: S3Request, { signal }: Abortable = {}): Promise<HttpResponse> {
    const tries = { attempt: 1, isRenewed: false };
    for (; ; tries.attempt += 1) {
      const outcome = await this.#tryOnce(request, signal);
      const waitMs = "bytes" in outcome ? undefined : this.#waitBeforeNext(outcome, tries);
      this.#options.count?.(
        request.method,
        "bytes" in outcome ? "answered" : waitMs === undefined ? "failed" : "retried",
      );
      if ("bytes" in outcome) return outcome;
      if (waitMs === undefined) throw this.#failure(request, outcome, tries.attempt);
      await this.#options.clock.sleep(waitMs, { signal });
    }
  }

  /** Undefined where there is no next try. */
  #waitBeforeNext(
    outcome: S3Refusal | HttpFailure,
    tries: { readonly attempt: number; isRenewed: boolean },
  ): number | undefined {
    const isLast = tries.attempt >= this.#options.attemptsMax;
    if (outcome instanceof HttpFailure) return isLast ? undefined : this.#backoff(tries.attempt);
    if (isRetryable(outcome)) return isLast ? undefined : this.#waitOf(outcome, tries.attempt);
    if (tries.isRenewed || !(isExpired(outcome) || isSkewed(outcome))) return undefined;
    tries.isRenewed = true; // Once: keys that are new and expired will not be better a third time.
    if (isExpired(outcome)) this.#options.credentials?.renew();
    else this.#learnSkew(outcome);
    return 0;
  }

  #failure(request: S3Request, outcome: S3Refusal | HttpFailure, attempts: number): Error {
    const what = describe(request);
    if (outcome instanceof HttpFailure || isRetryable(outcome)) return unavailableError(what, attempts, outcome);
    return refusedError(what, outcome);
  }

  async #tryOnce(request: S3Request, signal: AbortSignal | undefined): Promise<HttpResponse | S3Refusal | HttpFailure> {
    const { answers = [], isError = () => false } = request;
    const { origin, target, headers } = await this.#signed(request, signal);
    try {
      const response = await this.#options.http.send(
        { method: request.method, origin, target, headers, body: request.body },
        { signal },
      );
      const isSuccess = response.status >= 200 && response.status < 300 && !isError(response);
      return isSuccess || answers.includes(response.status) ? response : s3Refusal(response);
    } catch (error) {
      if (error instanceof HttpFailure) return error;
      throw error;
    }
  }

  async #signed(
    { method, location, query = {}, headers = {}, body, bodyHash }: S3Request,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly origin: string; readonly target: string; readonly headers: Readonly<Record<string, string>> }> {
    const { region, credentials, clock } = this.#options;
    const { origin, host, path } = this.#address(location);
    const queryText = canonicalQuery(query);
    const target = queryText === "" ? path : `${path}?${queryText}`;
    if (credentials === undefined) return { origin, target, headers: { ...headers, host } };
    const keys = await credentials.get({ signal });
    const timeMs = Number(clock.nowNs() / 1_000_000n) + this.#clockSkewMs;
    const payloadHash = this.#payloadHash(body, bodyHash);
    const signed = {
      ...headers,
      host,
      "x-amz-date": amzDate(timeMs),
      "x-amz-content-sha256": payloadHash,
      ...(keys.sessionToken === undefined ? {} : { "x-amz-security-token": keys.sessionToken }),
    };
    const signature = authorization({ method, path, query, headers: signed, payloadHash }, keys, {
      region,
      service: "s3",
      timeMs,
    });
    return { origin, target, headers: { ...signed, authorization: signature } };
  }

  #payloadHash(body: Uint8Array | undefined, bodyHash: string | undefined): string {
    if (body === undefined) return EMPTY_HASH;
    return bodyHash ?? (this.#options.signsPayload ? sha256Hex(body) : UNSIGNED_PAYLOAD);
  }

  #address({ bucket, key }: S3Location): { readonly origin: string; readonly host: string; readonly path: string } {
    const { endpoint, isPathStyle } = this.#options;
    const url = new URL(endpoint);
    const base = url.pathname.replace(/\/+$/, "");
    const slashKey = key === "" ? "" : `/${encodeKey(key)}`;
    // A dot in the bucket's name would make a host that the store's certificate does not cover.
    const isDotted = bucket.includes(".") && url.protocol === "https:";
    if (isPathStyle || isDotted)
      return { origin: url.origin, host: url.host, path: `${base}/${encodeKey(bucket)}${slashKey}` };
    const host = `${bucket}.${url.host}`;
    return { origin: `${url.protocol}//${host}`, host, path: `${base}${slashKey}` || "/" };
  }

  #backoff(attempt: number): number {
    return backoffMs(attempt - 1, {
      firstMs: this.#options.backoffFirstMs,
      maxMs: BACKOFF_MAX_MS,
      random: this.#options.random,
    });
  }

  #waitOf({ status, headers }: S3Refusal, attempt: number): number {
    const asked = retryAfterMs({ status, headers, bytes: new Uint8Array() }, this.#nowMs());
    return Math.min(RETRY_AFTER_MAX_MS, Math.max(asked ?? 0, this.#backoff(attempt)));
  }

  #learnSkew({ headers }: S3Refusal): void {
    const theirsMs = Date.parse(headers["date"] ?? "");
    if (!Number.isNaN(theirsMs)) this.#clockSkewMs = theirsMs - this.#nowMs();
  }

  #nowMs(): number {
    return Number(this.#options.clock.nowNs() / 1_000_000n);
  }
}

const EMPTY_HASH = sha256Hex("");

/** `read s3://bucket/key`, for messages. */
function describe({ method, location: { bucket, key }, query = {} }: S3Request): string {
  const where = `s3://${bucket}/${key}`;
  if ("list-type" in query) return `list s3://${bucket}/${query["prefix"] ?? ""}`;
  if ("uploadId" in query || "uploads" in query) return `upload ${where} in parts`;
  const verb = { GET: "read", HEAD: "look up", PUT: "write", POST: "write", DELETE: "remove" }[method];
  return `${verb} ${where}`;
}
