import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { lakeStorage } from "./lake-storage-config.ts";

test("lake.storage is set by file or environment, and keys are no setting of it", () => {
  const none = readConfig({ environment: {}, overrides: { data: tmpdir() } });
  expect(lakeStorage(none.lake.storage, "/data")).toBeUndefined();
  const environment = {
    K2_LAKE_STORAGE_WAREHOUSE: "s3://bucket/k2",
    K2_LAKE_STORAGE_ENDPOINT: "https://minio.example:9000",
    K2_LAKE_STORAGE_PATH_STYLE: "true",
    K2_LAKE_STORAGE_CONDITIONAL_WRITES: "false",
  };
  const config = readConfig({ environment, overrides: { data: tmpdir() } });
  expect(lakeStorage(config.lake.storage, "/data")).toEqual({
    cacheFolder: join("/data", "lake-cache"),
    cacheBytesMax: 10_000_000_000,
    s3: { endpoint: "https://minio.example:9000", pathStyle: true, conditionalWrites: false },
  });
  const secret = { lake: { storage: { secretAccessKey: "x" } } };
  expect(() => readConfig({ environment: {}, overrides: secret })).toThrow(/lake\.storage.*secretAccessKey/);
});
