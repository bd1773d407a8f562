import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { readConfig } from "../config.ts";
import { verify } from "../verify.ts";
import { startK2 } from "../wire.ts";
import { importEquities } from "./import-equities.ts";

test("files come in beside a K2 that captures and lands, are seen by its queries, and the raw log still proves out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-equities-beside-"));
  try {
    const lake = { commitAgeMs: 200, firstCommitAgeMs: 100 };
    const overrides = { data: join(folder, "data"), http: { port: 0 }, simulation: { tradesPerSecond: 200 }, lake };
    const config = readConfig({ environment: {}, overrides });
    const header = "timestamp,open,high,low,close,volume";
    const files = await Promise.all(
      ["AAPL", "MSFT", "V"].map(async (name, index) => {
        const path = join(folder, `${name}.csv`);
        await writeFile(path, `${header}\n2020-01-03,10,11,9,10.${index},5\n2020-01-02,10,11,9,10,5\n`);
        return path;
      }),
    );
    {
      await using k2 = await startK2(config, { logger: silentLogger });
      for (const path of files) await importEquities(config, { files: [path] });
      const { rows } = await k2.query.sql(
        "SELECT raw_symbol, close::VARCHAR FROM silver.candles WHERE start = '2020-01-03' ORDER BY raw_symbol",
      );
      expect(rows).toEqual([
        ["AAPL", "10.00000000"],
        ["MSFT", "10.10000000"],
        ["V", "10.20000000"],
      ]);
      await k2.settled();
    }
    const { checks } = await verify(config);
    expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
    expect(checks.length).toBeGreaterThan(3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
