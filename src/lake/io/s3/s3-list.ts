import type { Abortable } from "../../../base/index.ts";
import { StorageRefusedError } from "../../errors.ts";
import type { ListedFile } from "../file-io.ts";
import type { S3Client } from "./s3-client.ts";
import { type S3Location, uploadLocation } from "./s3-location.ts";
import { elements, elementText } from "./s3-xml.ts";

/** Pages of one listing; a store that never ends one is not followed for ever. */
const PAGES_MAX = 1_000_000;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export async function* listObjects(
  client: S3Client,
  { bucket, key: prefix }: S3Location,
  locationOf: (key: string) => string,
  options: Abortable,
): AsyncGenerator<ListedFile> {
  let continuation: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = {
      "list-type": "2",
      "encoding-type": "url",
      prefix,
      ...(continuation === undefined ? {} : { "continuation-token": continuation }),
    };
    const { bytes } = await client.send({ method: "GET", location: { bucket, key: "" }, query }, options);
    const xml = Buffer.from(bytes).toString("utf8");
    for (const object of elements(xml, "Contents")) {
      yield {
        location: locationOf(keyIn(object, xml)),
        byteLength: Number(elementText(object, "Size") ?? 0),
        modifiedMs: Date.parse(elementText(object, "LastModified") ?? ""),
      };
    }
    if (elementText(xml, "IsTruncated") !== "true") return;
    continuation = elementText(xml, "NextContinuationToken");
    if (continuation === undefined) throw cutOff(bucket, prefix);
  }
  throw cutOff(bucket, prefix);
}

/**
 * Uploads in parts that were begun and never completed: they take room, and no listing of objects shows them.
 * Stores without this listing, and keys that may not ask for it, show none.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export async function* listUploads(
  client: S3Client,
  { bucket, key: prefix }: S3Location,
  locationOf: (key: string) => string,
  options: Abortable,
): AsyncGenerator<ListedFile> {
  let after: { readonly "key-marker": string; readonly "upload-id-marker": string } | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { uploads: "", "encoding-type": "url", prefix, ...after };
    const request = { method: "GET", location: { bucket, key: "" }, query, answers: [403, 404, 405, 501] } as const;
    const { status, bytes } = await client.send(request, options);
    if (status !== 200) return;
    const xml = Buffer.from(bytes).toString("utf8");
    for (const upload of elements(xml, "Upload")) {
      yield {
        location: uploadLocation(locationOf(keyIn(upload, xml)), elementText(upload, "UploadId") ?? ""),
        byteLength: 0,
        modifiedMs: Date.parse(elementText(upload, "Initiated") ?? ""),
      };
    }
    if (elementText(xml, "IsTruncated") !== "true") return;
    const [key, upload] = [elementText(xml, "NextKeyMarker"), elementText(xml, "NextUploadIdMarker")];
    if (key === undefined || upload === undefined) throw cutOff(bucket, prefix);
    after = { "key-marker": decoded(key, xml), "upload-id-marker": upload };
  }
  throw cutOff(bucket, prefix);
}

function keyIn(element: string, page: string): string {
  return decoded(elementText(element, "Key") ?? "", page);
}

/** Keys may hold what XML cannot: they are asked for in URL encoding, and a store that ignores that says so by its silence. */
function decoded(text: string, page: string): string {
  return elementText(page, "EncodingType") === "url" ? decodeURIComponent(text.replaceAll("+", " ")) : text;
}

function cutOff(bucket: string, prefix: string): StorageRefusedError {
  return new StorageRefusedError(
    `Cannot list s3://${bucket}/${prefix}: the store says that there is more, and not where. Nothing was changed`,
  );
}
