import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
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
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new PatientDriver(path, { busyTimeoutMs, clock }),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
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

/** Waits for a lock without blocking the thread, as SQLite's own busy_timeout would: the lock's holder may run on it. */
class PatientDriver extends SqliteDriver {
  readonly #options: Required<SqliteOptions>;

  constructor(path: string, options: Required<SqliteOptions>) {
    super({ database: async () => openDatabase(path) });
    this.#options = options;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new PatientConnection(await super.acquireConnection(), this.#options);
  }
}

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
