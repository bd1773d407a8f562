import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../../base/index.ts";
import { readConfig } from "../config.ts";
import { verify } from "../verify.ts";
import { startK2 } from "../wire.ts";
import { openLakeDesk } from "./lake-desk.ts";

test("while K2 captures, lands and answers, another process compacts and expires: no answer lacks or doubles a row", {
  timeout: 90_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-upkeep-"));
  try {
    const config = readConfig({
      environment: {},
      overrides: {
        data: folder,
        http: { port: 0 },
        simulation: { tradesPerSecond: 100 },
        lake: { commitAgeMs: 250, firstCommitAgeMs: 100 },
      },
    });
    const signal = new AbortController().signal;
    const table = "silver.trades";
    const done = { compactions: 0, expired: 0, answers: 0 };
    {
      await using k2 = await startK2(config, { logger: silentLogger });
      await using desk = await openLakeDesk(config);
      let isOver = false;
      const tending = (async () => {
        while (!isOver) {
          const { lake } = desk;
          const { commits } = await desk.maintain(
            {
              ...{ name: "compact", table, describe: () => "" },
              run: ({ run, signal: held }) => lake.maintenance.compact(table, { run, mode: "all" }, { signal: held }),
            },
            signal,
          );
          done.compactions += commits;
          // Readers of this test are quick: two seconds are their grace.
          done.expired += (await lake.maintenance.expire(table, { snapshotAgeMs: 0, readerGraceMs: 2_000 })).snapshots;
        }
      })();
      let last = 0;
      const untilMs = performance.now() + 40_000;
      const isEnough = (): boolean => done.answers >= 15 && done.compactions >= 2 && done.expired >= 3;
      while (performance.now() < untilMs && !isEnough()) {
        const { rows } = await k2.query.sql(
          "SELECT count(*), count(DISTINCT (venue, raw_symbol, trade_id)) FROM trades",
        );
        const [count, distinct] = (rows[0] ?? []).map(Number);
        expect(count).toBe(distinct);
        expect(count).toBeGreaterThanOrEqual(last);
        last = count ?? last;
        done.answers += 1;
        await systemClock.sleep(40); // Landing reads by the same lane.
      }
      isOver = true;
      await tending;
      expect(isEnough()).toBe(true);
      expect(last).toBeGreaterThan(0);
    }
    const { ok, checks } = await verify(config);
    expect({ ok, differences: checks.flatMap(({ differences }) => differences) }).toEqual({
      ok: true,
      differences: [],
    });
    await using desk = await openLakeDesk(config);
    for (const name of await desk.tables(undefined)) {
      const { problems } = await desk.ask(signal, ({ run }) => desk.lake.maintenance.check(name, { deep: { run } }));
      expect(problems).toEqual([]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
