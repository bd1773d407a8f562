import type { Abortable, Files } from "../../../base/index.ts";
import { LakeNotFoundError, StorageRefusedError } from "../../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { S3Client } from "./s3-client.ts";
import type { S3Location } from "./s3-location.ts";
import { elementText, escapeXml } from "./s3-xml.ts";

export interface MultipartOptions {
  /** Files up to this size are sent in one piece. */
  readonly thresholdBytes: number;
  /** At least 5 MiB on AWS; grown where a file would need more than 10,000. */
  readonly partBytes: number;
  readonly parallelMax: number;
}

interface Target {
  readonly location: S3Location;
  /** Of the object to be. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of its completion. */
  readonly condition: Readonly<Record<string, string>>;
}

interface Source {
  readonly files: Files;
  readonly path: string;
  readonly byteLength: number;
}

const PARTS_MAX = 10_000;

/**
 * Sends a file in parts, a few at a time. When it fails the parts are given up, or found by a listing of unfinished uploads.
 *
 * @returns `exists` where the name is taken, `unsupported` where the store knows no such condition
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export async function uploadInParts(
  client: S3Client,
  { location, headers, condition }: Target,
  source: Source,
  { partBytes, parallelMax }: MultipartOptions,
  { signal }: Abortable,
): Promise<"done" | "exists" | "unsupported"> {
  const created = await client.send(
    {
      method: "POST",
      location,
      query: { uploads: "" },
      headers: { ...headers, "content-type": "application/octet-stream" },
    },
    { signal },
  );
  const uploadId = elementText(Buffer.from(created.bytes).toString("utf8"), "UploadId");
  if (uploadId === undefined) throw new StorageRefusedError("Cannot upload in parts: the store named no upload");
  const abort = (): Promise<unknown> =>
    client.send({ method: "DELETE", location, query: { uploadId }, answers: [404] }).catch(() => undefined);
  try {
    const etags = await sendParts(client, { location, uploadId, partBytes, parallelMax }, source, signal);
    const outcome = await complete(client, { location, uploadId, etags, condition }, signal);
    if (outcome !== "done") await abort();
    return outcome;
  } catch (error) {
    await abort();
    throw error;
  }
}

interface Parts {
  readonly location: S3Location;
  readonly uploadId: string;
  readonly partBytes: number;
  readonly parallelMax: number;
}

async function sendParts(
  client: S3Client,
  { location, uploadId, partBytes, parallelMax }: Parts,
  { files, path, byteLength }: Source,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const bytesEach = Math.max(partBytes, Math.ceil(byteLength / PARTS_MAX));
  const starts = Array.from({ length: Math.ceil(byteLength / bytesEach) }, (_, index) => index * bytesEach);
  await using file = await files.open(path, "r");
  return await inParallel(starts, { parallelMax, signal }, async (start, index, stop) => {
    const body = new Uint8Array(Math.min(bytesEach, byteLength - start));
    const filled = await file.read(body, start);
    if (filled !== body.byteLength)
      throw new StorageRefusedError(`Cannot upload ${path}: it was cut while it was sent`);
    const query = { partNumber: String(index + 1), uploadId };
    const { headers } = await client.send({ method: "PUT", location, query, body }, { signal: stop });
    const { etag } = headers;
    if (etag === undefined) throw new StorageRefusedError("Cannot upload in parts: the store gave a part no ETag");
    return etag;
  });
}

async function complete(
  client: S3Client,
  target: { readonly location: S3Location; readonly uploadId: string; readonly etags: readonly string[] } & Pick<
    Target,
    "condition"
  >,
  signal: AbortSignal | undefined,
): Promise<"done" | "exists" | "unsupported"> {
  const { location, uploadId, etags, condition } = target;
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`, "utf8");
  try {
    const { status } = await client.send(
      {
        method: "POST",
        location,
        query: { uploadId },
        headers: { "content-type": "application/xml", ...condition },
        body,
        answers: [412, 501],
        // The answer may begin with 200 and only then fail.
        isError: ({ bytes }) => Buffer.from(bytes.subarray(0, 1_000)).includes("<Error>"),
      },
      { signal },
    );
    return status === 412 ? "exists" : status === 501 ? "unsupported" : "done";
  } catch (error) {
    // An earlier try of this same completion has succeeded, or the upload was given up elsewhere: the object tells which.
    if (error instanceof LakeNotFoundError) return "exists";
    if (error instanceof StorageRefusedError && error.message.includes("NoSuchUpload")) return "exists";
    throw error;
  }
}
