import { describeError, type Logger } from "../../base/index.ts";
import type { FileIo } from "../io/file-io.ts";
import { reachableFiles, snapshotFiles, statisticsFiles } from "../maintenance/reachable.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { LoadedTable } from "./catalog.ts";

export interface PurgeTools {
  readonly io: FileIo;
  readonly manifests: ManifestStore;
  readonly logger: Logger;
}

const REMOVALS_AT_ONCE = 8;

/**
 * Removes every file that a table, which the catalog has forgotten, refers to. Of a table whose property `gc.enabled` is
 * "false" the data files stay, as others may use them. Nobody reads the table any more, also not as of an earlier time.
 *
 * @returns how many files could not be removed; they are logged
 */
export async function purgeTable(table: LoadedTable, { io, manifests, logger }: PurgeTools): Promise<number> {
  const ownsData = table.metadata.properties["gc.enabled"] !== "false";
  const files = ownsData ? await reachableFiles(table, manifests) : await metadataFiles(table, manifests);
  // The metadata last: where this is interrupted, it still tells what is left.
  const [last, earlier] = [[table.metadataLocation], [...files].filter((file) => file !== table.metadataLocation)];
  let failures = 0;
  for (const batch of [...batches(earlier, REMOVALS_AT_ONCE), last]) {
    const removals = await Promise.allSettled(batch.map((location) => io.remove(location)));
    for (const [index, removal] of removals.entries()) {
      if (removal.status === "fulfilled") continue;
      failures += 1;
      logger.warn(
        { location: batch[index], error: describeError(removal.reason) },
        "A purged file could not be removed",
      );
    }
  }
  return failures;
}

async function metadataFiles(
  { metadata, metadataLocation }: LoadedTable,
  store: ManifestStore,
): Promise<readonly string[]> {
  const { manifestLists, manifests } = await snapshotFiles(metadata.snapshots, store);
  const logged = metadata.metadataLog.map(({ metadataFile }) => metadataFile);
  return [metadataLocation, ...logged, ...manifestLists, ...manifests.keys(), ...statisticsFiles(metadata)];
}

function* batches<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
