import type { ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

/** Live entries of a snapshot, manifest by manifest in its order: the newest commit's first. */
export async function* liveEntriesAt(
  metadata: TableMetadata,
  snapshot: Snapshot | undefined,
  store: ManifestStore,
): AsyncGenerator<ManifestEntry> {
  for (const manifest of await store.list(snapshot)) {
    for (const entry of (await store.load(metadata, manifest)).entries) {
      if (entry.status !== "deleted") yield entry;
    }
  }
}
