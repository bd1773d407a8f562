import type { JsonObject } from "../core/json.ts";
import type { Schema } from "../core/schema.ts";
import { LakeCorruptError } from "../errors.ts";

/**
 * One state of a view, immutable.
 *
 * @see https://iceberg.apache.org/view-spec/
 */
export interface ViewMetadata {
  readonly viewUuid: string;
  readonly formatVersion: number;
  readonly location: string;
  readonly schemas: readonly Schema[];
  readonly currentVersionId: number;
  readonly versions: readonly ViewVersion[];
  /** Which version was current from when on. */
  readonly versionLog: readonly ViewHistoryEntry[];
  readonly properties: Readonly<Record<string, string>>;
  /** Members this library does not interpret, kept as they are. */
  readonly extra: JsonObject;
}

/** What the view says, in one or more dialects. */
export interface ViewVersion {
  /** From 1. */
  readonly versionId: number;
  readonly timestampMs: number;
  readonly schemaId: number;
  readonly summary: Readonly<Record<string, string>>;
  readonly representations: readonly ViewRepresentation[];
  readonly defaultCatalog?: string | undefined;
  /** Where the query looks up names without a namespace. */
  readonly defaultNamespace: readonly string[];
}

export type ViewRepresentation =
  | { readonly type: "sql"; readonly sql: string; readonly dialect: string }
  /** Of a later version of the specification: kept word for word. */
  | { readonly type: "opaque"; readonly json: JsonObject };

interface ViewHistoryEntry {
  readonly versionId: number;
  readonly timestampMs: number;
}

export function currentViewVersion(view: ViewMetadata): ViewVersion {
  const version = view.versions.find(({ versionId }) => versionId === view.currentVersionId);
  if (version !== undefined) return version;
  throw new LakeCorruptError(
    `The metadata of view ${view.location} names version ${view.currentVersionId}, which it does not hold`,
  );
}

/** The dialects of a version's SQL, lower case. */
export function dialectsOf(version: ViewVersion): ReadonlySet<string> {
  return new Set(version.representations.flatMap((each) => (each.type === "sql" ? [each.dialect.toLowerCase()] : [])));
}
