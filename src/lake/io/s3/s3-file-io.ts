import { createHash } from "node:crypto";
import type { Abortable, Files, Logger } from "../../../base/index.ts";
import { LakeExistsError, LakeNotFoundError, StorageRefusedError, StorageUnavailableError } from "../../errors.ts";
import type { FileIo, FileLease, FileTail, FileToRead, ListedFile } from "../file-io.ts";
import type { HttpResponse } from "../http/http-client.ts";
import type { ReadCache } from "../read-cache.ts";
import type { StagingFolder } from "../staging-folder.ts";
import { type MultipartOptions, uploadInParts } from "./multipart.ts";
import type { S3Client } from "./s3-client.ts";
import { listObjects, listUploads } from "./s3-list.ts";
import { isS3Location, parseS3Location } from "./s3-location.ts";
import { sha256Hex } from "./sigv4.ts";

export interface S3FileIoOptions {
  /** The store, and the keys, for a location: the most specific that are known. */
  readonly clientFor: (location: string) => S3Client;
  readonly cache: ReadCache;
  readonly staging: StagingFolder;
  readonly files: Files;
  readonly logger: Logger;
  readonly multipart: MultipartOptions;
  /** Whether the store honours `If-None-Match: *` on writes; learnt otherwise where it says that it does not. */
  readonly isConditional: boolean;
  /** Ends what the adapter was given to use. */
  readonly close: () => Promise<void>;
}

/** Kept with every object written here: by it, a retry tells its own earlier success from another's file. */
const HASH_HEADER = "x-amz-meta-k2-sha256";

/** Any S3-compatible store. New files are made on the local disk and sent when finished; data files are read from local copies. */
export class S3FileIo implements FileIo {
  readonly #options: S3FileIoOptions;
  #isConditional: boolean;

  constructor(options: S3FileIoOptions) {
    this.#options = options;
    this.#isConditional = options.isConditional;
  }

  async read(location: string, options: Abortable = {}): Promise<Uint8Array> {
    const response = await this.#client(location).send({ method: "GET", location: parseS3Location(location) }, options);
    return response.bytes;
  }

  /** The bytes [`start`, `start + byteLength`) of an object. */
  async readRange(
    location: string,
    { start, byteLength }: { readonly start: number; readonly byteLength: number },
    options: Abortable = {},
  ): Promise<Uint8Array> {
    const headers = { range: `bytes=${start}-${start + byteLength - 1}` };
    const request = { method: "GET", location: parseS3Location(location), headers, answers: [416] } as const;
    const { status, bytes } = await this.#client(location).send(request, options);
    if (status === 416) return new Uint8Array();
    return status === 200 ? bytes.subarray(start, start + byteLength) : bytes; // A store without ranges sends all of it.
  }

  async write(location: string, bytes: Uint8Array, options: Abortable = {}): Promise<void> {
    await this.#put(location, bytes, sha256Hex(bytes), options);
  }

  async #put(location: string, body: Uint8Array, hash: string, options: Abortable): Promise<void> {
    const content: Content = { byteLength: body.byteLength, hash, md5: createHash("md5").update(body).digest("hex") };
    if (!this.#isConditional && (await this.#isThere(location, content, options))) return;
    const response = await this.#orSettled(location, content, options, () =>
      this.#client(location).send(
        {
          method: "PUT",
          location: parseS3Location(location),
          headers: { [HASH_HEADER]: hash, "content-type": "application/octet-stream", ...this.#condition() },
          body,
          bodyHash: hash,
          answers: [412, 501],
        },
        options,
      ),
    );
    if (response?.status === 501) {
      this.#forgoConditions();
      await this.#put(location, body, hash, options);
    } else if (response?.status === 412 && !(await this.#isThere(location, content, options))) {
      throw removedMeanwhile(location);
    }
  }

  #condition(): Readonly<Record<string, string>> {
    return this.#isConditional ? { "if-none-match": "*" } : {};
  }

  #forgoConditions(): void {
    if (!this.#isConditional)
      throw new StorageRefusedError("Cannot write: the object store does not implement it (501)");
    this.#isConditional = false;
    this.#options.logger.info(
      {},
      "The object store has no conditional writes: names are looked up before they are given",
    );
  }

  /**
   * Runs a write. Where its last try had no answer, the store is asked whether it took effect.
   *
   * @returns undefined when the write is known to be done
   */
  async #orSettled<T>(
    location: string,
    content: Content,
    options: Abortable,
    write: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error;
      const isDone = await this.#isThere(location, content, options).catch(() => false);
      if (isDone) return undefined;
      throw error;
    }
  }

  /**
   * Whether the object is there with just this content.
   *
   * @throws {LakeExistsError} when it is there with other content
   */
  async #isThere(location: string, content: Content, options: Abortable): Promise<boolean> {
    const found = await this.#head(location, options);
    if (found === undefined) return false;
    if (isSame(found, content)) return true;
    throw new LakeExistsError(
      `Cannot write ${location}: there is an object of ${found.headers["content-length"]} other bytes. It stays; write under a new name`,
    );
  }

  async #head(location: string, options: Abortable): Promise<HttpResponse | undefined> {
    const request = { method: "HEAD", location: parseS3Location(location), answers: [404] } as const;
    const response = await this.#client(location).send(request, options);
    return response.status === 404 ? undefined : response;
  }

  async remove(location: string, options: Abortable = {}): Promise<void> {
    const target = parseS3Location(location);
    const { uploadId } = target;
    const query = uploadId === undefined ? {} : { uploadId };
    await this.#client(location).send({ method: "DELETE", location: target, query, answers: [404] }, options);
    if (uploadId === undefined) await this.#options.cache.drop(location);
  }

  async *list(prefix: string, options: Abortable = {}): AsyncGenerator<ListedFile> {
    const folder = `${prefix.replace(/\/+$/, "")}/`;
    const target = parseS3Location(folder);
    const client = this.#client(folder);
    const locationOf = (key: string): string => `${folder}${key.slice(target.key.length)}`;
    yield* listObjects(client, target, locationOf, options);
    yield* listUploads(client, target, locationOf, options);
  }

  lease(files: readonly FileToRead[], options: Abortable = {}): Promise<FileLease> {
    return this.#options.cache.lease(files, options);
  }

  beginFile(location: string): Promise<string> {
    return this.#options.staging.begin(location);
  }

  async finishFile(location: string, options: Abortable = {}): Promise<void> {
    const { staging, multipart, cache } = this.#options;
    const staged = await staging.finish(location);
    if (staged.byteLength <= multipart.thresholdBytes) {
      const bytes = await this.#options.files.read(staged.path);
      await this.#put(location, bytes, sha256Hex(bytes), options);
    } else {
      await this.#upload(location, staged, options);
    }
    await cache.adopt(location, staged);
    await staging.drop(location);
  }

  async #upload(
    location: string,
    staged: { readonly path: string; readonly byteLength: number },
    options: Abortable,
  ): Promise<void> {
    const { multipart, files } = this.#options;
    const hash = await hashOf(files, staged.path, multipart.partBytes);
    const content: Content = { byteLength: staged.byteLength, hash, md5: undefined };
    if (!this.#isConditional && (await this.#isThere(location, content, options))) return;
    const outcome = await this.#orSettled(location, content, options, () =>
      uploadInParts(
        this.#client(location),
        { location: parseS3Location(location), headers: { [HASH_HEADER]: hash }, condition: this.#condition() },
        { files, ...staged },
        multipart,
        options,
      ),
    );
    if (outcome === "unsupported") {
      this.#forgoConditions();
      await this.#upload(location, staged, options);
    } else if (outcome === "exists" && !(await this.#isThere(location, content, options))) {
      throw removedMeanwhile(location);
    }
  }

  async abandonFile(location: string): Promise<void> {
    await this.#options.staging.drop(location);
    await this.remove(location);
  }

  async readTail(pathOrLocation: string, byteLengthMax: number): Promise<FileTail> {
    if (!isS3Location(pathOrLocation)) return this.#options.staging.readTail(pathOrLocation, byteLengthMax);
    const found = await this.#head(pathOrLocation, {});
    if (found === undefined)
      throw new LakeNotFoundError(`There is no object ${pathOrLocation}; it was never written, or it has been removed`);
    const fileByteLength = Number(found.headers["content-length"]);
    const byteLength = Math.min(byteLengthMax, fileByteLength);
    if (byteLength === 0) return { bytes: new Uint8Array(), fileByteLength };
    const bytes = await this.readRange(pathOrLocation, { start: fileByteLength - byteLength, byteLength });
    return { bytes, fileByteLength };
  }

  #client(location: string): S3Client {
    return this.#options.clientFor(location);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.close();
  }
}

interface Content {
  readonly byteLength: number;
  readonly hash: string;
  readonly md5: string | undefined;
}

/** By our hash where the object has one, else by its ETag where that is an MD5, else by its length: names are one writer's own. */
function isSame({ headers }: HttpResponse, { byteLength, hash, md5 }: Content): boolean {
  if (Number(headers["content-length"]) !== byteLength) return false;
  const kept = headers[HASH_HEADER];
  if (kept !== undefined) return kept === hash;
  const etag = /^"?([0-9a-f]{32})"?$/.exec(headers["etag"] ?? "")?.[1];
  const isPlainMd5 = headers["x-amz-server-side-encryption"]?.includes("kms") !== true;
  return etag === undefined || md5 === undefined || !isPlainMd5 || etag === md5;
}

function removedMeanwhile(location: string): StorageUnavailableError {
  return new StorageUnavailableError(
    `Cannot write ${location}: the store said that it is there, and then that it is not. Nothing is there now; try again`,
  );
}

async function hashOf(files: Files, path: string, chunkBytes: number): Promise<string> {
  const hash = createHash("sha256");
  await using file = await files.open(path, "r");
  const chunk = new Uint8Array(chunkBytes);
  for (let at = 0; ; ) {
    const filled = await file.read(chunk, at);
    if (filled === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, filled));
    at += filled;
  }
}
