import { type Abortable, describeError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import { parseIdentifier, type TableIdentifier } from "../catalog/identifier.ts";
import type { PreparedChange, TableChange } from "../commit/commit.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import { findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import { type ExpirePolicy, type Expiry, planExpiry } from "./expire-policy.ts";
import { type MaintenanceContext, nowMsOf } from "./maintenance-context.ts";
import { filesIn, snapshotFiles, statisticsFiles } from "./reachable.ts";
import { mayRemoveFiles } from "./table-properties.ts";

export interface ExpireInput {
  /** Snapshots made before this time may go, milliseconds since the epoch. */
  readonly olderThanMs: number;
  /** Of every branch, so many of its newest snapshots stay however old; at least 1, the default. */
  readonly keepAtLeast?: number | undefined;
}

export interface ExpireOptions extends ExpirePolicy {
  /** Only says what would go. */
  readonly isDryRun?: boolean | undefined;
}

export interface ExpireReport {
  readonly snapshots: number;
  /** Names of the branches and tags that were removed for their age. */
  readonly refs: readonly string[];
  readonly filesRemoved: number;
  readonly bytesRemoved: number;
  /** Could not be removed and are orphans now. */
  readonly filesLeft: number;
}

/** Snapshots and references taken out of the metadata by a policy, decided anew on whatever the table has become. */
class ExpireChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #plan: (metadata: TableMetadata) => Expiry;
  #base: TableMetadata | undefined;
  #expiry: Expiry = { snapshots: [], refs: [] };

  constructor(identifier: TableIdentifier, plan: (metadata: TableMetadata) => Expiry) {
    this.identifier = identifier;
    this.#plan = plan;
  }

  get expiry(): Expiry {
    return this.#expiry;
  }

  /** The table as it was when the last attempt was decided. */
  get base(): TableMetadata | undefined {
    return this.#base;
  }

  isIn(metadata: TableMetadata): boolean {
    return this.#expiry.snapshots.every(({ snapshotId }) => findSnapshot(metadata, snapshotId) === undefined);
  }

  async prepare({ metadata }: LoadedTable): Promise<PreparedChange> {
    this.#base = metadata;
    this.#expiry = this.#plan(metadata);
    const { snapshots, refs } = this.#expiry;
    const updates: TableUpdate[] = refs.map((refName) => ({ action: "remove-snapshot-ref", refName }));
    if (snapshots.length > 0) {
      updates.push({ action: "remove-snapshots", snapshotIds: snapshots.map(({ snapshotId }) => snapshotId) });
    }
    return { updates, requirements: [{ type: "assert-table-uuid", uuid: metadata.tableUuid }] };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}

/**
 * Forgets what the policy lets go, then removes the files that nothing left refers to. The metadata changes first:
 * whoever dies in between leaves files that nobody needs, never a table that needs a file.
 */
export async function expireSnapshots(
  context: MaintenanceContext,
  name: string,
  { pinned, isDryRun = false, ...policy }: ExpireOptions & { readonly pinned: () => ReadonlySet<bigint> },
  options: Abortable = {},
): Promise<ExpireReport> {
  const nowMs = nowMsOf(context);
  const plan = (metadata: TableMetadata): Expiry => planExpiry(metadata, { ...policy, nowMs, pinned: pinned() });
  const { metadata } = await context.table(name);
  const wanted = plan(metadata);
  if (wanted.snapshots.length + wanted.refs.length === 0) return NOTHING; // No commit to say that nothing happened.
  if (isDryRun) return { ...NOTHING, snapshots: wanted.snapshots.length, refs: wanted.refs };
  const change = new ExpireChange(parseIdentifier(name), plan);
  const { tables } = await context.commit([change], options);
  const [before, after] = [change.base, tables[0]?.metadata];
  const { snapshots, refs } = change.expiry;
  if (before === undefined || after === undefined) throw new RangeError("an expiry without a result");
  if (!mayRemoveFiles(after)) return { ...NOTHING, snapshots: snapshots.length, refs };
  const lost = await unreachableFiles(before, after, change.expiry, context.tools.manifests);
  return { snapshots: snapshots.length, refs, ...(await removeAll(context, lost, options)) };
}

const NOTHING: ExpireReport = { snapshots: 0, refs: [], filesRemoved: 0, bytesRemoved: 0, filesLeft: 0 };

/** Location to size; data files before the manifests that name them, so that a run cut short can be understood. */
type Files = ReadonlyMap<string, number>;

async function unreachableFiles(
  before: TableMetadata,
  after: TableMetadata,
  { snapshots }: Expiry,
  store: ManifestStore,
): Promise<Files> {
  // All specs that either state knows: old manifests are decoded by theirs.
  const metadata = { ...before, snapshots: [...after.snapshots, ...snapshots] };
  const kept = await snapshotFiles(after.snapshots, store);
  const listed = await snapshotFiles(snapshots, store);
  const lost = new Map([...listed.manifests].filter(([location]) => !kept.manifests.has(location)));
  const data = await sizesIn(metadata, lost, store);
  if (data.size > 0) {
    for (const location of await filesIn(metadata, kept.manifests, store)) data.delete(location);
  }
  const statistics = new Set(statisticsFiles(before));
  for (const location of statisticsFiles(after)) statistics.delete(location);
  return new Map([
    ...data,
    ...[...statistics].map((location): [string, number] => [location, 0]),
    ...[...lost.values()].map(({ location, byteLength }): [string, number] => [location, byteLength]),
    ...[...listed.manifestLists]
      .filter((location) => !kept.manifestLists.has(location))
      .map((location): [string, number] => [location, 0]),
  ]);
}

async function sizesIn(
  metadata: TableMetadata,
  manifests: ReadonlyMap<string, ManifestFile>,
  store: ManifestStore,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const manifest of manifests.values()) {
    for (const { status, file } of (await store.load(metadata, manifest)).entries) {
      if (status !== "deleted") sizes.set(file.location, file.byteLength);
    }
  }
  return sizes;
}

async function removeAll(
  { tools, logger }: MaintenanceContext,
  files: Files,
  { signal }: Abortable,
): Promise<Pick<ExpireReport, "filesRemoved" | "bytesRemoved" | "filesLeft">> {
  let [filesRemoved, bytesRemoved, filesLeft] = [0, 0, 0];
  for (const [location, byteLength] of files) {
    if (signal?.aborted === true) break; // The rest are orphans, which a later run finds.
    try {
      await tools.io.remove(location);
      filesRemoved += 1;
      bytesRemoved += byteLength;
    } catch (error) {
      logger.warn({ location, error: describeError(error) }, "A file of an expired snapshot could not be removed");
    }
  }
  filesLeft = files.size - filesRemoved;
  return { filesRemoved, bytesRemoved, filesLeft };
}
