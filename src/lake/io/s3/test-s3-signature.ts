import { randomUUID } from "node:crypto";
import { authorization, type S3Credentials, sha256Hex, UNSIGNED_PAYLOAD } from "./sigv4.ts";

/** What the test server answers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export function failure(status: number, code: string, extra = ""): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>The test says so</Message>${extra}</Error>`;
  return { status, body: Buffer.from(body) };
}

interface SignedCall {
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** As it was sent. */
  readonly target: string;
}

interface Expected {
  readonly credentials: S3Credentials;
  readonly region: string | undefined;
  readonly nowMs: number;
}

const SKEW_MS_MAX = 15 * 60_000;
const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=(?<keyId>[^/]+)\/\d+\/(?<region>[^/]+)\/s3\/aws4_request, SignedHeaders=(?<names>[^,]+), Signature=/;
const MUST_SIGN = ["host", "x-amz-date", "x-amz-content-sha256"];

/** The access key id that a request says it is signed with; empty where it says none. */
export function signerOf(headers: SignedCall["headers"]): string {
  return SIGNED.exec(headers["authorization"] ?? "")?.groups?.["keyId"] ?? "";
}

/** Checks a request as S3 does, over what arrived. @returns the refusal; undefined where it is signed well */
export function refuseSignature(call: SignedCall, expected: Expected): Answer | undefined {
  const { headers, body } = call;
  const { credentials, region = "us-east-1", nowMs } = expected;
  const given = SIGNED.exec(headers["authorization"] ?? "")?.groups;
  if (given === undefined) return failure(403, "AccessDenied");
  if (given["keyId"] !== credentials.accessKeyId) return failure(403, "InvalidAccessKeyId");
  if (headers["x-amz-security-token"] !== credentials.sessionToken) return failure(400, "ExpiredToken");
  if (given["region"] !== region) return failure(400, "AuthorizationHeaderMalformed", `<Region>${region}</Region>`);
  const timeMs = timeOf(headers["x-amz-date"] ?? "");
  if (!(Math.abs(timeMs - nowMs) <= SKEW_MS_MAX))
    return { ...failure(403, "RequestTimeTooSkewed"), headers: { date: new Date(nowMs).toUTCString() } };
  const payloadHash = headers["x-amz-content-sha256"] ?? "";
  if (payloadHash !== UNSIGNED_PAYLOAD && payloadHash !== sha256Hex(body))
    return failure(400, "XAmzContentSHA256Mismatch");
  return isSignedWell(call, given["names"] ?? "", { credentials, region, timeMs, payloadHash })
    ? undefined
    : failure(403, "SignatureDoesNotMatch");
}

function isSignedWell(
  { method, query, headers, target }: SignedCall,
  names: string,
  signing: {
    readonly credentials: S3Credentials;
    readonly region: string;
    readonly timeMs: number;
    readonly payloadHash: string;
  },
): boolean {
  const signed = Object.fromEntries(names.split(";").map((name) => [name, headers[name] ?? ""]));
  const { credentials, region, timeMs, payloadHash } = signing;
  const path = target.split("?")[0] ?? "";
  const scope = { region, service: "s3", timeMs };
  const right = authorization({ method, path, query, headers: signed, payloadHash }, credentials, scope);
  return MUST_SIGN.every((name) => name in signed) && right === headers["authorization"];
}

/** NaN where it is no time. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** Temporary keys, each to what begins with a prefix. */
export class IssuedKeys {
  readonly #keys = new Map<string, { readonly prefix: string; readonly credentials: S3Credentials }>();

  issue(prefix: string, expiresMs: number): S3Credentials {
    const [accessKeyId, secretAccessKey, sessionToken] = [`ASIA${randomUUID()}`, randomUUID(), randomUUID()];
    const credentials = { accessKeyId, secretAccessKey, sessionToken, expiresMs };
    this.#keys.set(accessKeyId, { prefix, credentials });
    return credentials;
  }

  /** Undefined of keys that were not issued here. */
  of(accessKeyId: string): S3Credentials | undefined {
    return this.#keys.get(accessKeyId)?.credentials;
  }

  /** Whether the keys are to what is asked for: an object, or a listing of a bucket. */
  opens(accessKeyId: string, { name, query }: { readonly name: string; readonly query: SignedCall["query"] }): boolean {
    const [, ...rest] = name.split("/");
    const wanted = rest.join("/") || (query["prefix"] ?? "");
    return wanted.startsWith(this.#keys.get(accessKeyId)?.prefix ?? "");
  }
}
