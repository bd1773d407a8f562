import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Listing, TOPICS, TRADES } from "../domain/index.ts";
import { type DataFile, type Lake, openLake } from "../lake/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { listingsChunk, tradeRecords } from "../store/test-records.ts";
import { lakeSource, openQueryEngine, type QueryEngine } from "./index.ts";

export interface QueryBenchOptions {
  /** Trades in the lake; default 33,000,000. */
  readonly rows?: number;
}

const SYMBOLS = 100;
const VENUES = 3;
const ROWS_PER_DAY = 3_000_000;
const DAY_US = 86_400_000_000;
const FIRST_DAY_US = 19_700 * DAY_US;
const WRITER = "bench";

/** Questions over a lake of generated trades and a live tail: alone, and while 50,000 rows a second arrive. */
export async function run({ rows = 33_000_000 }: QueryBenchOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-query-bench-"));
  try {
    await using store = await openStore({ folder });
    await using lake = await openLake({
      warehouse: join(folder, "lake"),
      catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
      name: "bench",
    });
    await store.apply(listingsChunk(benchListings()));
    const startMs = performance.now();
    await fillLake(lake, store, rows);
    console.log(`${rows.toLocaleString("en")} trades landed in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
    const tail = new Tail(store, rows);
    await tail.apply(500_000);
    const readPositions = (text: string) => JSON.parse(text) as { topic: string; partition: number; offset: number }[];
    const query = openQueryEngine({ store, lake: lakeSource(lake, { writer: WRITER, readPositions }) });
    await measure("at rest", query, rows);
    const abort = new AbortController();
    const arriving = tail.follow(50_000, abort.signal);
    await measure("while 50,000 rows/s arrive", query, rows);
    abort.abort();
    const perSecond = await arriving;
    console.log(`arrived meanwhile: ${Math.round(perSecond).toLocaleString("en")} rows/s`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function benchListings(): readonly Listing[] {
  return Array.from({ length: SYMBOLS }, (_, index) => ({
    index,
    venue: `venue-${index % VENUES}`,
    rawSymbol: `S${index}USDT`,
    symbol: `S${index}-USDT-SPOT`,
    unitExponent: 0,
  }));
}

/** Day after day, as landing and daily compaction leave it: one sorted file a day and venue. */
async function fillLake(lake: Lake, store: Store, rows: number): Promise<void> {
  await lake.createTable("silver.trades", {
    schema: TRADES.columns,
    partitionSpec: TRADES.partition,
    sortOrder: TRADES.sort.map((column) => ({ column })),
  });
  const run = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
    (await store.query(sql, { lane: "long" })).rows;
  const files: DataFile[] = [];
  for (let from = 0; from < rows; from += ROWS_PER_DAY) {
    const table = await lake.table("silver.trades");
    const relation = generated(from, Math.min(from + ROWS_PER_DAY, rows));
    files.push(...(await lake.stageFiles(table, { run, relation })).files);
  }
  const positions = JSON.stringify([{ topic: TOPICS.trades, partition: 0, offset: rows }]);
  await lake.append("silver.trades", {
    files,
    progress: { writer: WRITER, epoch: 1, positions, continuesFrom: undefined },
  });
}

/** Seeded by the row's number; few symbols have most trades, as in a market. */
function generated(from: number, to: number): string {
  const usEach = DAY_US / ROWS_PER_DAY;
  return `
    SELECT 'venue-' || (s % ${VENUES}) AS venue, 'S' || s || '-USDT-SPOT' AS symbol, 'S' || s || 'USDT' AS raw_symbol,
      (1000000 + range)::VARCHAR AS trade_id, (100 + s * 10 + (h % 10000) / 100)::DECIMAL(18,8) AS price,
      ((1 + (h // 7) % 20000) / 10000)::DECIMAL(18,8) AS size, 1::BIGINT AS unit,
      CASE h % 2 WHEN 0 THEN 'buy' ELSE 'sell' END AS side,
      make_timestamptz((${FIRST_DAY_US} + range * ${usEach})::BIGINT) AS ts_event, 0 AS ts_event_nanos,
      make_timestamptz((${FIRST_DAY_US} + range * ${usEach} + h % 30000)::BIGINT) AS ts_recv, 0 AS ts_recv_nanos,
      NULL::BIGINT AS sequence, 0 AS frame_index, 1 AS executions, '' AS flags, 'simulated' AS source,
      'market.trades' AS _topic, 0 AS _partition, range AS _offset, 0 AS _raw_partition, range AS _raw_offset
    FROM (SELECT range, h, ((h // 100) % ${SYMBOLS} * ((h // 10000) % ${SYMBOLS})) // ${SYMBOLS} AS s
      FROM (SELECT range, (hash(range) % 100000000)::BIGINT AS h FROM range(${from}, ${to})))`;
}

/** The live rows after the lake's. */
class Tail {
  readonly #store: Store;
  #offset: number;

  constructor(store: Store, offset: number) {
    this.#store = store;
    this.#offset = offset;
  }

  async apply(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 5000) {
      const first = this.#offset;
      const rows = Math.min(5000, left);
      const trades = Array.from({ length: rows }, (_, index) => ({
        listing: Math.floor(((first + index) * 7919) % SYMBOLS),
        eventUs: FIRST_DAY_US + (first + index) * (DAY_US / ROWS_PER_DAY),
        id: BigInt(1_000_000 + first + index),
      }));
      this.#offset += rows;
      const chunk = { topic: TOPICS.trades, partition: 0, firstOffset: first, appendedMs: 0 };
      await this.#store.apply({ ...chunk, records: tradeRecords(trades) });
    }
  }

  /** @returns rows a second that went in */
  async follow(perSecond: number, signal: AbortSignal): Promise<number> {
    const startMs = performance.now();
    const first = this.#offset;
    while (!signal.aborted) {
      const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond) - (this.#offset - first);
      await this.apply(Math.min(due, 5000));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return ((this.#offset - first) / (performance.now() - startMs)) * 1000;
  }
}

async function measure(title: string, query: QueryEngine, rows: number): Promise<void> {
  const days = Math.max(1, Math.ceil(rows / ROWS_PER_DAY));
  const symbol = (round: number): string => `S${(round * 13) % SYMBOLS}-USDT-SPOT`;
  const dayUs = (round: number): number => FIRST_DAY_US + (round % days) * DAY_US;
  const sql = (text: string) => query.sql(text, { rowsMax: 100_000 });
  const iso = (us: number): string => new Date(us / 1000).toISOString();
  console.log(`-- ${title}`);
  await timed("last 100 trades of a symbol", 200, (round) =>
    query.trades({ symbols: [symbol(round)], order: "descending", limit: 100 }),
  );
  await timed("one minute of a symbol", 200, (round) => {
    const startUs = dayUs(round) + ((round * 7919) % 1400) * 60_000_000;
    return query.trades({
      symbols: [symbol(round)],
      startUs,
      endUs: startUs + 60_000_000,
      order: "ascending",
      limit: 10_000,
    });
  });
  await timed("one-minute bars of a symbol's day, from trades", 30, (round) =>
    sql(`SELECT time_bucket(INTERVAL 1 MINUTE, time) AS start, first(price ORDER BY time), max(price), min(price), last(price ORDER BY time), sum(size)
      FROM trades WHERE symbol = '${symbol(round)}' AND time >= '${iso(dayUs(round))}' AND time < '${iso(dayUs(round) + DAY_US)}' GROUP BY 1 ORDER BY 1`),
  );
  await timed("count by symbol, all rows", 20, () => sql("SELECT symbol, count(*) FROM silver.trades GROUP BY 1"));
  await timed("sum and average by symbol, all rows", 10, () =>
    sql("SELECT symbol, sum(size), avg(price) FROM silver.trades GROUP BY 1"),
  );
}

async function timed(name: string, rounds: number, ask: (round: number) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < 3; round += 1) await ask(round);
  const times: number[] = [];
  const cpuBefore = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    await ask(round);
    times.push(performance.now() - startMs);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  times.sort((one, other) => one - other);
  const at = (part: number): string => (times[Math.min(rounds - 1, Math.floor(rounds * part))] ?? 0).toFixed(1);
  console.log(
    `${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${((user + system) / 1000 / rounds).toFixed(1)} ms of processor, all threads`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
