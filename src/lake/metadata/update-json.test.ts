import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { formatJson, parseJson } from "../core/json.ts";
import { tableRequirementFromJson, tableRequirementJson } from "./requirement-json.ts";
import { tableUpdateFromJson, tableUpdateJson } from "./update-json.ts";
import {
  viewRequirementFromJson,
  viewRequirementJson,
  viewUpdateFromJson,
  viewUpdateJson,
} from "./view-update-json.ts";

const SCHEMA = '{"type":"struct","schema-id":1,"fields":[{"id":1,"name":"x","required":true,"type":"long"}]}';
const BIG = "9223372036854775807";

/** Every update of the protocol, spelled as its specification spells it. */
const UPDATES: readonly string[] = [
  '{"action":"assign-uuid","uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1"}',
  '{"action":"upgrade-format-version","format-version":3}',
  `{"action":"add-schema","schema":${SCHEMA},"last-column-id":4}`,
  '{"action":"set-current-schema","schema-id":-1}',
  '{"action":"add-spec","spec":{"spec-id":2,"fields":[{"source-id":1,"field-id":1000,"name":"x_b","transform":"bucket[16]"}]}}',
  '{"action":"add-spec","spec":{"fields":[{"source-id":1,"name":"x","transform":"identity"}]}}',
  '{"action":"set-default-spec","spec-id":-1}',
  '{"action":"add-sort-order","sort-order":{"order-id":1,"fields":[{"transform":"identity","source-id":1,"direction":"desc","null-order":"nulls-last"}]}}',
  '{"action":"set-default-sort-order","sort-order-id":-1}',
  `{"action":"add-snapshot","snapshot":{"sequence-number":3,"snapshot-id":${BIG},"parent-snapshot-id":9223372036854775806,"timestamp-ms":1700000000000,"summary":{"operation":"append","added-records":"7"},"manifest-list":"s3://b/l.avro","schema-id":0,"first-row-id":${BIG},"added-rows":7,"key-id":"k"}}`,
  `{"action":"remove-snapshots","snapshot-ids":[${BIG},1]}`,
  `{"action":"set-snapshot-ref","ref-name":"audit","snapshot-id":${BIG},"type":"branch","min-snapshots-to-keep":2,"max-snapshot-age-ms":5,"max-ref-age-ms":6}`,
  '{"action":"remove-snapshot-ref","ref-name":"audit"}',
  '{"action":"set-properties","updates":{"a":"1"}}',
  '{"action":"remove-properties","removals":["a","b"]}',
  '{"action":"set-location","location":"s3://b/t"}',
  `{"action":"set-statistics","snapshot-id":${BIG},"statistics":{"snapshot-id":${BIG},"statistics-path":"s.puffin","file-size-in-bytes":4,"file-footer-size-in-bytes":2,"blob-metadata":[{"type":"apache-datasketches-theta-v1","snapshot-id":${BIG},"sequence-number":1,"fields":[1]}]}}`,
  `{"action":"remove-statistics","snapshot-id":${BIG}}`,
  `{"action":"set-partition-statistics","partition-statistics":{"snapshot-id":${BIG},"statistics-path":"p.parquet","file-size-in-bytes":4}}`,
  `{"action":"remove-partition-statistics","snapshot-id":${BIG}}`,
  '{"action":"remove-partition-specs","spec-ids":[1,2]}',
  '{"action":"remove-schemas","schema-ids":[3]}',
  '{"action":"add-encryption-key","encryption-key":{"key-id":"k","encrypted-key-metadata":"QUJD","encrypted-by-id":"m","properties":{"p":"1"}}}',
  '{"action":"remove-encryption-key","key-id":"k"}',
];

test.each(UPDATES)("a table update comes back as it was sent: %s", (text) => {
  expect(formatJson(tableUpdateJson(tableUpdateFromJson(parseJson(text))))).toBe(text);
});

test.each([
  '{"type":"assert-create"}',
  '{"type":"assert-table-uuid","uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1"}',
  `{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":${BIG}}`,
  '{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":null}',
  '{"type":"assert-last-assigned-field-id","last-assigned-field-id":4}',
  '{"type":"assert-current-schema-id","current-schema-id":0}',
  '{"type":"assert-last-assigned-partition-id","last-assigned-partition-id":1000}',
  '{"type":"assert-default-spec-id","default-spec-id":0}',
  '{"type":"assert-default-sort-order-id","default-sort-order-id":0}',
])("a requirement comes back as it was sent: %s", (text) => {
  expect(formatJson(tableRequirementJson(tableRequirementFromJson(parseJson(text))))).toBe(text);
});

test.each([
  `{"action":"add-schema","schema":${SCHEMA}}`,
  '{"action":"add-view-version","view-version":{"version-id":1,"timestamp-ms":5,"schema-id":-1,"summary":{"engine-name":"spark"},"default-catalog":"c","default-namespace":["a","b"],"representations":[{"type":"sql","sql":"select 1","dialect":"spark"},{"type":"later","x":1}]}}',
  '{"action":"set-current-view-version","view-version-id":-1}',
  '{"action":"set-location","location":"s3://b/v"}',
  '{"action":"set-properties","updates":{"a":"1"}}',
  '{"action":"remove-properties","removals":["a"]}',
  '{"action":"assign-uuid","uuid":"u"}',
  '{"action":"upgrade-format-version","format-version":1}',
])("a view update comes back as it was sent: %s", (text) => {
  expect(formatJson(viewUpdateJson(viewUpdateFromJson(parseJson(text))))).toBe(text);
});

test("a view's requirement comes back as it was sent", () => {
  const text = '{"type":"assert-view-uuid","uuid":"u"}';
  expect(formatJson(viewRequirementJson(viewRequirementFromJson(parseJson(text))))).toBe(text);
});

test("clients of old say updated and removed", () => {
  expect(tableUpdateFromJson({ action: "set-properties", updated: { a: "1" } })).toMatchObject({ updates: { a: "1" } });
  expect(tableUpdateFromJson({ action: "remove-properties", removed: ["a"] })).toMatchObject({ removals: ["a"] });
});

test("what is unknown or malformed is the caller's mistake", () => {
  for (const json of [{ action: "paint-it-black" }, { action: "set-location" }, {}, "x", { action: "add-snapshot" }]) {
    expect(() => tableUpdateFromJson(json)).toThrow(InvalidInputError);
    expect(() => viewUpdateFromJson(json)).toThrow(InvalidInputError);
  }
  for (const json of [{ type: "assert-luck" }, { type: "assert-table-uuid" }, null]) {
    expect(() => tableRequirementFromJson(json)).toThrow(InvalidInputError);
    expect(() => viewRequirementFromJson(json)).toThrow(InvalidInputError);
  }
});
