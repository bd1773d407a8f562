import type { Command } from "commander";
import { type LakeDesk, openLakeDesk } from "../../app/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "../common-options.ts";
import { stopOnSignal } from "../stop-on-signal.ts";

export interface LakeCommandOptions extends CommonOptions {
  readonly json?: boolean;
}

/** A command of `k2 lake` with the options that all of them have. */
export function lakeCommand(lake: Command, usage: string): Command {
  return withCommonOptions(lake.command(usage)).option("--json", "the result as JSON, 64-bit numbers as text");
}

/** Opens the tables, runs, closes. Ctrl-C aborts what runs; nothing is left half-done by it. */
export async function atDesk(
  options: LakeCommandOptions,
  act: (desk: LakeDesk, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  void stopOnSignal().then(() => stop.abort(new InvalidInputError("Stopped by the user; the tables are as they were")));
  await using desk = await openLakeDesk(configOf(options));
  await act(desk, stop.signal);
}

/** Either for a program or for a person. */
export function show(options: LakeCommandOptions, value: unknown, text: () => string): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(value, plainly, 2) : text()}\n`);
}

/** BigInts as decimal text, bytes as hexadecimal, maps and sets as what they hold. */
function plainly(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...value] : value;
}

/** @throws {InvalidInputError} naming the option */
export function wholeNumber(text: string, option: string, minimum = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new InvalidInputError(`${option} must be a whole number from ${minimum}, not ${text}`);
}

export function timeText(ms: number | null | undefined): string {
  return ms === null || ms === undefined
    ? ""
    : new Date(ms)
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d+Z$/, "Z");
}

export function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** On standard error and only for a person: what long work is at. */
export function progressLine(options: LakeCommandOptions): (text: string) => void {
  if (options.json === true || !process.stderr.isTTY) return () => {};
  return (text) => void process.stderr.write(`\r\u001b[K${text}`);
}
