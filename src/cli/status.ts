import type { Command } from "commander";
import type { HealthReport } from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { textTable } from "./text-table.ts";

interface StatusOptions extends CommonOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const TIMEOUT_MS = 5000;
const WATCH_EVERY_MS = 1000;

export function addStatus(program: Command): void {
  withCommonOptions(program.command("status"))
    .description("How a running K2 is: feeds, lag, gaps, tables. Exit code 1 when it is not ready, 2 when none runs")
    .option("--json", "the whole report as JSON")
    .option("--watch", "again every second, until Ctrl-C")
    .action(async (options: StatusOptions) => {
      const { host, port } = configOf(options).http;
      do {
        const report = await fetchHealth(`http://${host}:${port}`);
        if (options.watch) process.stdout.write("\u001b[2J\u001b[H");
        process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${describeHealth(report)}\n`);
        process.exitCode = report.ready ? 0 : 1;
        if (options.watch) await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
      } while (options.watch);
    });
}

async function fetchHealth(url: string): Promise<HealthReport> {
  let response: Response;
  try {
    response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    process.exitCode = 2;
    throw new InvalidInputError(
      `No K2 answers at ${url}. Start one with \`npm start\` or \`k2 up\`, or name its port: k2 status --port 8421`,
      { cause: error },
    );
  }
  return (await response.json()) as HealthReport;
}

/** The report for a terminal. */
export function describeHealth(report: HealthReport): string {
  const { pipeline, books, venueData, store, process: own } = report;
  const head = [
    `K2 ${report.version}, ${report.mode === "simulated" ? "SIMULATED market" : "live"}, ${report.ready ? "ready" : "NOT READY"}`,
    `up ${Math.round(own.uptimeSeconds)} s, ${Math.round(own.residentBytes / 1_048_576)} MiB resident, data in ${own.folder}`,
    ...report.problems.map((problem) => `problem: ${problem}`),
  ];
  const feeds = textTable(
    ["connection", "state", "msg/s", "lag", "frames", "reconnects", "gaps", "endpoint", "last error"],
    report.feeds.map((feed) => [
      feed.connection,
      feed.breaker === "closed" ? feed.state : `${feed.state}, breaker ${feed.breaker}`,
      feed.framesPerSecond.toFixed(1),
      feed.latencyMs === null ? "" : `${feed.latencyMs.toFixed(1)} ms`,
      feed.frames,
      feed.reconnects,
      feed.gaps,
      feed.url,
      feed.lastError,
    ]),
  );
  const flow = [
    `pipeline: ${pipeline.frames} frames, ${pipeline.trades} trades, ${pipeline.duplicates} duplicates, ${pipeline.refused} in quarantine, ${pipeline.lagFrames} frames waiting`,
    ...(books === undefined
      ? []
      : [`books: ${books.proven} of ${books.books} proven, ${books.levels} levels, ${books.lagFrames} frames waiting`]),
    ...(venueData === undefined ? [] : [`venue data: ${venueData.lagFrames} frames waiting`]),
    `store: ${store.trades} trades, ${store.lagRecords} records behind the log`,
  ];
  const quality = [
    `quality: ${report.quality.listings} listings in the last five minutes${report.quality.listings > 0 && report.quality.worst.length === 0 ? ", all well" : ""} (table ops.quality)`,
    ...report.quality.worst.map(({ venue, symbol, minute, problem }) => `  ${minute} ${venue} ${symbol}: ${problem}`),
  ];
  const clocks = [
    ...report.clocks.notes.map((note) => `CLOCK: ${note}`),
    textTable(
      ["clock against", "floor", "typical", "slow", "drift", "minutes"],
      report.clocks.connections.map(({ connection, floorMs, typicalMs, slowMs, driftPpm, minutes }) => [
        ...[connection, ...[floorMs, typicalMs, slowMs].map((ms) => `${ms.toFixed(1)} ms`)],
        ...[driftPpm === null ? "" : `${driftPpm.toFixed(1)} ppm`, minutes],
      ]),
    ),
  ];
  const lake = textTable(
    ["table", "rows", "files", "committed", "snapshot"],
    report.lake.map((table) => [table.table, table.rows, table.files, table.committedAt, table.snapshot]),
  );
  return [
    head.join("\n"),
    feeds,
    flow.join("\n"),
    quality.join("\n"),
    ...(report.clocks.connections.length === 0 ? [] : [clocks.join("\n")]),
    lake,
    ...describeUpkeep(report),
  ].join("\n\n");
}

/** The lake's upkeep: what runs, what is beyond the limits, and the last runs that did something. */
function describeUpkeep({ maintenance }: HealthReport): readonly string[] {
  if (maintenance === undefined) return [];
  const { running, alerts, recent } = maintenance;
  const last = recent.filter(({ detail }) => detail !== "nothing to do").slice(0, 5);
  const lines = [
    `upkeep: ${running ?? "idle"} (k2 lake jobs has more)`,
    ...alerts.map((alert) => `alert: ${alert}`),
    ...last.map(({ job, table, startedAt, outcome, detail }) => `  ${startedAt} ${job} ${table} ${outcome}: ${detail}`),
  ];
  return [lines.join("\n")];
}
