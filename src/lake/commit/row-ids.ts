import type { ManifestFile } from "../manifest/manifest-list.ts";

/**
 * Gives data manifests without row ids theirs, in the order of the list: each takes a range as long as the rows it may hold.
 *
 * @see https://iceberg.apache.org/spec/#first-row-id-assignment
 */
export function assignRowIds(
  manifests: readonly ManifestFile[],
  nextRowId: bigint,
): { readonly manifests: readonly ManifestFile[]; readonly assignedRows: bigint } {
  let next = nextRowId;
  const assigned = manifests.map((manifest) => {
    if (manifest.content !== "data" || manifest.firstRowId !== undefined) return manifest;
    const firstRowId = next;
    next += BigInt((manifest.addedRows ?? 0) + (manifest.existingRows ?? 0));
    return { ...manifest, firstRowId };
  });
  return { manifests: assigned, assignedRows: next - nextRowId };
}
