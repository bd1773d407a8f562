import { describeError } from "../../../base/index.ts";
import { LakeNotFoundError, StorageRefusedError, StorageUnavailableError } from "../../errors.ts";
import type { HttpResponse } from "../http/http-client.ts";
import { elementText } from "./s3-xml.ts";

/** What an answer of S3 that is no success says. HEAD has no body: then only the status speaks. */
export interface S3Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly region: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function s3Refusal({ status, headers, bytes }: HttpResponse): S3Refusal {
  const xml = Buffer.from(bytes.subarray(0, 65_536)).toString("utf8");
  return {
    status,
    code: elementText(xml, "Code") ?? "",
    message: elementText(xml, "Message") ?? "",
    region: headers["x-amz-bucket-region"] ?? elementText(xml, "Region"),
    headers,
  };
}

const RETRYABLE_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const RETRYABLE_CODE = new Set([
  "RequestTimeout",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestThrottled",
  "TooManyRequests",
  "InternalError",
  "ServiceUnavailable",
  "OperationAborted",
  "ConditionalRequestConflict",
]);

/** Whether the same request may succeed later. 409 is a race of S3's own (another write of the key is under way). */
export function isRetryable({ status, code }: S3Refusal): boolean {
  return RETRYABLE_STATUS.has(status) || RETRYABLE_CODE.has(code);
}

const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"]);

export function isExpired({ code }: S3Refusal): boolean {
  return EXPIRED.has(code);
}

export function isSkewed({ code }: S3Refusal): boolean {
  return code === "RequestTimeTooSkewed" || code === "RequestExpired";
}

/** The error to raise for an answer that trying again will not change. */
export function refusedError(what: string, refusal: S3Refusal): Error {
  const { status, code, message } = refusal;
  const seen = `${status}${code === "" ? "" : ` ${code}`}${message === "" ? "" : ` (${message})`}`;
  if (code === "NoSuchKey" || (status === 404 && code === ""))
    return new LakeNotFoundError(`There is no object ${what}; it was never written, or it has been removed`);
  return new StorageRefusedError(`Cannot ${what}: the object store answered ${seen}. ${advice(refusal)}`);
}

function advice({ status, code, region, headers }: S3Refusal): string {
  if (code === "NoSuchBucket") return "Nothing was changed. Make the bucket, or correct the warehouse's name";
  if (region !== undefined && (status === 301 || status === 307 || code === "AuthorizationHeaderMalformed"))
    return `The bucket is in region ${region}: set storage.s3.region to it (or AWS_REGION)`;
  if (status === 301 || status === 307)
    return `The bucket is served at ${headers["location"] ?? "another endpoint"}: set storage.s3.region or storage.s3.endpoint`;
  if (code === "SignatureDoesNotMatch")
    return "The secret key does not belong to the access key, or a proxy changes requests on the way. Correct the credentials";
  if (code === "InvalidAccessKeyId")
    return "The store does not know the access key. Correct the credentials or the endpoint";
  if (isSkewed({ status, code, message: "", region, headers }))
    return "This machine's clock differs from the store's by more than it allows. Set the clock";
  if (isExpired({ status, code, message: "", region, headers }))
    return "The session has ended and no newer credentials were found. Renew them";
  if (status === 403 || status === 401)
    return "The credentials lack a permission: s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on the objects and s3:ListBucket on the bucket are needed";
  return "Nothing is known to have changed";
}

export function unavailableError(what: string, attempts: number, cause: unknown): StorageUnavailableError {
  const seen =
    cause instanceof Error ? describeError(cause) : `the object store answered ${describeRefusal(cause as S3Refusal)}`;
  return new StorageUnavailableError(
    `Cannot ${what}: ${attempts} ${attempts === 1 ? "try" : "tries"} failed, the last with: ${seen}. ` +
      "A write may have taken effect, under a name that nothing refers to; try again later",
    { cause: cause instanceof Error ? cause : undefined },
  );
}

function describeRefusal({ status, code, message }: S3Refusal): string {
  return [String(status), code, message].filter((each) => each !== "").join(" ");
}
