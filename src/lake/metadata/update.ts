import { InvalidInputError } from "../../base/index.ts";
import type { UnboundPartitionSpec } from "../core/partition-spec.ts";
import { type Schema, sameSchema } from "../core/schema.ts";
import type { SortOrder } from "../core/sort-order.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { change, type Draft, LAST_ADDED, openDraft } from "./draft.ts";
import type { Snapshot, SnapshotRef } from "./snapshot.ts";
import type { EncryptedKey, PartitionStatisticsFile, StatisticsFile } from "./statistics.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { addSchema, checkCurrentFits, removeSchemas, setCurrentSchema } from "./update-schema.ts";
import { addSnapshot, cutSnapshotLog, removeRef, removeSnapshots, setRef } from "./update-snapshot.ts";
import { addSortOrder, addSpec, removeSpecs, setDefaultSortOrder, setDefaultSpec } from "./update-spec.ts";

/**
 * One change of a table, as the REST catalog protocol names them.
 *
 * @see https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export type TableUpdate =
  /** Only a table that has none takes an uuid. */
  | { readonly action: "assign-uuid"; readonly uuid: string }
  | { readonly action: "upgrade-format-version"; readonly formatVersion: number }
  /** The schema takes the id of an equal one, or the next free. */
  | { readonly action: "add-schema"; readonly schema: Schema; readonly lastColumnId?: number | undefined }
  /** −1 is the schema that was added last. */
  | { readonly action: "set-current-schema"; readonly schemaId: number }
  /** The spec takes the id of an equal one, or the next free; so do fields without an id. */
  | { readonly action: "add-spec"; readonly spec: UnboundPartitionSpec }
  /** −1 is the spec that was added last. */
  | { readonly action: "set-default-spec"; readonly specId: number }
  /** The order takes the id of an equal one, or the next free. */
  | { readonly action: "add-sort-order"; readonly sortOrder: SortOrder }
  /** −1 is the sort order that was added last. */
  | { readonly action: "set-default-sort-order"; readonly sortOrderId: number }
  | { readonly action: "add-snapshot"; readonly snapshot: Snapshot }
  /** Ids the table does not hold are passed over; one that a branch or tag refers to is refused. */
  | { readonly action: "remove-snapshots"; readonly snapshotIds: readonly bigint[] }
  | { readonly action: "set-snapshot-ref"; readonly refName: string; readonly ref: SnapshotRef }
  | { readonly action: "remove-snapshot-ref"; readonly refName: string }
  | { readonly action: "set-properties"; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: "remove-properties"; readonly removals: readonly string[] }
  | { readonly action: "set-location"; readonly location: string }
  /** Replaces what the snapshot had. */
  | { readonly action: "set-statistics"; readonly statistics: StatisticsFile }
  | { readonly action: "remove-statistics"; readonly snapshotId: bigint }
  /** Replaces what the snapshot had. */
  | { readonly action: "set-partition-statistics"; readonly partitionStatistics: PartitionStatisticsFile }
  | { readonly action: "remove-partition-statistics"; readonly snapshotId: bigint }
  | { readonly action: "remove-partition-specs"; readonly specIds: readonly number[] }
  | { readonly action: "remove-schemas"; readonly schemaIds: readonly number[] }
  | { readonly action: "add-encryption-key"; readonly encryptionKey: EncryptedKey }
  | { readonly action: "remove-encryption-key"; readonly keyId: string };

/**
 * The table after `updates`, in order. The original is untouched, and returned itself where nothing changes.
 *
 * @param nowMs becomes `last-updated-ms`, never below what it was
 * @throws {InvalidInputError} when an update contradicts the table
 */
export function applyUpdates(metadata: TableMetadata, updates: readonly TableUpdate[], nowMs: number): TableMetadata {
  return finishDraft(openDraft(metadata, { isNew: false, nowMs }), updates);
}

/**
 * Of `updates` those that change the table, with the ids that it gives what they add: what a catalog is told that trusts
 * its clients to know them.
 *
 * @throws {InvalidInputError} when an update contradicts the table
 */
export function effectiveUpdates(metadata: TableMetadata, updates: readonly TableUpdate[]): readonly TableUpdate[] {
  const draft = openDraft(metadata, { isNew: false, nowMs: metadata.lastUpdatedMs });
  const effective = applyAll(draft, updates);
  finish(draft, metadata);
  return effective;
}

/** @throws {InvalidInputError} when an update contradicts the table */
export function finishDraft(draft: Draft, updates: readonly TableUpdate[]): TableMetadata {
  const before = draft.table;
  applyAll(draft, updates);
  return finish(draft, before);
}

function finish(draft: Draft, before: TableMetadata): TableMetadata {
  if (draft.table === before) return before;
  checkCurrentFits(draft.table);
  cutSnapshotLog(draft);
  const times = [before.lastUpdatedMs, draft.nowMs, draft.table.lastUpdatedMs];
  return { ...draft.table, lastUpdatedMs: Math.max(...times) };
}

/** @returns those that changed something */
function applyAll(draft: Draft, updates: readonly TableUpdate[]): readonly TableUpdate[] {
  const effective: TableUpdate[] = [];
  for (const update of updates) {
    const { table } = draft;
    applyUpdate(draft, update);
    if (draft.table !== table) effective.push(withIds(draft.table, update, effective));
  }
  return effective;
}

/** The update as it took effect: with the ids the table gave, and −1 for what was added just before. */
function withIds(table: TableMetadata, update: TableUpdate, before: readonly TableUpdate[]): TableUpdate {
  const added = <Action extends TableUpdate["action"]>(action: Action) =>
    before.findLast((each): each is Extract<TableUpdate, { readonly action: Action }> => each.action === action);
  switch (update.action) {
    case "add-schema":
      return { ...update, schema: table.schemas.find((each) => sameSchema(each, update.schema)) ?? update.schema };
    case "set-current-schema": {
      const schemaId = table.currentSchemaId;
      return { ...update, schemaId: added("add-schema")?.schema.schemaId === schemaId ? LAST_ADDED : schemaId };
    }
    case "add-spec":
      return { ...update, spec: table.partitionSpecs.at(-1) ?? update.spec };
    case "set-default-spec": {
      const specId = table.defaultSpecId;
      return { ...update, specId: added("add-spec")?.spec.specId === specId ? LAST_ADDED : specId };
    }
    case "add-sort-order":
      return { ...update, sortOrder: table.sortOrders.at(-1) ?? update.sortOrder };
    case "set-default-sort-order": {
      const sortOrderId = table.defaultSortOrderId;
      return {
        ...update,
        sortOrderId: added("add-sort-order")?.sortOrder.orderId === sortOrderId ? LAST_ADDED : sortOrderId,
      };
    }
    default:
      return update;
  }
}

type Appliers = {
  readonly [Action in TableUpdate["action"]]: (
    draft: Draft,
    update: Extract<TableUpdate, { readonly action: Action }>,
  ) => void;
};

const APPLIERS: Appliers = {
  "assign-uuid": (draft, { uuid }) => assignUuid(draft, uuid),
  "upgrade-format-version": (draft, { formatVersion }) => upgrade(draft, formatVersion),
  "add-schema": (draft, { schema, lastColumnId }) => addSchema(draft, schema, lastColumnId),
  "set-current-schema": (draft, { schemaId }) => setCurrentSchema(draft, schemaId),
  "remove-schemas": (draft, { schemaIds }) => removeSchemas(draft, schemaIds),
  "add-spec": (draft, { spec }) => addSpec(draft, spec),
  "set-default-spec": (draft, { specId }) => setDefaultSpec(draft, specId),
  "remove-partition-specs": (draft, { specIds }) => removeSpecs(draft, specIds),
  "add-sort-order": (draft, { sortOrder }) => addSortOrder(draft, sortOrder),
  "set-default-sort-order": (draft, { sortOrderId }) => setDefaultSortOrder(draft, sortOrderId),
  "add-snapshot": (draft, { snapshot }) => addSnapshot(draft, snapshot),
  "remove-snapshots": (draft, { snapshotIds }) => removeSnapshots(draft, snapshotIds),
  "set-snapshot-ref": (draft, { refName, ref }) => setRef(draft, refName, ref),
  "remove-snapshot-ref": (draft, { refName }) => removeRef(draft, refName),
  "set-properties": (draft, { updates }) => setProperties(draft, updates),
  "remove-properties": (draft, { removals }) => removeProperties(draft, new Set(removals)),
  "set-location": (draft, { location }) => setLocation(draft, location),
  "set-statistics": (draft, { statistics: file }) =>
    change(draft, { statistics: [...without(draft.table.statistics, "snapshotId", file.snapshotId), file] }),
  "remove-statistics": (draft, { snapshotId }) =>
    changeList(draft, "statistics", without(draft.table.statistics, "snapshotId", snapshotId)),
  "set-partition-statistics": (draft, { partitionStatistics: file }) =>
    change(draft, {
      partitionStatistics: [...without(draft.table.partitionStatistics, "snapshotId", file.snapshotId), file],
    }),
  "remove-partition-statistics": (draft, { snapshotId }) =>
    changeList(draft, "partitionStatistics", without(draft.table.partitionStatistics, "snapshotId", snapshotId)),
  "add-encryption-key": (draft, { encryptionKey }) => addEncryptionKey(draft, encryptionKey),
  "remove-encryption-key": (draft, { keyId }) =>
    changeList(draft, "encryptionKeys", without(draft.table.encryptionKeys, "keyId", keyId)),
};

function applyUpdate<Action extends TableUpdate["action"]>(
  draft: Draft,
  update: Extract<TableUpdate, { readonly action: Action }>,
): void {
  const apply = APPLIERS[update.action as Action] as (draft: Draft, update: TableUpdate) => void;
  apply(draft, update);
}

function without<K extends string, V, T extends { readonly [key in K]: V }>(
  all: readonly T[],
  key: K,
  value: V,
): readonly T[] {
  return all.filter((each) => each[key] !== value);
}

/** Replaces a list by one without some of its items; where none is gone the table stays the very same. */
function changeList<K extends "statistics" | "partitionStatistics" | "encryptionKeys">(
  draft: Draft,
  member: K,
  kept: TableMetadata[K],
): void {
  if (kept.length < draft.table[member].length) change(draft, { [member]: kept });
}

function addEncryptionKey(draft: Draft, key: EncryptedKey): void {
  const { encryptionKeys } = draft.table;
  if (!encryptionKeys.some(({ keyId }) => keyId === key.keyId))
    change(draft, { encryptionKeys: [...encryptionKeys, key] });
}

function setProperties(draft: Draft, updates: Readonly<Record<string, string>>): void {
  if (Object.keys(updates).length > 0) change(draft, { properties: { ...draft.table.properties, ...updates } });
}

function assignUuid(draft: Draft, uuid: string): void {
  const held = draft.table.tableUuid;
  if (uuid === "") throw new InvalidInputError("Cannot assign an empty uuid to a table");
  if (held.toLowerCase() === uuid.toLowerCase()) return;
  if (held !== "" && !draft.isNew) {
    throw new InvalidInputError(`Cannot reassign uuid: the table is ${held} for good. Nothing was changed`);
  }
  change(draft, { tableUuid: uuid });
}

export const FORMAT_VERSION_MAX = 3;

function upgrade(draft: Draft, formatVersion: number): void {
  const held = draft.table.formatVersion;
  if (formatVersion > FORMAT_VERSION_MAX || !Number.isInteger(formatVersion) || formatVersion < 1) {
    throw new LakeUnsupportedError(
      `Cannot upgrade table to unsupported format version: v${formatVersion} (supported: v${FORMAT_VERSION_MAX})`,
    );
  }
  if (formatVersion < held) {
    throw new InvalidInputError(`Cannot downgrade v${held} table to v${formatVersion}. Nothing was changed`);
  }
  if (formatVersion > held) change(draft, { formatVersion });
}

function removeProperties(draft: Draft, removals: ReadonlySet<string>): void {
  const all = Object.entries(draft.table.properties);
  const kept = all.filter(([name]) => !removals.has(name));
  if (kept.length === all.length) return;
  change(draft, { properties: Object.fromEntries(kept) });
}

function setLocation(draft: Draft, location: string): void {
  const stripped = location.replace(/\/+$/, "");
  if (stripped === "") throw new InvalidInputError("Cannot set an empty location of a table");
  if (stripped !== draft.table.location) change(draft, { location: stripped });
}
