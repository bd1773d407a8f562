import type { DuckDBConnection, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import type { SqlTable } from "../store.ts";
import { jsonRows } from "./json-values.ts";
import type { RunRequest } from "./protocol.ts";
import { Semaphore } from "./semaphore.ts";

/**
 * How many statements run at a time. Each holds a thread of the process's I/O pool while it runs (four by default,
 * shared with every file operation), so readers, exports and the operator's own sessions are kept apart and few.
 */
const LANES = { reader: 2, long: 1, session: 1 } as const;

const INTERRUPT_EVERY_MS = 20;

interface Running {
  readonly session: string | undefined;
  readonly abort: AbortController;
  readonly ended: PromiseWithResolvers<void>;
  connection: DuckDBConnection | undefined;
}

/** Runs statements on connections of their own, beside the writer; each can be interrupted. */
export class Statements {
  readonly #instance: DuckDBInstance;
  readonly #lanes = {
    reader: new Semaphore(LANES.reader),
    long: new Semaphore(LANES.long),
    session: new Semaphore(LANES.session),
  };
  readonly #idle: DuckDBConnection[] = [];
  /** The long lane's own, so that temporary tables last from one of its statements to the next. */
  #long: DuckDBConnection | undefined;
  readonly #sessions = new Map<string, DuckDBConnection>();
  readonly #running = new Map<number, Running>();

  constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  async run(id: number, request: RunRequest): Promise<SqlTable> {
    const running: Running = {
      session: request.session,
      abort: new AbortController(),
      ended: Promise.withResolvers(),
      connection: undefined,
    };
    this.#running.set(id, running);
    const { signal } = running.abort;
    try {
      using _slot = await this.#lanes[request.session === undefined ? request.lane : "session"].enter({ signal });
      const connection = await this.#connectionFor(request);
      running.connection = connection;
      try {
        return await execute(connection, request, signal);
      } finally {
        running.connection = undefined;
        if (request.session === undefined && request.lane === "reader") this.#idle.push(connection);
      }
    } finally {
      this.#running.delete(id);
      running.ended.resolve();
    }
  }

  interrupt(id: number): void {
    const running = this.#running.get(id);
    if (running === undefined || running.abort.signal.aborted) return;
    running.abort.abort(new Error("The statement was interrupted"));
    running.connection?.interrupt();
    // DuckDB forgets an interrupt that comes before the statement has begun, in the thread that it waits for.
    const again = setInterval(() => running.connection?.interrupt(), INTERRUPT_EVERY_MS);
    void running.ended.promise.then(() => clearInterval(again));
  }

  async openSession(session: string): Promise<void> {
    const connection = await this.#connect();
    await connection.run(`ATTACH ':memory:' AS ${session}; USE ${session}`);
    this.#sessions.set(session, connection);
  }

  async closeSession(session: string): Promise<void> {
    const connection = this.#sessions.get(session);
    this.#sessions.delete(session);
    await this.#end((running) => running.session === session);
    connection?.closeSync();
    const other = this.#idle.pop() ?? (await this.#connect());
    await other.run(`DETACH ${session}`);
    this.#idle.push(other);
  }

  /** Interrupts what runs, which rejects, and waits for its end: a connection must not be closed under its statement. */
  async close(): Promise<void> {
    await this.#end(() => true);
    for (const connection of [...this.#idle, ...this.#sessions.values()]) connection.closeSync();
    this.#long?.closeSync();
  }

  async #end(isMeant: (running: Running) => boolean): Promise<void> {
    const meant = [...this.#running].filter(([, running]) => isMeant(running));
    for (const [id] of meant) this.interrupt(id);
    await Promise.all(meant.map(([, { ended }]) => ended.promise));
  }

  async #connectionFor({ session, lane }: RunRequest): Promise<DuckDBConnection> {
    if (session !== undefined) {
      const connection = this.#sessions.get(session);
      if (connection === undefined) throw new Error(`The session ${session} is closed`);
      return connection;
    }
    if (lane === "reader") return this.#idle.pop() ?? (await this.#connect());
    this.#long ??= await this.#connect();
    return this.#long;
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return connection;
  }
}

async function execute(connection: DuckDBConnection, request: RunRequest, signal: AbortSignal): Promise<SqlTable> {
  const { sql, parameters, rowsMax = Number.POSITIVE_INFINITY } = request;
  signal.throwIfAborted();
  const values = parameters.length === 0 ? undefined : [...parameters];
  // A streamed result never holds more than is fetched; a small one comes back sooner whole.
  const result: DuckDBResult =
    rowsMax === Number.POSITIVE_INFINITY ? await connection.run(sql, values) : await connection.stream(sql, values);
  const types = result.columnTypes();
  const rows: unknown[][] = [];
  let truncated = false;
  while (!truncated) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const wanted = Math.min(chunk.rowCount, rowsMax - rows.length);
    truncated = wanted < chunk.rowCount;
    rows.push(...jsonRows(chunk, types, wanted));
  }
  const columns = result.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
  return { columns, rows, truncated };
}
