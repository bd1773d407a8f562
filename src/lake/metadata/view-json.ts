import { formatJson, type Json, type JsonObject, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { schemaFromJson, schemaJson } from "../core/schema.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { ViewMetadata, ViewRepresentation, ViewVersion } from "./view-metadata.ts";

export const VIEW_FORMAT_VERSION_MAX = 1;

const KNOWN: ReadonlySet<string> = new Set([
  "view-uuid",
  "format-version",
  "location",
  "schemas",
  "current-version-id",
  "versions",
  "version-log",
  "properties",
]);

/**
 * Reads view metadata.
 *
 * @throws {LakeCorruptError} naming the member that is not as specified
 * @throws {LakeUnsupportedError} on a later format version
 */
export function parseView(text: string): ViewMetadata {
  return viewFromJson(parseJson(text));
}

/** As {@link parseView}, from JSON within another document. */
export function viewFromJson(json: Json): ViewMetadata {
  const reader = new JsonReader(json, "view metadata");
  const formatVersion = reader.integer("format-version");
  if (formatVersion < 1 || formatVersion > VIEW_FORMAT_VERSION_MAX) {
    throw new LakeUnsupportedError(
      `Cannot read a view of format version ${formatVersion}; 1 to ${VIEW_FORMAT_VERSION_MAX} are read`,
    );
  }
  return {
    viewUuid: reader.text("view-uuid"),
    formatVersion,
    location: reader.text("location").replace(/\/+$/, ""),
    schemas: reader.objects("schemas").map(schemaFromJson),
    currentVersionId: reader.integer("current-version-id"),
    versions: reader.objects("versions").map(viewVersionFromJson),
    versionLog: reader.objects("version-log").map((entry) => ({
      versionId: entry.integer("version-id"),
      timestampMs: entry.integer("timestamp-ms"),
    })),
    properties: reader.textMap("properties"),
    extra: reader.rest(KNOWN),
  };
}

export function formatView(view: ViewMetadata): string {
  return formatJson(viewJson(view));
}

export function viewJson(view: ViewMetadata): JsonObject {
  return {
    "view-uuid": view.viewUuid,
    "format-version": view.formatVersion,
    location: view.location,
    schemas: view.schemas.map(schemaJson),
    "current-version-id": view.currentVersionId,
    versions: view.versions.map(viewVersionJson),
    "version-log": view.versionLog.map((entry) => ({
      "version-id": entry.versionId,
      "timestamp-ms": entry.timestampMs,
    })),
    properties: view.properties,
    ...view.extra,
  };
}

export function viewVersionFromJson(reader: JsonReader): ViewVersion {
  return {
    versionId: reader.integer("version-id"),
    timestampMs: reader.integer("timestamp-ms"),
    schemaId: reader.integer("schema-id"),
    summary: reader.textMap("summary"),
    representations: reader.list("representations").map(representationFromJson),
    defaultCatalog: reader.optionalText("default-catalog"),
    defaultNamespace: reader.texts("default-namespace"),
  };
}

function representationFromJson(json: Json): ViewRepresentation {
  const reader = new JsonReader(json, "representation");
  if (reader.text("type").toLowerCase() !== "sql") return { type: "opaque", json: reader.rest(new Set()) };
  return { type: "sql", sql: reader.text("sql"), dialect: reader.text("dialect") };
}

export function viewVersionJson(version: ViewVersion): JsonObject {
  return {
    "version-id": version.versionId,
    "timestamp-ms": version.timestampMs,
    "schema-id": version.schemaId,
    summary: version.summary,
    "default-catalog": version.defaultCatalog,
    "default-namespace": version.defaultNamespace,
    representations: version.representations.map((each) =>
      each.type === "opaque" ? each.json : { type: each.type, sql: each.sql, dialect: each.dialect },
    ),
  };
}
