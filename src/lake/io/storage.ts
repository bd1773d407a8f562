import { join } from "node:path";
import {
  type Clock,
  type Files,
  InvalidInputError,
  type Logger,
  type Metrics,
  type Random,
  silentLogger,
  systemClock,
  systemFiles,
  systemRandom,
} from "../../base/index.ts";
import type { FileIo } from "./file-io.ts";
import { HttpClient } from "./http/http-client.ts";
import { LocalFileIo } from "./local-file-io.ts";
import { ReadCache } from "./read-cache.ts";
import { RoutedFileIo } from "./routed-file-io.ts";
import { type Environment, findRegion } from "./s3/credential-chain.ts";
import { S3Clients, type S3Config } from "./s3/s3-clients.ts";
import { S3FileIo } from "./s3/s3-file-io.ts";
import { StagingFolder } from "./staging-folder.ts";
import { createStorageMetrics } from "./storage-metrics.ts";
import { openWorkFolder } from "./work-folder.ts";

/** How remote files are reached. Secrets are not written here unless by a program: they come from the environment. */
export interface StorageConfig {
  /** Local folder for copies of remote files and for files that are being written. */
  readonly cacheFolder: string;
  /** Of copies; default 10 GB. The files of all scans under way must fit. */
  readonly cacheBytesMax?: number | undefined;
  readonly s3?: S3Config | undefined;
  readonly environment?: Environment | undefined;
}

export interface StorageTools {
  readonly files?: Files | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** A FileIo, which is disposed of by its user, and the door by which a catalog hands in the credentials it vends. */
export interface Storage {
  readonly io: FileIo;
  /** Undefined where only local files are reached. */
  readonly s3: S3Clients | undefined;
}

const CACHE_BYTES_DEFAULT = 10_000_000_000;
const MIB = 1024 * 1024;

/**
 * Local files and, where `config` is given, those of an S3-compatible store.
 *
 * @throws {InvalidInputError} when a setting is wrong, or no region is named where one is needed
 */
export async function openStorage(config: StorageConfig | undefined, tools: StorageTools = {}): Promise<Storage> {
  const { files = systemFiles, clock = systemClock, random = systemRandom, logger = silentLogger } = tools;
  const local = new LocalFileIo(files);
  if (config === undefined) {
    return { io: local, s3: undefined };
  }
  const { s3 = {}, environment = process.env } = config;
  checkConfig(config);
  const http = new HttpClient({ socketsMax: s3.socketsMax ?? 32, silenceMsMax: s3.silenceMsMax ?? 30_000 });
  const endpoint = s3.endpoint ?? environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"];
  const region = s3.region ?? (await findRegion(environment, s3.profile));
  let cacheBytes = (): number => 0;
  const metrics = tools.metrics && createStorageMetrics(tools.metrics, () => cacheBytes());
  const clients = new S3Clients(
    { ...s3, endpoint, region },
    { http, clock, random, environment, count: (operation, outcome) => metrics?.requests.add({ operation, outcome }) },
  );
  const folder = await openWorkFolder(files, config.cacheFolder);
  try {
    const staging = await StagingFolder.open(files, join(folder.path, "staging"));
    const cache: ReadCache = await ReadCache.open({
      folder: join(folder.path, "files"),
      bytesMax: config.cacheBytesMax ?? CACHE_BYTES_DEFAULT,
      fetchRange: (location, range, options) => remote.readRange(location, range, options),
      files,
      count: (outcome) => metrics?.cacheFiles.add({ outcome }),
    });
    cacheBytes = () => cache.byteLength;
    const remote = new S3FileIo({
      clientFor: (location) => clients.clientFor(location),
      cache,
      staging,
      files,
      logger,
      multipart: {
        thresholdBytes: s3.multipartThresholdBytes ?? 16 * MIB,
        partBytes: s3.partBytes ?? 8 * MIB,
        parallelMax: s3.partsParallelMax ?? 4,
      },
      isConditional: s3.conditionalWrites ?? true,
      close: async () => {
        await cache[Symbol.asyncDispose]();
        await http[Symbol.asyncDispose]();
        folder[Symbol.dispose](); // Last: from now on another may have it.
      },
    });
    return { io: new RoutedFileIo({ local, remote }), s3: clients };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

function checkConfig({ cacheFolder, s3 }: StorageConfig): void {
  if (cacheFolder === "") throw new InvalidInputError("Cannot open the storage: cacheFolder names no folder");
  const { endpoint } = s3 ?? {};
  if (endpoint === undefined || /^https?:\/\/[^/]+/.test(endpoint)) return;
  throw new InvalidInputError(
    `Cannot open the storage at ${endpoint}: write an endpoint such as https://minio.example:9000`,
  );
}
