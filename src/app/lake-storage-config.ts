import { join } from "node:path";
import Type from "typebox";
import type { StorageConfig } from "../lake/index.ts";

const Text = (description: string): Type.TOptional<Type.TString> =>
  Type.Optional(Type.String({ minLength: 1, description }));

/** `lake.storage` of the configuration. Keys are never in it: they come from where AWS's tools look for them. */
export const LakeStorageSchema: Type.TObject<{
  warehouse: Type.TOptional<Type.TString>;
  endpoint: Type.TOptional<Type.TString>;
  region: Type.TOptional<Type.TString>;
  profile: Type.TOptional<Type.TString>;
  pathStyle: Type.TOptional<Type.TBoolean>;
  conditionalWrites: Type.TBoolean;
  cacheFolder: Type.TOptional<Type.TString>;
  cacheBytesMax: Type.TInteger;
}> = Type.Object(
  {
    warehouse: Text("s3://bucket/prefix for the lake's files; default: the data folder"),
    endpoint: Text("Of a store that is not AWS, such as https://minio.example:9000; or AWS_ENDPOINT_URL_S3"),
    region: Text("Of the bucket; or AWS_REGION"),
    profile: Text("Of the shared credentials files; or AWS_PROFILE"),
    pathStyle: Type.Optional(
      Type.Boolean({ description: "endpoint/bucket and not bucket.endpoint; default: where an endpoint is named" }),
    ),
    conditionalWrites: Type.Boolean({
      default: true,
      description: "The store honours If-None-Match on writes; false for Google Cloud Storage",
    }),
    cacheFolder: Text("For local copies of remote files; default: in the data folder"),
    cacheBytesMax: Type.Integer({
      minimum: 1,
      default: 10_000_000_000,
      description: "Of copies; the files of all scans under way must fit",
    }),
  },
  { additionalProperties: false, default: {} },
);

export interface LakeStorageConfig {
  readonly warehouse?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly pathStyle?: boolean;
  readonly conditionalWrites: boolean;
  readonly cacheFolder?: string;
  readonly cacheBytesMax: number;
}

/** Undefined where the lake's files stay on this disk. */
export function lakeStorage(config: LakeStorageConfig | undefined, root: string): StorageConfig | undefined {
  if (config?.warehouse === undefined) return undefined;
  const { endpoint, region, profile, pathStyle, conditionalWrites, cacheBytesMax } = config;
  return {
    cacheFolder: config.cacheFolder ?? join(root, "lake-cache"),
    cacheBytesMax,
    s3: { endpoint, region, profile, pathStyle, conditionalWrites },
  };
}
