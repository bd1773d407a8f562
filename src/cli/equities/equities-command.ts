import type { Command } from "commander";
import { type Config, type LandedReport, parseAsOf, type Vendor } from "../../app/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import { formatInstant, parseInstant } from "../../domain/index.ts";
import { type CommonOptions, configOf } from "../common-options.ts";
import { stopOnSignal } from "../stop-on-signal.ts";
import { textTable } from "../text-table.ts";

export interface EquitiesOptions extends Omit<CommonOptions, "live" | "port"> {
  readonly json?: boolean;
}

/** A command of `k2 equities` with the options that all of them have. */
export function equitiesCommand(equities: Command, usage: string): Command {
  return equities
    .command(usage)
    .option("--config <file>", "configuration file (default: k2.config.json here, if there is one)")
    .option("--data <folder>", "where K2 keeps everything (default: ./data)")
    .option("--json", "the result as JSON");
}

/** Prices of shares are real: they never lie beside simulated rows. */
export function equitiesConfig(options: EquitiesOptions): Config {
  return configOf({ ...options, live: true });
}

/** Aborted by the first Ctrl-C. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  void stopOnSignal().then(() =>
    stop.abort(new InvalidInputError("Stopped by the user; what was committed before stays")),
  );
  return stop.signal;
}

export function vendorOf(text: string): Vendor {
  if (text === "yahoo" || text === "alphavantage") return text;
  throw new InvalidInputError(`--vendor must be yahoo or alphavantage, not ${text}`);
}

/** @throws {InvalidInputError} naming the option */
export function timeUs(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text);
  if (instant !== undefined) return instant.us;
  throw new InvalidInputError(`${option} is not a time: ${text}. Write for example 2020-08-28 or 2020-08-28T20:00:00Z`);
}

/** A time, never a snapshot. */
export function asOfUs(text: string | undefined): number | undefined {
  const asOf = text === undefined ? undefined : parseAsOf(text);
  if (asOf === undefined) return undefined;
  if ("timeUs" in asOf) return asOf.timeUs;
  throw new InvalidInputError(
    `--as-of is a time here, not a snapshot: ${text}. Write for example 2020-08-28T20:00:00Z`,
  );
}

/** 500ms, 15s, 1m */
export function durationMs(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ""] ?? Number.NaN;
  const duration = Number(match?.[1]) * unit;
  if (duration >= 1) return duration;
  throw new InvalidInputError(`${option} is not a duration: ${text}. Write for example 500ms, 15s or 1m`);
}

/** A trading day as its date, a moment as its time. */
export function dayOrTime(us: number): string {
  const text = formatInstant(us);
  return text.endsWith("T00:00:00.000000Z") ? text.slice(0, 10) : text.replace(".000000Z", "Z");
}

export function landedTable(reports: readonly LandedReport[]): string {
  return textTable(
    ["answer", "outcome", "symbol", "interval", "candles", "new", "actions", "refused", "known at", "batch"],
    reports.map((report) => [
      report.name,
      report.detail === "" ? report.outcome : `${report.outcome}: ${report.detail}`,
      report.symbol,
      report.interval,
      report.bars,
      report.newBars,
      report.newActions,
      report.refusedRecords,
      dayOrTime(report.knownAtUs),
      report.batch.slice(0, 12),
    ]),
  );
}
