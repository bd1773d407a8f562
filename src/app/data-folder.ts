import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidInputError } from "../base/index.ts";
import type { StorageConfig } from "../lake/index.ts";
import type { Config } from "./config.ts";
import { type LakeCatalog, lakeCatalog } from "./lake-catalog-config.ts";
import { lakeStorage } from "./lake-storage-config.ts";

/** Where everything of one mode lies. */
export interface DataFolder {
  readonly root: string;
  readonly log: string;
  readonly store: string;
  /** A folder, or a place in an object store that `lakeStorage` tells how to reach. */
  readonly lake: string;
  readonly lakeStorage?: StorageConfig | undefined;
  readonly catalog: LakeCatalog;
  readonly registry: string;
  /** What the lake's jobs did. */
  readonly jobs: string;
}

const FORMAT_VERSION = 1;
const MARKER = "k2.json";

interface Marker {
  readonly formatVersion: number;
  readonly mode: Config["mode"];
}

/** What of the configuration says where things lie. */
type DataFolderConfig = Pick<Config, "folder" | "mode"> & {
  readonly lake?: Pick<Config["lake"], "storage" | "catalog"> | undefined;
};

/**
 * Opens the folder, or makes it. A marker file says what it holds, so that simulated rows never mix with real ones.
 *
 * @throws {InvalidInputError} when the folder holds another mode's data, or a newer format than this K2 reads
 */
export function openDataFolder({ folder, mode, lake }: DataFolderConfig): DataFolder {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, MARKER);
  if (existsSync(file)) checkMarker(JSON.parse(readFileSync(file, "utf8")) as Marker, folder, mode);
  else writeFileSync(file, `${JSON.stringify({ formatVersion: FORMAT_VERSION, mode } satisfies Marker)}\n`);
  return dataFolderPaths({ folder, mode, lake });
}

/**
 * The folder of data that must be there already.
 *
 * @throws {InvalidInputError} when there is none, saying how to make one
 */
export function existingDataFolder(config: DataFolderConfig): DataFolder {
  if (!existsSync(join(config.folder, MARKER))) {
    const command = config.mode === "live" ? "k2 up --live" : "k2 up";
    throw new InvalidInputError(
      `No data in ${config.folder} yet. Start \`${command}\` first, or name another folder with --data`,
    );
  }
  return openDataFolder(config);
}

/** The places within a folder; nothing is made. */
export function dataFolderPaths({ folder: root, mode, lake }: DataFolderConfig): DataFolder {
  const warehouse = lake?.storage.warehouse?.replace(/\/+$/, "");
  return {
    root,
    log: join(root, "log"),
    store: join(root, "store"),
    lake: warehouse === undefined ? join(root, "lake") : `${warehouse}/${mode}`,
    lakeStorage: lakeStorage(lake?.storage, root),
    catalog: lakeCatalog(lake?.catalog, { mode, sqlitePath: join(root, "catalog.sqlite") }),
    registry: join(root, "registry.sqlite"),
    jobs: join(root, "jobs.sqlite"),
  };
}

function checkMarker(marker: Marker, folder: string, mode: Config["mode"]): void {
  if (marker.formatVersion > FORMAT_VERSION) {
    throw new InvalidInputError(
      `${folder} was written by a newer K2 (format ${marker.formatVersion}, this one reads ${FORMAT_VERSION}). Update K2`,
    );
  }
  if (marker.mode !== mode) {
    throw new InvalidInputError(
      `${folder} holds ${marker.mode} data, and this run is ${mode}. Choose another folder with --data`,
    );
  }
}
