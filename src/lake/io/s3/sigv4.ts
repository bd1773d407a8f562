import { createHash, createHmac } from "node:crypto";

/** Keys of an account, for a while (`sessionToken`, `expiresMs`) or for good. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the Unix epoch; undefined where they do not expire. */
  readonly expiresMs?: number | undefined;
}

/** What is signed. Everything but the signature is there already, `host` and `x-amz-date` among the headers too. */
export interface RequestToSign {
  readonly method: string;
  /** Percent-encoded as it is sent; S3 does not encode it a second time. */
  readonly path: string;
  /** Decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in any case; all are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
  readonly timeMs: number;
}

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * The `authorization` header of a request. Pure.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function authorization(request: RequestToSign, credentials: S3Credentials, scope: SigningScope): string {
  const { names, canonical } = canonicalRequest(request);
  const date = amzDate(scope.timeMs);
  const scopeText = `${date.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [ALGORITHM, date, scopeText, sha256Hex(canonical)].join("\n");
  const signature = hmac(signingKey(credentials.secretAccessKey, date.slice(0, 8), scope), toSign).toString("hex");
  return `${ALGORITHM} Credential=${credentials.accessKeyId}/${scopeText}, SignedHeaders=${names}, Signature=${signature}`;
}

function canonicalRequest({ method, path, query, headers, payloadHash }: RequestToSign): {
  readonly names: string;
  readonly canonical: string;
} {
  const sorted = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, " ")] as const)
    .toSorted(([one], [other]) => compareBytes(one, other));
  const names = sorted.map(([name]) => name).join(";");
  const lines = sorted.map(([name, value]) => `${name}:${value}\n`).join("");
  return { names, canonical: [method, path, canonicalQuery(query), lines, names, payloadHash].join("\n") };
}

/** Also the query as it is sent: encoded, sorted by name. */
export function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .toSorted(([one], [other]) => compareBytes(one, other))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compareBytes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0; // Both are ASCII by now.
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), "aws4_request");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}

export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** `20130524T000000Z` */
export function amzDate(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}|[-:]/g, "");
}

/** Everything but RFC 3986's unreserved characters is encoded, `!'()*` too, which encodeURIComponent leaves alone. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key as a path: its slashes stay. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodeUri).join("/");
}
