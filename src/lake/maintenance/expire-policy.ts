import type { Snapshot, SnapshotRef } from "../metadata/snapshot.ts";
import { MAIN_BRANCH } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { durationProperty, numberProperty } from "./table-properties.ts";

/** What may be forgotten. A member that is left out is the table's own setting, and without one the default. */
export interface ExpirePolicy {
  /** Snapshots older than this may go; `history.expire.max-snapshot-age-ms`, default 5 days. */
  readonly snapshotAgeMs?: number | undefined;
  /** Of every branch so many of its newest stay however old; `history.expire.min-snapshots-to-keep`, default 1. */
  readonly snapshotsMin?: number | undefined;
  /** Branches and tags older than this may go, never main; `history.expire.max-ref-age-ms`, default: for ever. */
  readonly refAgeMs?: number | undefined;
  /**
   * A snapshot stays at least this long after another has replaced it, however old it is: a reader that planned on it a
   * moment ago still needs its files. Default 10 minutes.
   */
  readonly readerGraceMs?: number | undefined;
}

export interface Expiry {
  readonly snapshots: readonly Snapshot[];
  readonly refs: readonly string[];
}

export interface ExpiryInput extends ExpirePolicy {
  readonly nowMs: number;
  /** Snapshots in use. */
  readonly pinned?: ReadonlySet<bigint> | undefined;
}

const DAY_MS = 86_400_000;
const READER_GRACE_MS = 600_000;

/**
 * Which snapshots and references the retention policy lets go.
 * What is kept: every snapshot that a remaining reference names; of each branch those that are young or among its
 * newest; what no reference leads to while it is young; what is pinned; what a reader may still be reading.
 *
 * @see https://iceberg.apache.org/spec/#snapshot-retention-policy
 */
export function planExpiry(metadata: TableMetadata, input: ExpiryInput): Expiry {
  const { nowMs } = input;
  const limits = {
    ageMs: input.snapshotAgeMs ?? durationProperty(metadata, "history.expire.max-snapshot-age-ms") ?? 5 * DAY_MS,
    keepMin: Math.max(1, input.snapshotsMin ?? numberProperty(metadata, "history.expire.min-snapshots-to-keep") ?? 1),
  };
  const snapshots = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
  const refs = expiredRefs(metadata, snapshots, input);
  const gone = new Set(refs);
  const kept = new Set(input.pinned);
  const led = new Set<bigint>();
  for (const [name, ref] of Object.entries(metadata.refs)) {
    if (gone.has(name)) continue;
    if (ref.type === "tag") kept.add(ref.snapshotId);
    else keepOfBranch(ref, { snapshots, nowMs, limits, kept, led });
  }
  if (metadata.currentSnapshotId !== undefined) kept.add(metadata.currentSnapshotId);
  for (const { snapshotId, timestampMs } of metadata.snapshots) {
    if (!led.has(snapshotId) && timestampMs >= nowMs - limits.ageMs) kept.add(snapshotId);
  }
  const replacedMs = replacementTimes(metadata);
  const graceMs = input.readerGraceMs ?? READER_GRACE_MS;
  const expired = metadata.snapshots.filter(
    ({ snapshotId, timestampMs }) =>
      !kept.has(snapshotId) && (replacedMs.get(snapshotId) ?? timestampMs) <= nowMs - graceMs,
  );
  return { snapshots: expired, refs };
}

function expiredRefs(
  metadata: TableMetadata,
  snapshots: ReadonlyMap<bigint, Snapshot>,
  { nowMs, refAgeMs }: ExpiryInput,
): readonly string[] {
  const ageMs = refAgeMs ?? durationProperty(metadata, "history.expire.max-ref-age-ms");
  return Object.entries(metadata.refs)
    .filter(([name, ref]) => {
      const madeMs = snapshots.get(ref.snapshotId)?.timestampMs;
      const maxMs = ref.maxRefAgeMs ?? ageMs;
      return name !== MAIN_BRANCH && maxMs !== undefined && madeMs !== undefined && madeMs < nowMs - maxMs;
    })
    .map(([name]) => name);
}

interface Keeping {
  readonly snapshots: ReadonlyMap<bigint, Snapshot>;
  readonly nowMs: number;
  readonly limits: { readonly ageMs: number; readonly keepMin: number };
  readonly kept: Set<bigint>;
  /** All that branches lead to. */
  readonly led: Set<bigint>;
}

function keepOfBranch(ref: SnapshotRef, { snapshots, nowMs, limits, kept, led }: Keeping): void {
  const keepMin = ref.minSnapshotsToKeep ?? limits.keepMin;
  const oldestMs = nowMs - (ref.maxSnapshotAgeMs ?? limits.ageMs);
  const seen = new Set<bigint>();
  let isKeeping = true;
  for (let id: bigint | undefined = ref.snapshotId; id !== undefined && !seen.has(id); ) {
    const snapshot = snapshots.get(id);
    if (snapshot === undefined) return;
    // The first that is neither young nor among the newest ends the branch, as in every implementation.
    isKeeping &&= seen.size < keepMin || snapshot.timestampMs >= oldestMs;
    seen.add(id);
    led.add(id);
    if (isKeeping) kept.add(id);
    id = snapshot.parentSnapshotId;
  }
}

/** When each snapshot stopped being the newest of its line: by the next entry of the history, or by its last child. */
function replacementTimes(metadata: TableMetadata): ReadonlyMap<bigint, number> {
  const times = new Map<bigint, number>();
  const later = (id: bigint, ms: number): void => void times.set(id, Math.max(ms, times.get(id) ?? ms));
  for (const { parentSnapshotId, timestampMs } of metadata.snapshots) {
    if (parentSnapshotId !== undefined) later(parentSnapshotId, timestampMs);
  }
  for (const [index, { snapshotId }] of metadata.snapshotLog.entries()) {
    const next = metadata.snapshotLog[index + 1];
    if (next !== undefined) later(snapshotId, next.timestampMs);
  }
  return times;
}
