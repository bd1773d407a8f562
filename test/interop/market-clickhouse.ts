import { deepStrictEqual } from "node:assert";
import { BARS, type TableDefinition, TRADES } from "../../src/domain/index.ts";
import { check, expectSameRows, type Rows } from "./checks.ts";
import { runClickHouse } from "./engines.ts";
import { barsFromTradesSql, compareBars, INTERVALS, latestBarsSql } from "./market-bars.ts";
import type { MarketScene } from "./market-scene.ts";
import { clickHouseText, FILLED, LOG_ORDER, nameOf, ourRows } from "./market-truth.ts";

/** @param chdb folder in which `chdb` is installed */
export async function checkClickHouse(
  chdb: string,
  scene: MarketScene,
  ours: ReadonlyMap<TableDefinition, Rows>,
): Promise<void> {
  const from = (table: TableDefinition): string => `icebergLocal('${scene.lake}/${table.namespace}/${table.name}')`;
  const ask = async (...queries: readonly string[]): Promise<readonly Rows[]> =>
    runClickHouse<string | null>({ chdb, folder: scene.folder }, queries);

  for (const table of FILLED) {
    const rows = ours.get(table) ?? [];
    await check(
      `ClickHouse reads every row and value of ${nameOf(table)} as K2 does (${rows.length} rows)`,
      async () => {
        const select = table.columns.map(clickHouseText).join(", ");
        const [theirs = []] = await ask(`SELECT ${select} FROM ${from(table)} ORDER BY ${LOG_ORDER}`);
        expectSameRows(theirs, rows);
      },
    );
  }
  await check("ClickHouse keeps to ORDER BY where it is the tables' own order", async () => {
    const sorted =
      "SELECT symbol, trade_id, _offset::VARCHAR FROM silver.trades ORDER BY symbol, ts_event, trade_id, _partition, _offset";
    const [theirs = []] = await ask(
      `SELECT symbol, trade_id, toString(_offset) FROM ${from(TRADES)} ORDER BY symbol, ts_event, trade_id, _partition, _offset`,
    );
    expectSameRows(theirs, await ourRows(scene.offline.query, sorted));
  });
  await check("ClickHouse: count, exact sums of price × size, first and last time are ours", async () => {
    const [theirs = []] = await ask(
      `SELECT toString(count()), toDecimalString(sum(toDecimal128(price, 8) * size), 16), toString(toUnixTimestamp64Micro(min(ts_event))),
        toString(toUnixTimestamp64Micro(max(ts_event))) FROM ${from(TRADES)}`,
    );
    const sql = `SELECT count(*)::VARCHAR, sum(price::DECIMAL(38,8) * size)::VARCHAR, epoch_us(min(ts_event))::VARCHAR,
      epoch_us(max(ts_event))::VARCHAR FROM silver.trades`;
    expectSameRows(theirs, await ourRows(scene.offline.query, sql));
  });
  await check(
    "ClickHouse, pruning by our partitions and bounds, finds as many trades of each symbol and day",
    async () => {
      const perDay = "SELECT venue, raw_symbol, DAY, TEXT FROM silver.trades GROUP BY ALL ORDER BY ALL";
      const expected = await ourRows(
        scene.offline.query,
        perDay.replace("DAY", "strftime(ts_event, '%Y-%m-%d') AS day").replace("TEXT", "count(*)::VARCHAR AS trades"),
      );
      const counts = await ask(
        ...expected.map(
          ([
            venue,
            symbol,
            day,
          ]) => `SELECT toString(count()) FROM ${from(TRADES)} WHERE venue = '${venue}' AND raw_symbol = '${symbol}'
          AND ts_event >= toDateTime64('${day} 00:00:00', 6, 'UTC') AND ts_event < toDateTime64('${day} 00:00:00', 6, 'UTC') + INTERVAL 1 DAY
          SETTINGS use_iceberg_partition_pruning = 1`,
        ),
      );
      deepStrictEqual(
        expected.map(([venue, symbol, day], index) => [venue, symbol, day, counts[index]?.[0]?.[0] ?? null]),
        expected,
      );
    },
  );
  await checkSnapshots(scene, from(TRADES), ask);
  await checkBars({ trades: from(TRADES), bars: from(BARS) }, ask);
}

type Ask = (...queries: readonly string[]) => Promise<readonly Rows[]>;

async function checkSnapshots({ offline }: MarketScene, from: string, ask: Ask): Promise<void> {
  const { snapshots } = (await offline.lake.table(nameOf(TRADES))).metadata;
  await check(`ClickHouse reads silver.trades as of each of its ${snapshots.length} snapshots`, async () => {
    const counts = await ask(
      ...snapshots.map(
        ({ snapshotId }) => `SELECT toString(count()) FROM ${from} SETTINGS iceberg_snapshot_id = ${snapshotId}`,
      ),
    );
    deepStrictEqual(
      counts.map(([row]) => row?.[0]),
      snapshots.map(({ summary }) => summary["total-records"]),
    );
  });
}

async function checkBars(from: { readonly trades: string; readonly bars: string }, ask: Ask): Promise<void> {
  const queries = INTERVALS.flatMap((interval) => [
    barsFromTradesSql(from.trades, interval),
    latestBarsSql(from.bars, interval),
  ]);
  let answers: readonly Rows[] = [];
  const isAnswered = await check("ClickHouse works out the bars of every interval from silver.trades", async () => {
    answers = await ask(...queries);
  });
  if (!isAnswered) return;
  for (const [index, interval] of INTERVALS.entries()) {
    const [worked = [], written = []] = answers.slice(2 * index, 2 * index + 2);
    await check(
      `ClickHouse: gold.bars holds every ${interval} bar that the trades give (${written.length} bars)`,
      () => {
        const { open } = compareBars(worked, written, interval);
        if (open > 0) console.log(`      ${open} bars had not ended when K2 stopped`);
      },
    );
  }
}
