import type { Command } from "commander";
import { recordFrames } from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";

interface RecordCommandOptions extends CommonOptions {
  readonly feed?: readonly string[];
  readonly start?: string;
  readonly end?: string;
}

export function addRecord(program: Command): void {
  withCommonOptions(program.command("record <file>"))
    .description("Write frames of the raw log to a capture file, byte for byte; k2 replay plays it")
    .option("--feed <feeds...>", "only these (default: all)")
    .option("--start <time>", "received at or after this time (ISO 8601, UTC)")
    .option("--end <time>", "received before this time")
    .action(async (path: string, options: RecordCommandOptions) => {
      const { frames, bytes } = await recordFrames(configOf(options), {
        path,
        feeds: options.feed ?? [],
        startUs: timeUs("--start", options.start),
        endUs: timeUs("--end", options.end),
      });
      process.stdout.write(`${frames} frames, ${bytes} bytes in ${path}\n`);
    });
}

function timeUs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new InvalidInputError(`${name} is not a time: ${text}. Write for example 2026-11-21T08:30:00Z`);
  return instant.us;
}
