import { gunzipSync } from "node:zlib";
import { type Abortable, describeError } from "../../base/index.ts";
import { fileKey } from "../commit/manifest-filter.ts";
import type { FileIo } from "../io/file-io.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import { ManifestStore } from "../manifest/manifest-store.ts";
import { parseMetadata } from "../metadata/metadata-json.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { checkFooter, checkRows } from "./check-file.ts";
import { statisticsFiles } from "./reachable.ts";

export interface CheckInput {
  /** Reads every row too, on this connection, and compares it with what the manifests say. */
  readonly deep?: { readonly run: SqlRunner["run"] } | undefined;
  /** Told after each file; `total` grows while manifests are read. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface CheckProblem {
  /** The file that is wrong, or the table's metadata. */
  readonly location: string;
  readonly what: string;
}

export interface CheckReport {
  readonly table: string;
  readonly isSound: boolean;
  readonly problems: readonly CheckProblem[];
  readonly metadataFiles: number;
  readonly snapshots: number;
  readonly manifests: number;
  readonly files: number;
  readonly rows: number;
  readonly isDeep: boolean;
}

/** Of its own, so that it reads the files and not what this process remembers of them. */
const CACHE_BYTES = 32 * 1024 * 1024;

/**
 * Reads everything a table refers to, of all its snapshots, and says exactly what is not as it should be: metadata
 * files, manifest lists, manifests, the ends of all data files; with `deep` also every row.
 */
export async function checkTable(
  table: Table,
  io: FileIo,
  { deep, onProgress }: CheckInput = {},
  { signal }: Abortable = {},
): Promise<CheckReport> {
  const { metadata } = table;
  const problems: CheckProblem[] = [];
  const found = (location: string, ...what: readonly string[]): void => {
    for (const each of what) problems.push({ location, what: each });
  };
  const metadataFiles = [table.metadataLocation, ...metadata.metadataLog.map(({ metadataFile }) => metadataFile)];
  for (const location of metadataFiles) {
    signal?.throwIfAborted();
    await readMetadata(io, location).catch((error: unknown) => found(location, unreadable(error)));
  }
  checkLinks(metadata, (what) => found(table.metadataLocation, what));
  for (const location of statisticsFiles(metadata)) {
    await io.readTail(location, 4).catch((error: unknown) => found(location, unreadable(error)));
  }
  const walk = new Walk(metadata, { io, manifests: new ManifestStore(io, CACHE_BYTES) }, found);
  for (const snapshot of metadata.snapshots) {
    signal?.throwIfAborted();
    await walk.snapshot(snapshot);
  }
  let done = 0;
  for (const file of walk.files.values()) {
    signal?.throwIfAborted();
    const shallow = await checkFooter(file, io);
    found(file.location, ...shallow);
    if (deep !== undefined && shallow.length === 0) {
      found(file.location, ...(await checkRows(file, metadata, { io, run: deep.run })));
    }
    done += 1;
    onProgress?.(done, walk.files.size);
  }
  return {
    table: table.name,
    isSound: problems.length === 0,
    problems,
    metadataFiles: metadataFiles.length,
    snapshots: metadata.snapshots.length,
    manifests: walk.manifestCount,
    files: walk.files.size,
    rows: [...walk.files.values()].reduce((sum, file) => sum + (file.content === "data" ? file.recordCount : 0), 0),
    isDeep: deep !== undefined,
  };
}

async function readMetadata(io: FileIo, location: string): Promise<TableMetadata> {
  const bytes = await io.read(location);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseMetadata(Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString("utf8"));
}

interface WalkTools {
  readonly io: FileIo;
  readonly manifests: ManifestStore;
}

/** References, the current snapshot and the history name snapshots that are there. */
function checkLinks(metadata: TableMetadata, found: (what: string) => void): void {
  const ids = new Set(metadata.snapshots.map(({ snapshotId }) => snapshotId));
  const { currentSnapshotId } = metadata;
  if (currentSnapshotId !== undefined && !ids.has(currentSnapshotId)) {
    found(`names ${currentSnapshotId} as current, which it does not hold`);
  }
  for (const [name, { type, snapshotId }] of Object.entries(metadata.refs)) {
    if (!ids.has(snapshotId)) found(`has ${type} ${name} of snapshot ${snapshotId}, which it does not hold`);
  }
  for (const { snapshotId } of metadata.snapshotLog) {
    if (!ids.has(snapshotId)) found(`has snapshot ${snapshotId} in its history, which it does not hold`);
  }
}

/** Manifest lists and manifests, each read once however many snapshots share it. */
class Walk {
  readonly files = new Map<string, DataFile>();
  readonly #metadata: TableMetadata;
  readonly #tools: WalkTools;
  readonly #found: (location: string, ...what: readonly string[]) => void;
  readonly #manifests = new Map<string, { readonly rows: number; readonly files: number } | undefined>();

  constructor(
    metadata: TableMetadata,
    tools: WalkTools,
    found: (location: string, ...what: readonly string[]) => void,
  ) {
    this.#metadata = metadata;
    this.#tools = tools;
    this.#found = found;
  }

  get manifestCount(): number {
    return this.#manifests.size;
  }

  async snapshot(snapshot: Snapshot): Promise<void> {
    const where = snapshot.manifestList ?? `snapshot ${snapshot.snapshotId}`;
    let listed: readonly ManifestFile[];
    try {
      listed = await this.#tools.manifests.list(snapshot);
    } catch (error) {
      this.#found(where, unreadable(error));
      return;
    }
    let [rows, files] = [0, 0];
    let isWhole = true;
    for (const manifest of listed) {
      const counts = await this.#manifest(manifest);
      if (counts === undefined) isWhole = false;
      else if (manifest.content === "data") {
        rows += counts.rows;
        files += counts.files;
      }
    }
    if (!isWhole) return;
    this.#compare(where, "rows", rows, snapshot.summary["total-records"]);
    this.#compare(where, "data files", files, snapshot.summary["total-data-files"]);
  }

  #compare(where: string, what: string, counted: number, stated: string | undefined): void {
    if (stated !== undefined && Number(stated) !== counted) {
      this.#found(where, `lists ${counted} ${what}, and the snapshot's summary says ${stated}`);
    }
  }

  /** Live rows and files; undefined where it cannot be read. */
  async #manifest(manifest: ManifestFile): Promise<{ readonly rows: number; readonly files: number } | undefined> {
    const { location } = manifest;
    if (this.#manifests.has(location)) return this.#manifests.get(location);
    let entries: readonly ManifestEntry[];
    try {
      const { fileByteLength } = await this.#tools.io.readTail(location, 1);
      if (fileByteLength !== manifest.byteLength) {
        this.#found(location, `has ${fileByteLength} bytes, and its list says ${manifest.byteLength}`);
      }
      entries = (await this.#tools.manifests.load(this.#metadata, manifest)).entries;
    } catch (error) {
      this.#found(location, unreadable(error));
      this.#manifests.set(location, undefined);
      return undefined;
    }
    const counts = { added: 0, existing: 0, deleted: 0 };
    let rows = 0;
    for (const { status, file } of entries) {
      counts[status] += 1;
      if (status === "deleted") continue;
      rows += file.recordCount;
      this.files.set(fileKey({ file }), file);
    }
    for (const [status, stated] of [
      ["added", manifest.addedFiles],
      ["existing", manifest.existingFiles],
      ["deleted", manifest.deletedFiles],
    ] as const) {
      if (stated !== undefined && stated !== counts[status]) {
        this.#found(location, `has ${counts[status]} ${status} files, and its list says ${stated}`);
      }
    }
    const result = { rows, files: counts.added + counts.existing };
    this.#manifests.set(location, result);
    return result;
  }
}

function unreadable(error: unknown): string {
  return `cannot be read: ${describeError(error)}`;
}
