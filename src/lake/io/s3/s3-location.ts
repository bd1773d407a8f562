import { InvalidInputError } from "../../../base/index.ts";

export interface S3Location {
  readonly bucket: string;
  /** Without a slash in front; empty for the bucket itself. */
  readonly key: string;
  /** Of an upload that was never completed, as listings name it. */
  readonly uploadId?: string;
}

/** `s3a` and `s3n` are Hadoop's names for the same. */
const LOCATION = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s;
const UPLOAD_MARK = "#k2-upload=";

export function isS3Location(location: string): boolean {
  return LOCATION.test(location);
}

/**
 * Nothing in a key is percent-decoded: no Iceberg writer encodes it.
 *
 * @throws {InvalidInputError}
 */
export function parseS3Location(location: string): S3Location {
  const [, bucket, rest = ""] = LOCATION.exec(location) ?? [];
  if (bucket === undefined) {
    throw new InvalidInputError(`Cannot open ${location}: it is no S3 location; write s3://bucket/key`);
  }
  const mark = rest.lastIndexOf(UPLOAD_MARK);
  if (mark < 0) return { bucket, key: rest };
  return { bucket, key: rest.slice(0, mark), uploadId: rest.slice(mark + UPLOAD_MARK.length) };
}

/** The name under which an unfinished upload is listed and removed. */
export function uploadLocation(location: string, uploadId: string): string {
  return `${location}${UPLOAD_MARK}${uploadId}`;
}
