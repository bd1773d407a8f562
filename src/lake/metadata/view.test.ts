import { expect, test } from "vitest";
import { parseJson } from "../core/json.ts";
import { schemaFrom } from "../core/schema.ts";
import { CommitConflictError, LakeUnsupportedError } from "../errors.ts";
import { formatView, parseView } from "./view-json.ts";
import { currentViewVersion, type ViewMetadata, type ViewVersion } from "./view-metadata.ts";
import { applyViewUpdates, checkViewRequirements, newViewMetadata, type ViewUpdate } from "./view-update.ts";

const SCHEMA = schemaFrom([{ id: 1, name: "event_count", type: "int", required: false, doc: "Count of events" }]);

function version(sql: string, more: Partial<ViewVersion> = {}): ViewVersion {
  return {
    versionId: 1,
    timestampMs: 1_000,
    schemaId: 0,
    summary: { "engine-name": "Spark" },
    representations: [{ type: "sql", sql, dialect: "spark" }],
    defaultCatalog: "prod",
    defaultNamespace: ["default"],
    ...more,
  };
}

function view(properties: Readonly<Record<string, string>> = {}): ViewMetadata {
  return newViewMetadata(
    { schema: SCHEMA, viewVersion: version("select 1"), properties },
    { viewUuid: "fa6506c3-7681-40c8-86dc-e36561f83385", location: "s3://b/v/", nowMs: 1_000 },
  );
}

function replace(base: ViewMetadata, viewVersion: ViewVersion, ...more: readonly ViewUpdate[]): ViewMetadata {
  const updates: readonly ViewUpdate[] = [
    ...more,
    { action: "add-view-version", viewVersion },
    { action: "set-current-view-version", viewVersionId: -1 },
  ];
  return applyViewUpdates(base, updates, 9_000);
}

test("the specification's example is read and comes back", () => {
  const text = JSON.stringify({
    "view-uuid": "fa6506c3-7681-40c8-86dc-e36561f83385",
    "format-version": 1,
    location: "s3://bucket/warehouse/default.db/event_agg",
    schemas: [
      {
        type: "struct",
        "schema-id": 1,
        fields: [
          { id: 1, name: "event_count", required: false, type: "int", doc: "Count of events" },
          { id: 2, name: "event_date", required: false, type: "date" },
        ],
      },
    ],
    "current-version-id": 1,
    versions: [
      {
        "version-id": 1,
        "timestamp-ms": 1573518431292,
        "schema-id": 1,
        summary: { "engine-name": "Spark", "engine-version": "3.3.2" },
        "default-catalog": "prod",
        "default-namespace": ["default"],
        representations: [
          {
            type: "sql",
            sql: "SELECT\n    COUNT(1), CAST(event_ts AS DATE)\nFROM events\nGROUP BY 2",
            dialect: "spark",
          },
        ],
      },
    ],
    "version-log": [{ "version-id": 1, "timestamp-ms": 1573518431292 }],
    properties: { comment: "Daily event counts" },
  });
  const parsed = parseView(text);
  expect(currentViewVersion(parsed).defaultNamespace).toEqual(["default"]);
  expect(parseJson(formatView(parsed))).toEqual(parseJson(text));
  expect(() => parseView(text.replace('"format-version":1', '"format-version":2'))).toThrow(LakeUnsupportedError);
});

test("a new view has its first version, current since it was made", () => {
  expect(view({ comment: "x" })).toMatchObject({
    location: "s3://b/v",
    currentVersionId: 1,
    versions: [{ versionId: 1, schemaId: 0 }],
    versionLog: [{ versionId: 1, timestampMs: 1_000 }],
    properties: { comment: "x" },
  });
});

test("a replaced query is a new version; an equal one is used again, from now on", () => {
  const second = replace(view(), version("select 2", { versionId: 1, timestampMs: 2_000 }));
  expect(second.versions.map(({ versionId }) => versionId)).toEqual([1, 2]);
  const back = replace(second, version("select 1", { versionId: 3, timestampMs: 3_000 }));
  expect([back.currentVersionId, back.versions.length]).toEqual([1, 2]);
  expect(back.versionLog).toEqual([
    { versionId: 1, timestampMs: 1_000 },
    { versionId: 2, timestampMs: 2_000 },
    { versionId: 1, timestampMs: 9_000 },
  ]);
});

test("a version may use the schema that was added just before it", () => {
  const schema = schemaFrom([{ id: 1, name: "n", type: "long", required: false }], 7);
  const next = replace(view(), version("select n", { schemaId: -1 }), { action: "add-schema", schema });
  expect([next.schemas.map(({ schemaId }) => schemaId), currentViewVersion(next).schemaId]).toEqual([[0, 1], 1]);
  expect(() => replace(view(), version("x", { schemaId: -1 }))).toThrow(/no schema has been added/);
  expect(() => replace(view(), version("x", { schemaId: 4 }))).toThrow(/unknown schema: 4/);
});

test("old versions are forgotten, never the current one nor those just added, and the log with them", () => {
  let base = view({ "version.history.num-entries": "2" });
  for (const [index, sql] of ["select 2", "select 3"].entries()) {
    base = replace(base, version(sql, { timestampMs: 2_000 + index }));
  }
  expect(base.versions.map(({ versionId }) => versionId)).toEqual([2, 3]);
  expect(base.versionLog.map(({ versionId }) => versionId)).toEqual([2, 3]);
  const back = applyViewUpdates(base, [{ action: "set-current-view-version", viewVersionId: 2 }], 9_000);
  const many = applyViewUpdates(
    back,
    ["a", "b", "c"].map((sql) => ({ action: "add-view-version", viewVersion: version(sql) })),
    9_000,
  );
  expect(many.versions.map(({ versionId }) => versionId)).toEqual([2, 4, 5, 6]);
  expect(() =>
    applyViewUpdates(base, [{ action: "set-properties", updates: { "version.history.num-entries": "0" } }], 1),
  ).toThrow(/must be positive but was 0/);
});

test("a dialect may not be lost, unless the view allows it", () => {
  const trino = version("select 2", { representations: [{ type: "sql", sql: "select 2", dialect: "TRINO" }] });
  expect(() => replace(view(), trino)).toThrow(
    /loss of view dialects.*\nPrevious dialects: \[spark\]\nNew dialects: \[trino\]/,
  );
  expect(replace(view({ "replace.drop-dialect.allowed": "true" }), trino).currentVersionId).toBe(2);
  const twice = version("x", {
    representations: [
      { type: "sql", sql: "a", dialect: "spark" },
      { type: "sql", sql: "b", dialect: "SPARK" },
    ],
  });
  expect(() => replace(view(), twice)).toThrow(/multiple queries for dialect spark/);
  expect(() => replace(view(), version("x", { representations: [] }))).toThrow(/no query/);
});

test("a view is known by its uuid, which is for good", () => {
  const base = view();
  checkViewRequirements(base, [{ type: "assert-view-uuid", uuid: base.viewUuid.toUpperCase() }]);
  expect(() => checkViewRequirements(base, [{ type: "assert-view-uuid", uuid: "x" }])).toThrow(CommitConflictError);
  expect(() => applyViewUpdates(base, [{ action: "assign-uuid", uuid: "x" }], 1)).toThrow(/Cannot reassign uuid/);
  expect(() => applyViewUpdates(base, [{ action: "upgrade-format-version", formatVersion: 2 }], 1)).toThrow(
    /version 1/,
  );
  expect(() => applyViewUpdates(base, [{ action: "set-current-view-version", viewVersionId: 9 }], 1)).toThrow(
    /unknown version: 9/,
  );
  expect(applyViewUpdates(base, [{ action: "set-location", location: "s3://b/v" }], 1)).toBe(base);
});
