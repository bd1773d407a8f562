import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStorage, type Storage, type StorageConfig } from "../storage.ts";
import type { S3Config } from "./s3-clients.ts";
import { TEST_BUCKET, TEST_KEYS, type TestS3Options, TestS3Server } from "./test-s3-server.ts";

/** A server and a way to it, with a cache folder of its own: for tests. */
export class TestS3Storage implements AsyncDisposable {
  readonly server: TestS3Server;
  readonly config: StorageConfig;
  readonly storage: Storage;
  readonly root: string = `s3://${TEST_BUCKET}/warehouse`;
  readonly folder: string;

  private constructor(server: TestS3Server, config: StorageConfig, storage: Storage, folder: string) {
    this.server = server;
    this.config = config;
    this.storage = storage;
    this.folder = folder;
  }

  static async open(s3: S3Config = {}, options: TestS3Options & Partial<StorageConfig> = {}): Promise<TestS3Storage> {
    const server = await TestS3Server.start(options);
    const folder = await mkdtemp(join(tmpdir(), "k2-s3-"));
    const config: StorageConfig = {
      cacheFolder: join(folder, "cache"),
      cacheBytesMax: options.cacheBytesMax,
      environment: {},
      s3: testS3Config(server, s3),
    };
    return new TestS3Storage(server, config, await openStorage(config), folder);
  }

  get io(): Storage["io"] {
    return this.storage.io;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.storage.io[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Small parts and short waits. */
export function testS3Config(server: { readonly url: string }, s3: S3Config = {}): S3Config {
  return {
    endpoint: server.url,
    region: "us-east-1",
    credentials: TEST_KEYS,
    backoffFirstMs: 1,
    silenceMsMax: 1_000, // A busy machine is silent for a while, too.
    multipartThresholdBytes: 100_000,
    partBytes: 40_000,
    ...s3,
  };
}
