import { expect, test } from "vitest";
import { openOffline } from "../../src/app/offline.ts";
import { verify } from "../../src/app/verify.ts";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { postgresProblem, startTestPostgres } from "../../src/lake/test-postgres.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { until } from "./k2-process.ts";

if (postgresProblem !== undefined) console.info(`postgres-catalog.test.ts is skipped: ${postgresProblem}`);

test.skipIf(postgresProblem !== undefined)(
  "with its catalog in PostgreSQL K2 lands, answers and verifies the same",
  async () => {
    using folder = temporaryFolder();
    await using postgres = await startTestPostgres();
    const url = await postgres.createDatabase();
    const config = testConfig(folder.path, {
      simulation: { tradesPerSecond: 500 },
      lake: { catalog: { url }, commitAgeMs: 200, firstCommitAgeMs: 200 },
    });
    {
      await using k2 = await startK2(config, { logger: silentLogger });
      const landed = async (): Promise<number> => {
        const { receipt } = await k2.query.trades({ order: "descending", limit: 1 });
        return receipt.lakeOffsets["silver.trades"]?.length ?? 0;
      };
      await until("trades are in the lake", async () => (await landed()) > 0);
    }
    await using offline = await openOffline(config);
    const [trades] = await rowsOf(offline, "SELECT count(*) > 0 AS some FROM silver.trades");
    expect(trades).toEqual({ some: true });
    const { checks } = await verify(config);
    expect(checks.filter(({ differences }) => differences.length > 0)).toEqual([]);
  },
);
