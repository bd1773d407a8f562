import { join } from "node:path";
import type { LakeConfig } from "../../index.ts";
import { TEST_BUCKET } from "./test-s3-server.ts";
import { testS3Config } from "./test-s3-storage.ts";

/** A lake whose files are on the test server and whose catalog is a SQLite file in `folder`. */
export function s3LakeConfig(
  folder: string,
  server: { readonly url: string },
  cacheFolder: string = join(folder, "cache"),
): LakeConfig {
  return {
    warehouse: `s3://${TEST_BUCKET}/warehouse`,
    catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
    name: "test",
    storage: { cacheFolder, environment: {}, s3: testS3Config(server, { attemptsMax: 6, silenceMsMax: 300 }) },
  };
}
