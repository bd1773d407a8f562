import { InvalidInputError } from "../../base/index.ts";
import type { PartitionSpec } from "../core/partition-spec.ts";
import { highestFieldId, type Schema } from "../core/schema.ts";
import type { SortOrder } from "../core/sort-order.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { MAIN_BRANCH, type Snapshot, type SnapshotRef } from "./snapshot.ts";
import { findSnapshot, schemaById, snapshotById, specById, type TableMetadata } from "./table-metadata.ts";

/** One change of a table, as the REST catalog protocol names them. */
export type TableUpdate =
  | { readonly action: "assign-uuid"; readonly uuid: string }
  | { readonly action: "upgrade-format-version"; readonly formatVersion: number }
  | { readonly action: "add-schema"; readonly schema: Schema }
  | { readonly action: "set-current-schema"; readonly schemaId: number }
  | { readonly action: "add-spec"; readonly spec: PartitionSpec }
  | { readonly action: "set-default-spec"; readonly specId: number }
  | { readonly action: "add-sort-order"; readonly sortOrder: SortOrder }
  | { readonly action: "set-default-sort-order"; readonly sortOrderId: number }
  | { readonly action: "add-snapshot"; readonly snapshot: Snapshot }
  | { readonly action: "remove-snapshots"; readonly snapshotIds: readonly bigint[] }
  | { readonly action: "set-snapshot-ref"; readonly refName: string; readonly ref: SnapshotRef }
  | { readonly action: "remove-snapshot-ref"; readonly refName: string }
  | { readonly action: "set-properties"; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: "remove-properties"; readonly removals: readonly string[] }
  | { readonly action: "set-location"; readonly location: string };

/**
 * The table after `updates`, in order. The original is untouched.
 *
 * @param nowMs becomes `last-updated-ms`, never below what it was
 * @throws {InvalidInputError} when an update contradicts the table
 */
export function applyUpdates(metadata: TableMetadata, updates: readonly TableUpdate[], nowMs: number): TableMetadata {
  const start = { ...metadata, lastUpdatedMs: Math.max(metadata.lastUpdatedMs, nowMs) };
  return updates.reduce<TableMetadata>(applyUpdate, start);
}

function applyUpdate(metadata: TableMetadata, update: TableUpdate): TableMetadata {
  switch (update.action) {
    case "assign-uuid":
      return { ...metadata, tableUuid: update.uuid };
    case "upgrade-format-version":
      return upgrade(metadata, update.formatVersion);
    case "add-schema":
      return {
        ...metadata,
        schemas: added(metadata.schemas, update.schema, ({ schemaId }) => schemaId),
        lastColumnId: Math.max(metadata.lastColumnId, highestFieldId(update.schema)),
      };
    case "set-current-schema":
      return { ...metadata, currentSchemaId: schemaById(metadata, update.schemaId).schemaId };
    case "add-spec":
      return {
        ...metadata,
        partitionSpecs: added(metadata.partitionSpecs, update.spec, ({ specId }) => specId),
        lastPartitionId: Math.max(metadata.lastPartitionId, ...update.spec.fields.map(({ fieldId }) => fieldId)),
      };
    case "set-default-spec":
      return { ...metadata, defaultSpecId: specById(metadata, update.specId).specId };
    case "add-sort-order":
      return { ...metadata, sortOrders: added(metadata.sortOrders, update.sortOrder, ({ orderId }) => orderId) };
    case "set-default-sort-order":
      return { ...metadata, defaultSortOrderId: update.sortOrderId };
    case "add-snapshot":
      return addSnapshot(metadata, update.snapshot);
    case "remove-snapshots":
      return removeSnapshots(metadata, new Set(update.snapshotIds));
    case "set-snapshot-ref":
      return setRef(metadata, update.refName, update.ref);
    case "remove-snapshot-ref":
      return removeRef(metadata, update.refName);
    case "set-properties":
      return { ...metadata, properties: { ...metadata.properties, ...update.updates } };
    case "remove-properties":
      return { ...metadata, properties: without(metadata.properties, update.removals) };
    case "set-location":
      return { ...metadata, location: update.location };
  }
}

function upgrade(metadata: TableMetadata, formatVersion: number): TableMetadata {
  if (formatVersion < metadata.formatVersion || formatVersion > 2) {
    throw new LakeUnsupportedError(
      `Cannot take the table from format version ${metadata.formatVersion} to ${formatVersion}`,
    );
  }
  return { ...metadata, formatVersion };
}

function added<T>(all: readonly T[], one: T, idOf: (each: T) => number): readonly T[] {
  if (all.some((each) => idOf(each) === idOf(one))) {
    throw new InvalidInputError(`Cannot add to the table's metadata: the id ${idOf(one)} is taken`);
  }
  return [...all, one];
}

function addSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  if (findSnapshot(metadata, snapshot.snapshotId) !== undefined) {
    throw new InvalidInputError(`Cannot add snapshot ${snapshot.snapshotId}: the table has it already`);
  }
  if (metadata.formatVersion > 1 && snapshot.sequenceNumber <= metadata.lastSequenceNumber) {
    throw new InvalidInputError(
      `Cannot add a snapshot with sequence number ${snapshot.sequenceNumber}: the table is at ${metadata.lastSequenceNumber}`,
    );
  }
  return {
    ...metadata,
    snapshots: [...metadata.snapshots, snapshot],
    lastSequenceNumber: Math.max(metadata.lastSequenceNumber, snapshot.sequenceNumber),
    lastUpdatedMs: Math.max(metadata.lastUpdatedMs, snapshot.timestampMs),
  };
}

function setRef(metadata: TableMetadata, name: string, ref: SnapshotRef): TableMetadata {
  const snapshot = snapshotById(metadata, ref.snapshotId);
  const refs = { ...metadata.refs, [name]: ref };
  if (name !== MAIN_BRANCH || metadata.currentSnapshotId === ref.snapshotId) return { ...metadata, refs };
  // A snapshot that becomes current again, by a rollback, does so now; a new one did when it was made.
  const isNew = snapshot === metadata.snapshots.at(-1);
  const timestampMs = isNew ? snapshot.timestampMs : metadata.lastUpdatedMs;
  const entry = { timestampMs, snapshotId: ref.snapshotId };
  return { ...metadata, refs, currentSnapshotId: ref.snapshotId, snapshotLog: [...metadata.snapshotLog, entry] };
}

function removeRef(metadata: TableMetadata, name: string): TableMetadata {
  const refs = without(metadata.refs, [name]);
  return name === MAIN_BRANCH ? { ...metadata, refs, currentSnapshotId: undefined } : { ...metadata, refs };
}

function removeSnapshots(metadata: TableMetadata, ids: ReadonlySet<bigint>): TableMetadata {
  const pinned = Object.entries(metadata.refs).find(([, ref]) => ids.has(ref.snapshotId));
  if (pinned !== undefined) {
    throw new InvalidInputError(
      `Cannot remove snapshot ${pinned[1].snapshotId}: ${pinned[1].type} ${pinned[0]} refers to it`,
    );
  }
  // The log may not claim a continuous history across a snapshot that is gone.
  const lastGone = metadata.snapshotLog.findLastIndex(({ snapshotId }) => ids.has(snapshotId));
  return {
    ...metadata,
    snapshots: metadata.snapshots.filter(({ snapshotId }) => !ids.has(snapshotId)),
    snapshotLog: metadata.snapshotLog.slice(lastGone + 1),
  };
}

function without<T>(all: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}
