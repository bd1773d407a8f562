import type { Command } from "commander";
import { type BackfillReport, backfill } from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";

interface BackfillCommandOptions extends CommonOptions {
  readonly start: string;
  readonly end: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addBackfill(program: Command): void {
  withCommonOptions(program.command("backfill <feed> <symbol>"))
    .description(
      "Ask a venue for trades of the past and take them in; what is known already adds nothing. While k2 up runs it heals gaps by itself",
    )
    .requiredOption("--start <time>", "traded at or after this time (ISO 8601, UTC)")
    .requiredOption("--end <time>", "traded before this time")
    .option("--dry-run", "say whom would be asked for what, and ask nothing")
    .option("--json", "the result as JSON")
    .action(async (feed: string, symbol: string, options: BackfillCommandOptions) => {
      const report = await backfill(configOf(options), {
        ...{ feed, symbol, dryRun: options.dryRun === true },
        startUs: timeUs("--start", options.start),
        endUs: timeUs("--end", options.end),
        onProgress: (requests) => {
          if (requests % 10 === 0) process.stderr.write(`${requests} answers recorded\n`);
        },
      });
      process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
      if (report.coverage !== "whole" && report.coverage !== "not asked") process.exitCode = 1;
    });
}

const COVERAGE: Readonly<Record<BackfillReport["coverage"], string>> = {
  whole: "all that the venue has of this time",
  beyond: "the venue's answers do not reach back to the start",
  notOffered: "the venue does not offer it",
  givenUp: "given up before the end; ask again for the rest",
  "not asked": "nothing was asked",
};

function textOf({ endpoint, reach, firstRequest, requests, coverage, detail, ...counts }: BackfillReport): string {
  return [
    `${endpoint}${firstRequest}`,
    `answers reach back: ${reach}`,
    `${requests} requests, ${counts.answeredTrades} trades in the answers, ${counts.newTrades} of them new`,
    `${COVERAGE[coverage]}${detail === "" ? "" : `: ${detail}`}`,
    "",
  ].join("\n");
}

function timeUs(name: string, text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new InvalidInputError(`${name} is not a time: ${text}. Write for example 2026-11-21T08:30:00Z`);
  return instant.us;
}
