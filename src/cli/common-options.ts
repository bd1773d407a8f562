import type { Command } from "commander";
import { type Config, readConfig } from "../app/index.ts";

/** What every command that needs the configuration understands. */
export interface CommonOptions {
  readonly config?: string;
  readonly data?: string;
  readonly live?: boolean;
  readonly port?: string;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option("--config <file>", "configuration file (default: k2.config.json here, if there is one)")
    .option("--data <folder>", "where K2 keeps everything (default: ./data)")
    .option("--live", "the real venues and their data, instead of the simulated market")
    .option("--port <number>", "of the HTTP API (default: 8420)");
}

export function configOf(options: CommonOptions, more: Readonly<Record<string, unknown>> = {}): Config {
  return readConfig({
    file: options.config,
    environment: process.env,
    overrides: {
      ...more,
      ...(options.data === undefined ? {} : { data: options.data }),
      ...(options.live === true ? { mode: "live" } : {}),
      ...(options.port === undefined ? {} : { http: { port: Number(options.port) } }),
    },
  });
}
