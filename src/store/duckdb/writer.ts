import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { DuckDBAppender, DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import { TOPICS } from "../../domain/index.ts";
import { BookLevelRows } from "./book-level-rows.ts";
import { appendEvents } from "./event-rows.ts";
import { createSegment, HOT, LAYOUTS, type Layout } from "./layout.ts";
import { appendOrders } from "./order-rows.ts";
import type { AppendRequest, AppendResult, Request } from "./protocol.ts";
import { appendQuotes } from "./quote-rows.ts";
import { TradeRows } from "./trade-rows.ts";

type WriteRequest = Extract<Request, { readonly kind: "append" | "create" | "seal" | "drop" }>;

interface Write {
  readonly request: WriteRequest;
  readonly resolve: (result: AppendResult | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Table {
  readonly segment: string;
  readonly appender: DuckDBAppender;
  readonly types: readonly DuckDBType[];
}

/** Which chunks are committed together. */
interface Groups {
  readonly rowsMax: number;
  /** Between two groups: a commit of one row costs as much as one of hundreds. What comes after a quiet time does not wait. */
  readonly gatherMs: number;
  /** A group of so many rows waits until it is full, or nothing has come for some time: many more will follow them. */
  readonly waitsFromRows: number;
}

/** Enough to share the cost, few enough that statements wait no more than some milliseconds. */
export const LIVE_GROUPS: Groups = { rowsMax: 8_192, gatherMs: 5, waitsFromRows: Number.POSITIVE_INFINITY };
/** More than a row group of DuckDB: whole ones it takes as they are, of smaller ones it makes another copy. */
export const BULK_GROUPS: Groups = { rowsMax: 196_608, gatherMs: 5, waitsFromRows: 8_192 };
const QUIET_MS = 100;

/**
 * The one writer: appends, creations and drops in the order asked. Chunks that wait are committed together.
 * Seals run beside it, after all that was asked before them.
 */
export class Writer {
  readonly #connection: DuckDBConnection;
  readonly #background: DuckDBConnection;
  readonly #waiting: Write[] = [];
  readonly #tables = new Map<string, Table>();
  readonly #trades = new TradeRows();
  readonly #books = new BookLevelRows();
  #sealing: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  #groupEndedMs = Number.NEGATIVE_INFINITY;

  readonly #groups: Groups;

  constructor(connection: DuckDBConnection, background: DuckDBConnection, groups: Groups) {
    this.#groups = groups;
    this.#connection = connection;
    this.#background = background;
  }

  write(request: WriteRequest): Promise<AppendResult | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#sealing;
    for (const { appender } of this.#tables.values()) appender.closeSync();
    this.#connection.closeSync();
    this.#background.closeSync();
  }

  async #run(): Promise<void> {
    await nextTurn();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.request.kind === "append") {
        await this.#gather();
        this.#appendGroup();
        this.#groupEndedMs = performance.now();
        await nextTurn(); // Statements asked for meanwhile begin now.
      } else {
        this.#waiting.shift();
        await this.#change(next);
      }
    }
    this.#running = undefined; // In the same turn as the last look: nothing can be asked in between.
  }

  async #gather(): Promise<void> {
    const { gatherMs, rowsMax, waitsFromRows } = this.#groups;
    const restMs = this.#groupEndedMs + gatherMs - performance.now();
    if (restMs > 0 && this.#gatheredRows() < rowsMax) await pause(restMs);
    for (let before = 0, rows = this.#gatheredRows(); rows >= waitsFromRows && rows < rowsMax && rows > before; ) {
      before = rows;
      await pause(QUIET_MS);
      rows = this.#gatheredRows();
    }
  }

  /** Of the appends that wait; without end where something else waits for them. */
  #gatheredRows(): number {
    let rows = 0;
    for (const { request } of this.#waiting) {
      if (request.kind !== "append") return Number.POSITIVE_INFINITY;
      rows += request.count;
    }
    return rows;
  }

  #appendGroup(): void {
    const done: { readonly write: Write; readonly result: AppendResult }[] = [];
    const touched = new Set<DuckDBAppender>();
    let rows = 0;
    for (let next = this.#waiting[0]; next?.request.kind === "append"; next = this.#waiting[0]) {
      if (rows > 0 && rows + next.request.count > this.#groups.rowsMax) break;
      this.#waiting.shift();
      try {
        const table = this.#table(next.request);
        touched.add(table.appender);
        const result = this.#append(next.request, table);
        done.push({ write: next, result });
        rows += result.rows;
      } catch (error) {
        next.reject(error);
        break;
      }
    }
    try {
      for (const appender of touched) appender.flushSync();
      for (const { write, result } of done) write.resolve(result);
    } catch (error) {
      for (const { write } of done) write.reject(error);
    }
  }

  #append(request: AppendRequest, { appender, types }: Table): AppendResult {
    switch (request.topic) {
      case TOPICS.trades:
        return this.#trades.append(request, appender, types);
      case TOPICS.quotes:
        return appendQuotes(request, appender, types);
      case TOPICS.orders:
        return appendOrders(request, appender, types);
      case TOPICS.bookChanges:
      case TOPICS.bookSnapshots:
        return this.#books.append(request, appender, types);
      default:
        return appendEvents(request, appender, types);
    }
  }

  #table({ topic, segment }: AppendRequest): Table {
    const table = this.#tables.get(topic);
    if (table === undefined) throw new Error(`No table is open for ${topic} (segment ${segment})`);
    return table;
  }

  async #change({ request, resolve, reject }: Write): Promise<void> {
    try {
      if (request.kind === "create") await this.#create(request.topic, request.segment);
      else if (request.kind === "drop") await this.#drop(request.segment);
      else if (request.kind === "seal") {
        // Not waited for: a sort of a million rows must not hold up the next append.
        this.#sealing = this.#sealing.then(() => this.#seal(request)).then(() => resolve(undefined), reject);
        return;
      }
      resolve(undefined);
    } catch (error) {
      reject(error);
    }
  }

  async #create(topic: string, segment: string): Promise<void> {
    const layout = layoutOf(topic);
    if (layout !== undefined) await this.#connection.run(createSegment(layout, segment));
    const appender = await this.#connection.createAppender(segment, "main", HOT);
    const types = Array.from({ length: appender.columnCount }, (_, column) => appender.columnType(column));
    this.#tables.get(topic)?.appender.closeSync();
    this.#tables.set(topic, { segment, appender, types });
  }

  async #drop(segment: string): Promise<void> {
    for (const [topic, table] of this.#tables) {
      if (table.segment !== segment) continue;
      table.appender.closeSync();
      this.#tables.delete(topic);
    }
    await this.#connection.run(`DROP TABLE ${HOT}.${segment}`);
  }

  async #seal({ topic, segment, sealed }: Extract<Request, { readonly kind: "seal" }>): Promise<void> {
    const order = layoutOf(topic)?.sealedOrder ?? "ALL";
    await this.#background.run(`CREATE TABLE ${HOT}.${sealed} AS SELECT * FROM ${HOT}.${segment} ORDER BY ${order}`);
    // Compresses the rows in memory. Refused beside another transaction; the next one takes them along.
    await this.#background.run(`CHECKPOINT ${HOT}`).catch(() => undefined);
  }
}

function layoutOf(topic: string): Layout | undefined {
  return LAYOUTS.find((layout) => layout.topic === topic);
}
