import { isAbsolute } from "node:path";
import { InvalidInputError } from "../../base/index.ts";
import { isS3Location } from "./s3/s3-location.ts";

/** Where new tables go. */
export interface Warehouse {
  /** Without a slash at its end; empty where the catalog chooses. */
  readonly location: string;
  /** To be made; undefined where it is no folder of this disk. */
  readonly folder: string | undefined;
}

/**
 * @param text an absolute path, or `s3://bucket/prefix`
 * @throws {InvalidInputError} when it is neither, or an object store that no storage is configured for
 */
export function parseWarehouse(
  text: string,
  { hasStorage, isChosenByCatalog }: { readonly hasStorage: boolean; readonly isChosenByCatalog: boolean },
): Warehouse {
  const trimmed = text.replace(/(?<=[^/])\/+$/, "");
  if (trimmed === "" && isChosenByCatalog) return { location: "", folder: undefined };
  if (isS3Location(trimmed)) {
    if (hasStorage) return { location: trimmed, folder: undefined };
    throw new InvalidInputError(
      `Cannot open the lake at ${text}: say by \`storage\` how to reach it, at least { cacheFolder: "/var/cache/k2" }`,
    );
  }
  if (isAbsolute(trimmed)) return { location: `file://${trimmed}`, folder: text };
  throw new InvalidInputError(
    `Cannot open the lake at ${text}: write an absolute path, as tables keep it, or s3://bucket/prefix`,
  );
}
