import type { Command } from "commander";
import { type Config, type K2, startK2, VERSION } from "../app/index.ts";
import { createLogger } from "../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

/** How often is told how far stopping is. */
const STOPPING_EVERY_MS = 5_000;

interface UpOptions extends CommonOptions {
  readonly rate?: string;
  readonly seed?: string;
}

export function addUp(program: Command): void {
  withCommonOptions(program.command("up"))
    .description("Run everything in this process: capture, pipeline, lake, API and page")
    .option("--rate <trades>", "of the simulated market, a second over all venues (default: 40)")
    .option("--seed <number>", "of the simulated market (default: 1)")
    .action(async (options: UpOptions) => {
      const config = configOf(options, {
        simulation: {
          ...(options.rate === undefined ? {} : { tradesPerSecond: Number(options.rate) }),
          ...(options.seed === undefined ? {} : { seed: Number(options.seed) }),
        },
      });
      const stop = stopOnSignal();
      await using k2 = await startK2(config, { logger: createLogger(config.log) });
      process.stdout.write(banner(config, k2.url));
      await Promise.race([k2.failed, stop]);
      tellHowFar(k2);
      process.stdout.write(
        "\nStopping: writing what is in flight, then committing to the lake. Ctrl-C again ends it at once: nothing is lost, and the next start goes on.\n",
      );
    });
}

/** Until the process ends: what is left to do, where stopping takes long. */
function tellHowFar(k2: K2): void {
  const tell = async (): Promise<void> => {
    const left = await k2.unlanded().catch(() => 0); // Its log is closed: it has all but ended.
    if (left > 0) process.stdout.write(`Stopping: ${left.toLocaleString("en")} frames are not in the lake yet\n`);
  };
  setInterval(() => void tell(), STOPPING_EVERY_MS).unref();
}

function banner(config: Config, url: string): string {
  const feeds = config.feeds.map(({ feed, symbols }) => `    ${feed.padEnd(18)} ${symbols.join(" ")}`);
  const market =
    config.mode === "simulated"
      ? "SIMULATED MARKET: a built-in server speaks the venues' protocols on loopback; no price here is real.\n  The real venues: npm start -- --live"
      : "LIVE: the venues' public endpoints.";
  const catalog = config.lake.rest.enabled
    ? `  Catalog   ${url}/catalog   (Iceberg REST: Spark, Trino, DuckDB, PyIceberg)\n`
    : "";
  return `
  K2 ${VERSION}

  ${market}

  Page      ${url}
  API       ${url}/v1/trades?limit=5     all paths: ${url}/openapi.json
  SQL       npx k2 sql "SELECT * FROM trades ORDER BY ts_event DESC LIMIT 5"
  Health    npx k2 status
  Data      ${config.folder}   (Iceberg tables in ${config.lake.storage.warehouse ?? "lake/"})
${catalog}
  Feeds
${feeds.join("\n")}

  Ctrl-C stops it cleanly.
`;
}
