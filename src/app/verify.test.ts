import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../base/index.ts";
import { readConfig } from "./config.ts";
import { verify } from "./verify.ts";
import { startK2 } from "./wire.ts";

test("nothing is found wrong beside a K2 that captures and lands, nor when most of its feeds are not captured any more", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-verify-"));
  try {
    const overrides = {
      data: folder,
      http: { port: 0 },
      simulation: { tradesPerSecond: 200 },
      lake: { commitAgeMs: 100, firstCommitAgeMs: 100 },
    };
    const config = readConfig({ environment: {}, overrides });
    {
      await using _k2 = await startK2(config, { logger: silentLogger });
      let frames = 0;
      for (let round = 0; round < 2 || frames < 300; round += 1) {
        const onProgress = (seen: number): void => {
          frames = Math.max(frames, seen);
        };
        const { checks } = await verify(config, { onProgress });
        expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
      }
    }
    const feeds = [{ feed: "kraken", symbols: ["BTC-USD-SPOT"] }];
    const { checks } = await verify(readConfig({ environment: {}, overrides: { ...overrides, feeds } }));
    expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
