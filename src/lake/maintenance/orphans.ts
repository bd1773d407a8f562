import { type Abortable, describeError, InvalidInputError } from "../../base/index.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { ListedFile } from "../io/file-io.ts";
import type { Table } from "../table.ts";
import { describeDuration } from "./durations.ts";
import { baseName, isBelow, normalLocation } from "./locations.ts";
import { type MaintenanceContext, nowMsOf } from "./maintenance-context.ts";
import { reachableFiles } from "./reachable.ts";
import { mayRemoveFiles } from "./table-properties.ts";

export interface OrphansInput {
  /** Younger files are left alone: a commit under way may be about to name them. Default 3 days. */
  readonly graceMs?: number | undefined;
  /** Removes what is found; without it, it is only listed. */
  readonly isRemoving?: boolean | undefined;
  /** Allows a grace below an hour: only where nothing writes. */
  readonly force?: boolean | undefined;
}

export interface OrphansReport {
  /** Below the table's location, all of them. */
  readonly filesListed: number;
  readonly filesReachable: number;
  readonly orphans: readonly ListedFile[];
  readonly orphanBytes: number;
  /** Unreferenced too, but within the grace. */
  readonly filesYoung: number;
  readonly filesRemoved: number;
  readonly bytesRemoved: number;
  readonly filesLeft: number;
}

const GRACE_MS = 3 * 86_400_000;
const GRACE_MS_MIN = 3_600_000;

/**
 * Finds files below a table's location that nothing of the table refers to: left by a process that died between writing
 * and committing, or by an expiry that was cut short. A file is an orphan only if no snapshot, branch, tag, metadata file
 * of the log or statistics entry names it, and it was last written before the grace began.
 *
 * The folder is listed first and the table asked afterwards: what is committed in between is seen, and is not an orphan.
 *
 * @throws {InvalidInputError} for a grace below an hour without `force`
 * @throws {LakeUnsupportedError} where it cannot be known whose the files are: the table may not remove files
 * (`gc.enabled=false`), another table lies within its folder, or its files are spelled in a way that does not match the listing
 */
export async function findOrphans(
  context: MaintenanceContext,
  name: string,
  { graceMs = GRACE_MS, isRemoving = false, force = false }: OrphansInput = {},
  options: Abortable = {},
): Promise<OrphansReport> {
  if (graceMs < GRACE_MS_MIN && !force) {
    throw new InvalidInputError(
      `Cannot look for orphans of ${name} with a grace of ${describeDuration(graceMs)}: files that are being committed now ` +
        "would be taken for orphans. Give an hour or more, or force it where nothing writes to the table",
    );
  }
  const before = await context.table(name);
  if (!mayRemoveFiles(before.metadata)) {
    throw new LakeUnsupportedError(
      `Cannot look for orphans of ${name}: its property gc.enabled is false, so its files may be others' too. Nothing was removed`,
    );
  }
  await refuseShared(context, before);
  const oldestMs = nowMsOf(context) - graceMs;
  const listed: ListedFile[] = [];
  for await (const file of context.tools.io.list(before.metadata.location, options)) listed.push(file);
  const reachable = await reachableNow(context, name);
  refuseMisspelled(before.metadata.location, listed, reachable);
  const unreferenced = listed.filter(({ location }) => !reachable.has(normalLocation(location)));
  const orphans = unreferenced.filter(({ modifiedMs }) => modifiedMs < oldestMs);
  const found = {
    filesListed: listed.length,
    filesReachable: listed.length - unreferenced.length,
    orphans,
    orphanBytes: orphans.reduce((sum, { byteLength }) => sum + byteLength, 0),
    filesYoung: unreferenced.length - orphans.length,
  };
  const removed = isRemoving ? await removeOrphans(context, name, orphans, options) : NONE_REMOVED;
  return { ...found, ...removed };
}

const NONE_REMOVED = { filesRemoved: 0, bytesRemoved: 0, filesLeft: 0 };

/** Locations in their normal form. */
async function reachableNow(context: MaintenanceContext, name: string): Promise<ReadonlySet<string>> {
  const locations = new Set<string>();
  for (const location of await reachableFiles(await context.table(name), context.tools.manifests)) {
    locations.add(normalLocation(location));
  }
  return locations;
}

async function refuseShared(context: MaintenanceContext, { name, metadata }: Table): Promise<void> {
  const folder = normalLocation(metadata.location);
  for (const other of await context.listTables()) {
    if (other === name) continue;
    const { location } = (await context.table(other)).metadata;
    if (!isBelow(folder, normalLocation(location))) continue;
    throw new LakeUnsupportedError(
      `Cannot look for orphans of ${name}: table ${other} lies within its folder (${location}), and its files would be taken ` +
        "for orphans. Nothing was removed",
    );
  }
}

/**
 * A file that the table needs but the listing does not show, while one of the same name is about to count as an orphan:
 * then the two are spelled differently and nothing that was found can be trusted.
 */
function refuseMisspelled(folder: string, listed: readonly ListedFile[], reachable: ReadonlySet<string>): void {
  const shown = new Set(listed.map(({ location }) => normalLocation(location)));
  const missing = new Set<string>();
  for (const location of reachable) if (!shown.has(location)) missing.add(baseName(location));
  const alias = [...shown].find((location) => !reachable.has(location) && missing.has(baseName(location)));
  if (alias === undefined) return;
  throw new LakeUnsupportedError(
    `Cannot look for orphans below ${folder}: ${alias} is listed there, and the table names a file ${baseName(alias)} elsewhere. ` +
      "They may be one file, spelled in two ways. Nothing was removed",
  );
}

async function removeOrphans(
  context: MaintenanceContext,
  name: string,
  orphans: readonly ListedFile[],
  { signal }: Abortable,
): Promise<typeof NONE_REMOVED> {
  let [filesRemoved, bytesRemoved] = [0, 0];
  let location: string | undefined;
  let reachable: ReadonlySet<string> = new Set();
  for (const orphan of orphans) {
    signal?.throwIfAborted();
    // A rollback or an append of old files since: the table is asked again whenever it has changed.
    const table = await context.table(name);
    if (table.metadataLocation !== location) {
      location = table.metadataLocation;
      reachable = await reachableNow(context, name);
    }
    if (reachable.has(normalLocation(orphan.location))) continue;
    try {
      await context.tools.io.remove(orphan.location);
      filesRemoved += 1;
      bytesRemoved += orphan.byteLength;
    } catch (error) {
      context.logger.warn({ location: orphan.location, error: describeError(error) }, "An orphan could not be removed");
    }
  }
  return { filesRemoved, bytesRemoved, filesLeft: orphans.length - filesRemoved };
}
