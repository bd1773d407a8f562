import { readFileSync } from "node:fs";
import { silentLogger } from "../../base/index.ts";
import { readConfig } from "../config.ts";
import { startK2 } from "../wire.ts";

/*
 * A K2 on a data folder, in a process of its own: `node start-k2.program.ts <folder>`. Takes in and lands what is there, stops,
 * and prints how much memory the process had at most, in MiB.
 */

const config = readConfig({
  environment: {},
  overrides: {
    mode: "live",
    data: process.argv[2] ?? "",
    http: { port: 0 },
    log: { level: "silent" },
    feeds: [{ feed: "binance", symbols: ["BTC-USDT-SPOT"], url: "ws://127.0.0.1:9/" }],
    eventLog: { partitions: 2 },
  },
});
{
  await using k2 = await startK2(config, { logger: silentLogger });
  await Promise.race([k2.settled(), k2.failed]);
}
const peakKib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
console.log(Math.round(Number(peakKib) / 1024));
