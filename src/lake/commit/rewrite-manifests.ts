import type { ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";
import { liveEntries } from "./manifest-filter.ts";
import { sortByPartition } from "./manifest-merge.ts";
import type { ManifestWriter, Regrouped, WrittenManifest } from "./manifest-writer.ts";
import type { SnapshotIntent, SnapshotOptions } from "./snapshot-intent.ts";

export interface RewriteManifestsInput extends SnapshotOptions {
  /** Which manifests to write anew; all that list live files without it. */
  readonly isRewritten?: ((manifest: ManifestFile) => boolean) | undefined;
}

/** Groups the entries of manifests anew, by partition, so that a plan reads fewer of them; the table's files stay the same. */
export function rewriteManifestsIntent({
  isRewritten = () => true,
  ...options
}: RewriteManifestsInput): SnapshotIntent {
  return {
    ...options,
    decide: async ({ manifests }) =>
      manifests.filter(isRewritten).length < 2
        ? undefined
        : { operation: "replace", add: [], remove: [], regroup: isRewritten },
  };
}

/** Writes the chosen manifests as few, sorted by partition. A later attempt that chooses the same ones uses them again. */
export class ManifestRegroup {
  readonly #tools: ChangeTools;
  readonly #writer: ManifestWriter;
  readonly #done = new Map<string, readonly WrittenManifest[]>();

  constructor(tools: ChangeTools, writer: ManifestWriter) {
    this.#tools = tools;
    this.#writer = writer;
  }

  async apply(
    metadata: TableMetadata,
    existing: readonly ManifestFile[],
    options: { readonly sequenceNumber: number; readonly isRewritten: (manifest: ManifestFile) => boolean },
  ): Promise<Regrouped> {
    const chosen = existing.filter(options.isRewritten);
    const groups = Map.groupBy(chosen, ({ content, specId }) => `${content}/${specId}`);
    const written: WrittenManifest[] = [];
    let entries = 0;
    for (const group of groups.values()) written.push(...(await this.#write(metadata, group)));
    for (const each of written) entries += each.entries.length;
    const gone = new Set(chosen);
    const kept = existing.filter((manifest) => !gone.has(manifest));
    return {
      manifests: [...written.map((each) => this.#writer.describe(metadata, each, options.sequenceNumber)), ...kept],
      written,
      summary: {
        "manifests-created": String(written.length),
        "manifests-kept": String(kept.length),
        "manifests-replaced": String(chosen.length),
        "entries-processed": String(entries),
      },
    };
  }

  async #write(metadata: TableMetadata, group: readonly ManifestFile[]): Promise<readonly WrittenManifest[]> {
    const key = group.map(({ location }) => location).join("\n");
    const known = this.#done.get(key);
    if (known !== undefined) return known;
    const { specId = 0, content = "data" } = group[0] ?? {};
    const entries: ManifestEntry[] = [];
    for (const manifest of group) {
      for (const entry of liveEntries(await this.#tools.manifests.load(metadata, manifest)))
        entries.push({ ...entry, status: "existing" });
    }
    const sorted = sortByPartition(metadata, specId, entries);
    const written = entries.length === 0 ? [] : await this.#writer.write(metadata, { content, specId }, sorted);
    this.#done.set(key, written);
    return written;
  }
}
