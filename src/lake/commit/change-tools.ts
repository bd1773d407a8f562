import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";

/** What a change of a table writes and reads with. */
export interface ChangeTools {
  readonly io: FileIo;
  readonly ids: LakeIds;
  readonly manifests: ManifestStore;
}
