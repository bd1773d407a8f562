import { InvalidInputError } from "../../base/index.ts";
import { change, type Draft } from "./draft.ts";
import { MAIN_BRANCH, type Snapshot, type SnapshotRef } from "./snapshot.ts";
import { findSnapshot, type TableMetadata } from "./table-metadata.ts";

const ROW_LINEAGE_FORMAT_VERSION = 3;

export function addSnapshot(draft: Draft, snapshot: Snapshot): void {
  const { table } = draft;
  checkSnapshot(table, snapshot);
  draft.addedSnapshotIds.add(snapshot.snapshotId);
  change(draft, {
    snapshots: [...table.snapshots, snapshot],
    lastSequenceNumber: Math.max(table.lastSequenceNumber, table.formatVersion === 1 ? 0 : snapshot.sequenceNumber),
    lastUpdatedMs: Math.max(table.lastUpdatedMs, snapshot.timestampMs),
    nextRowId: nextRowId(table, snapshot),
  });
}

function checkSnapshot(table: TableMetadata, snapshot: Snapshot): void {
  const what = `Cannot add snapshot ${snapshot.snapshotId}`;
  for (const [all, name] of [
    [table.schemas, "schema"],
    [table.partitionSpecs, "partition spec"],
    [table.sortOrders, "sort order"],
  ] as const) {
    if (all.length === 0) throw new InvalidInputError(`Attempting to add a snapshot before a ${name} is added`);
  }
  if (findSnapshot(table, snapshot.snapshotId) !== undefined) {
    throw new InvalidInputError(`${what}: Snapshot already exists for id: ${snapshot.snapshotId}. Nothing was changed`);
  }
  if (snapshot.manifestList === undefined && table.formatVersion > 1) {
    throw new InvalidInputError(`${what}: it has no manifest list, which format v${table.formatVersion} requires`);
  }
  // One without a parent replaces the table's content, whatever was committed since it was begun.
  const isBehind = snapshot.sequenceNumber <= table.lastSequenceNumber && snapshot.parentSnapshotId !== undefined;
  if (table.formatVersion > 1 && isBehind) {
    throw new InvalidInputError(
      `Cannot add snapshot with sequence number ${snapshot.sequenceNumber} older than last sequence number ` +
        `${table.lastSequenceNumber}. Nothing was changed; load the table again and commit anew`,
    );
  }
}

/** @throws {InvalidInputError} when a v3 snapshot gives row ids that the table has given already */
function nextRowId(table: TableMetadata, { firstRowId, addedRows }: Snapshot): bigint {
  if (table.formatVersion < ROW_LINEAGE_FORMAT_VERSION) return table.nextRowId;
  if (firstRowId === undefined) throw new InvalidInputError("Cannot add a snapshot: first-row-id is null");
  if (addedRows === undefined || addedRows < 0n) {
    throw new InvalidInputError(
      `Cannot add a snapshot: added-rows is ${addedRows ?? "null"}; v3 requires their number`,
    );
  }
  if (firstRowId < table.nextRowId) {
    throw new InvalidInputError(
      `Cannot add a snapshot, first-row-id is behind table next-row-id: ${firstRowId} < ${table.nextRowId}. Nothing was changed`,
    );
  }
  return firstRowId + addedRows;
}

export function setRef(draft: Draft, name: string, ref: SnapshotRef): void {
  const { table } = draft;
  checkRef(name, ref);
  const held = table.refs[name];
  if (held !== undefined && sameRef(held, ref)) return;
  const snapshot = findSnapshot(table, ref.snapshotId);
  if (snapshot === undefined) {
    throw new InvalidInputError(
      `Cannot set ${name} to unknown snapshot: ${table.location} has no snapshot ${ref.snapshotId}. Nothing was changed`,
    );
  }
  const refs = { ...table.refs, [name]: ref };
  if (name !== MAIN_BRANCH || table.currentSnapshotId === ref.snapshotId) {
    change(draft, { refs });
    return;
  }
  // A snapshot that becomes current again, by a rollback, does so now; a new one did when it was made.
  const isAdded = draft.addedSnapshotIds.has(ref.snapshotId);
  const timestampMs = isAdded ? snapshot.timestampMs : Math.max(draft.nowMs, table.lastUpdatedMs);
  const snapshotLog = [...table.snapshotLog, { timestampMs, snapshotId: ref.snapshotId }];
  change(draft, { refs, currentSnapshotId: ref.snapshotId, snapshotLog });
}

function checkRef(name: string, ref: SnapshotRef): void {
  const { type, minSnapshotsToKeep, maxSnapshotAgeMs, maxRefAgeMs } = ref;
  const fail = (what: string): never => {
    throw new InvalidInputError(`Cannot set ${type} ${JSON.stringify(name)}: ${what}. Nothing was changed`);
  };
  if (name === "") fail("a ref has a name");
  if (name === MAIN_BRANCH && type === "tag") fail("main is a branch");
  if (type === "tag" && (minSnapshotsToKeep !== undefined || maxSnapshotAgeMs !== undefined)) {
    fail("Tags do not support setting minSnapshotsToKeep or maxSnapshotAgeMs");
  }
  for (const [what, value] of Object.entries({ minSnapshotsToKeep, maxSnapshotAgeMs, maxRefAgeMs })) {
    if (value !== undefined && value <= 0) fail(`${what} must be greater than 0, and is ${value}`);
  }
}

function sameRef(one: SnapshotRef, other: SnapshotRef): boolean {
  return (
    one.snapshotId === other.snapshotId &&
    one.type === other.type &&
    one.minSnapshotsToKeep === other.minSnapshotsToKeep &&
    one.maxSnapshotAgeMs === other.maxSnapshotAgeMs &&
    one.maxRefAgeMs === other.maxRefAgeMs
  );
}

export function removeRef(draft: Draft, name: string): void {
  const { refs } = draft.table;
  if (refs[name] === undefined) return;
  const kept = Object.fromEntries(Object.entries(refs).filter(([each]) => each !== name));
  change(draft, name === MAIN_BRANCH ? { refs: kept, currentSnapshotId: undefined } : { refs: kept });
}

export function removeSnapshots(draft: Draft, snapshotIds: readonly bigint[]): void {
  const { table } = draft;
  const ids = new Set(snapshotIds);
  const kept = table.snapshots.filter(({ snapshotId }) => !ids.has(snapshotId));
  if (kept.length === table.snapshots.length) return;
  const pinned = Object.entries(table.refs).find(([, ref]) => ids.has(ref.snapshotId));
  if (pinned !== undefined) {
    throw new InvalidInputError(
      `Cannot remove snapshot ${pinned[1].snapshotId}: ${pinned[1].type} ${pinned[0]} refers to it. ` +
        "Nothing was changed; remove the reference first",
    );
  }
  draft.hasRemovedSnapshots = true;
  change(draft, {
    snapshots: kept,
    statistics: table.statistics.filter(({ snapshotId }) => !ids.has(snapshotId)),
    partitionStatistics: table.partitionStatistics.filter(({ snapshotId }) => !ids.has(snapshotId)),
  });
}

/**
 * Corrects the history of what was current when: snapshots that one commit both made current and replaced never were,
 * and it may not claim to be continuous across a snapshot that is gone.
 */
export function cutSnapshotLog(draft: Draft): void {
  const { table, addedSnapshotIds } = draft;
  if (addedSnapshotIds.size === 0 && !draft.hasRemovedSnapshots) return;
  const held = draft.hasRemovedSnapshots ? new Set(table.snapshots.map(({ snapshotId }) => snapshotId)) : undefined;
  const gap = held === undefined ? -1 : table.snapshotLog.findLastIndex(({ snapshotId }) => !held.has(snapshotId));
  const known = Math.max(gap + 1, draft.snapshotLogLength); // Only what this commit has added may never have been.
  const added = table.snapshotLog
    .slice(known)
    .filter(({ snapshotId }) => snapshotId === table.currentSnapshotId || !addedSnapshotIds.has(snapshotId));
  const snapshotLog = [...table.snapshotLog.slice(gap + 1, known), ...added];
  if (snapshotLog.length < table.snapshotLog.length) change(draft, { snapshotLog });
}
