import { createRequire } from "node:module";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type * as kysely from "kysely";
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, SqliteDatabase } from "kysely";
import { type Clock, systemClock } from "./clock.ts";

export interface SqliteOptions {
  /** How long a statement waits for another connection's write lock before it fails with SQLITE_BUSY. Default 5,000. */
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * A SQLite file for Kysely, on the engine that Node brings: `new Kysely<Tables>({ dialect: openSqlite(path) })`.
 *
 * Opened at the first query and closed by `Kysely.destroy()`. A committed transaction is on the device
 * (`synchronous = FULL`), and readers in other processes are not kept waiting (`journal_mode = WAL`).
 * A transaction takes the write lock when it begins, so that it never fails halfway for another's.
 *
 * @param path a file, made if it is not there (its folder must be); ":memory:" for one that goes with the process
 */
export function openSqlite(path: string, { busyTimeoutMs = 5_000, clock = systemClock }: SqliteOptions = {}): Dialect {
  // Loaded here, so that threads which ask no database do not hold it.
  const { SqliteDialect } = createRequire(import.meta.url)("kysely") as typeof kysely;
  const dialect = new SqliteDialect({ database: async () => openDatabase(path) });
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => patient(dialect.createDriver(), { busyTimeoutMs, clock }),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

function openDatabase(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { timeout: 1_000 });
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 0",
  );
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql === "begin" ? "begin immediate" : sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as readonly SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as readonly SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as readonly SQLInputValue[])),
      };
    },
  };
}

function patient(driver: Driver, options: Required<SqliteOptions>): Driver {
  const acquire = driver.acquireConnection.bind(driver);
  return Object.assign(driver, { acquireConnection: async () => new PatientConnection(await acquire(), options) });
}

/** Waits for a lock without blocking the thread, as SQLite's own busy_timeout would: the lock's holder may run on it. */
class PatientConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection;
  readonly #options: Required<SqliteOptions>;

  constructor(connection: DatabaseConnection, options: Required<SqliteOptions>) {
    this.#connection = connection;
    this.#options = options;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { clock, busyTimeoutMs } = this.#options;
    const giveUpMs = clock.monotonicMs() + busyTimeoutMs;
    for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 50)) {
      try {
        return await this.#connection.executeQuery<R>(query);
      } catch (error) {
        // A statement that met a lock did nothing, so that it can be tried again.
        if (!isBusy(error) || clock.monotonicMs() + waitMs > giveUpMs) throw error;
      }
      await clock.sleep(waitMs);
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize);
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}
