import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Files } from "../../base/index.ts";
import { LogLockedError } from "../errors.ts";

/**
 * One writer a folder. The lock is the operating system's (taken by SQLite on an empty file), so it ends with its
 * holder however that ends: no process number to compare, which another container or a restart could have reused.
 * Who holds it is written beside it, for people.
 *
 * @see https://www.sqlite.org/lockingv3.html
 */
export class WriterLock implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws {LogLockedError} when another process, thread or part of this program writes here */
  static async acquire(files: Files, folder: string): Promise<WriterLock> {
    const database = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
    try {
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if ((error as { readonly errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      throw new LogLockedError(
        `Cannot open the log in ${folder} for writing: ${await describeHolder(files, folder)} holds it. Nothing was ` +
          "changed; stop that program first, or read beside it with openLogReader()",
      );
    }
    await noteHolder(files, folder);
    return new WriterLock(database);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

const SQLITE_BUSY = 5;

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

async function noteHolder(files: Files, folder: string): Promise<void> {
  const startedMs = performance.timeOrigin; // Of this thread: tells two runs of one process number apart.
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date(startedMs).toISOString() };
  try {
    await using file = await files.open(holderPath(folder), "w+");
    await file.write(new TextEncoder().encode(JSON.stringify(holder)), 0);
  } catch {
    // A full disk must not keep the log from opening; only the message for a second opener gets poorer.
  }
}

async function describeHolder(files: Files, folder: string): Promise<string> {
  try {
    const holder: Holder = JSON.parse(new TextDecoder().decode(await files.read(holderPath(folder))));
    return `process ${holder.pid} on ${holder.host}, running since ${holder.since},`;
  } catch {
    return "another process";
  }
}

function holderPath(folder: string): string {
  return join(folder, "owner.json");
}
