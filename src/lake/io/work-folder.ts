import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Files, InvalidInputError } from "../../base/index.ts";

/** A folder that no other process uses, nor another lake of this one, as long as it is open. */
export interface WorkFolder extends Disposable {
  readonly path: string;
}

const PLACES_MAX = 64;

/**
 * Takes the first free place in `folder`: 0, 1, …. A process that starts alone finds again what it kept there before.
 * The lock is the operating system's, through SQLite: it goes with the process however that ends.
 */
export async function openWorkFolder(files: Files, folder: string): Promise<WorkFolder> {
  for (let place = 0; place < PLACES_MAX; place += 1) {
    const path = join(folder, String(place));
    await files.makeFolder(path);
    const lock = tryLock(join(path, "lock"));
    if (lock !== undefined) return { path, [Symbol.dispose]: () => lock.isOpen && lock.close() };
  }
  throw new InvalidInputError(
    `Cannot use ${folder} for copies of remote files: ${PLACES_MAX} others do. Give this lake another cacheFolder`,
  );
}

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && (error.errcode === 5 || error.errcode === 6)) return undefined;
    throw error;
  }
}
