import { deepStrictEqual, ok } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FRAMES, TABLES, type TableDefinition, TRADES } from "../../src/domain/index.ts";
import { feedById } from "../../src/feeds/index.ts";
import { naturalPriceText, naturalSizeText } from "../../src/query/natural-values.ts";
import { captureFrames, type LedgerTrades, readCapture, sameTotals, TradeSum } from "../../src/venue-server/index.ts";
import { check, expectSameRows, type Rows } from "./checks.ts";
import { runPython } from "./engines.ts";
import type { MarketScene, Recording } from "./market-scene.ts";
import { byColumn, FILLED, LOG_ORDER, nameOf, ourRows, type Row } from "./market-truth.ts";

/** What read-pyiceberg.py prints. */
interface Answer {
  readonly namespaces: readonly string[];
  readonly listed: readonly string[];
  readonly tables: Readonly<Record<string, TableAnswer>>;
  readonly exact: { readonly notional: string; readonly volume: string; readonly first: string; readonly last: string };
  readonly filtered: readonly { readonly rows: Rows; readonly files: number }[];
}

interface TableAnswer {
  readonly columns: readonly object[];
  readonly partition: readonly object[];
  readonly sort: readonly (readonly string[])[];
  readonly comment: string;
  readonly snapshots: readonly SnapshotAnswer[];
  readonly files: number;
  readonly rows: Rows;
}

interface SnapshotAnswer {
  readonly id: string;
  readonly operation: string;
  readonly summary: Readonly<Record<string, string>>;
  readonly offsets: readonly (readonly [topic: string, partition: number, rows: number, highest: number])[];
}

const SCRIPT = readFileSync(new URL("read-pyiceberg.py", import.meta.url), "utf8");
const FILTERS: readonly { readonly python: string; readonly sql: string }[] = [
  { python: "venue == 'kraken'", sql: "venue = 'kraken'" },
  {
    python: "ts_event >= '2026-11-01T00:00:00+00:00' and symbol == 'PICO-USDT-SPOT'",
    sql: "ts_event >= TIMESTAMPTZ '2026-11-01 00:00:00+00' AND symbol = 'PICO-USDT-SPOT'",
  },
  { python: "price > 60000.00000000 and size >= 0.50000000", sql: "price > 60000 AND size >= 0.5" },
  { python: "_offset < 100 and sequence is null", sql: "_offset < 100 AND sequence IS NULL" },
];

/** @param executable a Python that has PyIceberg */
export async function checkPyIceberg(
  executable: string,
  scene: MarketScene,
  ours: ReadonlyMap<TableDefinition, Rows>,
): Promise<void> {
  let output = { stdout: "{}", stderr: "" };
  const isRead = await check("PyIceberg reads the catalog and the five filled tables", async () => {
    output = await runPython(executable, SCRIPT, {
      args: [
        join(scene.folder, scene.catalog),
        join(scene.folder, scene.lake),
        FILLED.map(nameOf).join(","),
        JSON.stringify(FILTERS.map(({ python }) => python)),
      ],
    });
  });
  if (!isRead) return;
  const answer = JSON.parse(output.stdout) as Answer;
  await check("PyIceberg warns of nothing", () => deepStrictEqual(output.stderr, ""));
  await check("PyIceberg lists our namespaces and tables", () => {
    deepStrictEqual(answer.namespaces, ["bronze", "gold", "ops", "silver"]);
    deepStrictEqual(answer.listed, TABLES.map(nameOf).sort());
  });
  for (const table of FILLED) await checkTable(table, answer, ours.get(table) ?? [], scene);
  const trades = byColumn(TRADES, answer.tables[nameOf(TRADES)]?.rows ?? []);
  await check("PyIceberg: what the venues sent is in silver.trades, by count, sums and checksum of each symbol", () =>
    checkSent(scene.sent, trades),
  );
  const frames = byColumn(FRAMES, answer.tables[nameOf(FRAMES)]?.rows ?? []);
  for (const recording of scene.recordings) {
    await check(
      `PyIceberg: every trade frame of the ${recording.feed} recording is in bronze.frames, byte for byte`,
      () => checkFrames(recording, frames),
    );
  }
  await check("PyIceberg: exact sums of price × size and the first and last time are ours", async () => {
    const [row] = await ourRows(
      scene.offline.query,
      `SELECT sum(price::DECIMAL(38,8) * size)::VARCHAR, sum(size)::VARCHAR, epoch_us(min(ts_event))::VARCHAR, epoch_us(max(ts_event))::VARCHAR FROM silver.trades`,
    );
    const { notional, volume, first, last } = answer.exact;
    deepStrictEqual([notional, volume, first, last], row);
  });
  await checkFilters(answer, scene);
}

async function checkTable(table: TableDefinition, answer: Answer, ours: Rows, scene: MarketScene): Promise<void> {
  const name = nameOf(table);
  const theirs = answer.tables[name];
  await check(`PyIceberg sees the columns, partitions and order of ${name} as they are defined`, () => {
    deepStrictEqual(theirs?.columns, table.columns);
    deepStrictEqual(theirs?.partition, table.partition);
    deepStrictEqual(
      theirs?.sort,
      table.sort.map((column) => [column, "identity", "asc", "nulls-first"]),
    );
    deepStrictEqual(theirs?.comment, table.doc);
  });
  await check(`PyIceberg reads every row and value of ${name} as K2 does (${ours.length} rows)`, () =>
    expectSameRows(theirs?.rows ?? [], ours),
  );
  const snapshots = theirs?.snapshots ?? [];
  await check(
    `PyIceberg: each of the ${snapshots.length} snapshots of ${name} holds the rows up to its offsets, no other`,
    async () => {
      ok(snapshots.length > 1, "one commit proves nothing");
      const known = (await scene.offline.lake.table(name)).metadata.snapshots;
      deepStrictEqual(
        snapshots.map(({ id }) => id),
        known.map(({ snapshotId }) => String(snapshotId)),
      );
      for (const snapshot of snapshots) checkSnapshot(table, snapshot, ours);
    },
  );
}

/** Invariant I4: the log offsets of the summary are exactly what the snapshot contains, and the counts are true. */
function checkSnapshot(table: TableDefinition, { operation, summary, offsets }: SnapshotAnswer, ours: Rows): void {
  const positions = JSON.parse(summary["k2.positions"] ?? "{}") as Record<string, Record<string, number>>;
  const expected = new Map<string, [topic: string, partition: number, rows: number, highest: number]>();
  for (const row of byColumn(table, ours)) {
    const [topic, partition, offset] = [String(row["_topic"]), Number(row["_partition"]), Number(row["_offset"])];
    if (offset >= (positions[topic]?.[String(partition)] ?? 0)) continue;
    const found = expected.get(`${topic}/${partition}`) ?? [topic, partition, 0, -1];
    expected.set(`${topic}/${partition}`, [topic, partition, found[2] + 1, Math.max(found[3], offset)]);
  }
  deepStrictEqual(
    offsets,
    [...expected.values()].sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1)),
  );
  deepStrictEqual(operation, "append");
  deepStrictEqual(
    Number(summary["total-records"]),
    offsets.reduce((sum, [, , rows]) => sum + rows, 0),
  );
}

/** The rows of a symbol are in the order of the log, so those of one run are followed by those of the next. */
function checkSent(sent: readonly LedgerTrades[], trades: readonly Row[]): void {
  const left = Map.groupBy(trades, (row) => `${row["venue"]} ${row["raw_symbol"]}`);
  for (const ledger of sent) {
    const sum = new TradeSum();
    const rows = left.get(`${feedById(ledger.feed).venue} ${ledger.symbol}`) ?? [];
    for (const row of rows.splice(0, ledger.trades)) {
      sum.add({
        id: String(row["trade_id"]),
        price: naturalPriceText(String(row["price"]), String(row["unit"])),
        size: naturalSizeText(String(row["size"]), String(row["unit"])),
        side: row["side"] === "buy" ? "buy" : "sell",
      });
    }
    if (sameTotals(sum.totals(), ledger)) continue;
    throw new Error(`${ledger.feed} sent ${JSON.stringify(ledger)}, silver.trades has ${JSON.stringify(sum.totals())}`);
  }
  deepStrictEqual([...left.values()].flat(), [], "rows that no venue has sent");
}

/** What the recording has of the subscribed channel was received in its order; only the server's own answers stand between. */
async function checkFrames({ feed, paths, mark }: Recording, frames: readonly Row[]): Promise<void> {
  const received = frames.filter((frame) => frame["feed"] === feed && frame["kind"] === "received");
  let at = 0;
  let compared = 0;
  for (const path of paths) {
    for await (const frame of captureFrames(readCapture(path), { feed })) {
      if (frame.kind !== "received" || !Buffer.from(frame.payload).includes(mark)) continue;
      const payload = Buffer.from(frame.payload).toString("hex");
      while (at < received.length && received[at]?.["payload"] !== payload) at += 1;
      ok(
        at < received.length,
        `frame ${compared} of ${path} is not there: ${Buffer.from(frame.payload).toString("utf8")}`,
      );
      at += 1;
      compared += 1;
    }
  }
  ok(compared > 0, "the recording is empty");
}

async function checkFilters({ filtered, tables }: Answer, { offline }: MarketScene): Promise<void> {
  const all = tables[nameOf(TRADES)]?.files ?? 0;
  const columns = TRADES.columns.map(({ name, type }) =>
    type === "timestamptz" ? `epoch_us("${name}")::VARCHAR` : `"${name}"::VARCHAR`,
  );
  for (const [index, { python, sql }] of FILTERS.entries()) {
    const { rows = [], files = 0 } = filtered[index] ?? {};
    await check(`PyIceberg, pruning ${all} files to ${files} by our bounds, agrees on ${python}`, async () => {
      const order = LOG_ORDER;
      expectSameRows(
        rows,
        await ourRows(offline.query, `SELECT ${columns.join(", ")} FROM silver.trades WHERE ${sql} ORDER BY ${order}`),
      );
      ok(files < all, "nothing was pruned");
    });
  }
}
