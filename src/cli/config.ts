import type { Command } from "commander";
import { configSchema } from "../app/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";

export function addConfig(program: Command): void {
  withCommonOptions(program.command("config"))
    .description("Show the settings in force, after defaults, file, environment and options")
    .option("--schema", "the JSON Schema of the configuration file instead")
    .action((options: CommonOptions & { readonly schema?: boolean }) => {
      process.stdout.write(`${JSON.stringify(options.schema ? configSchema() : configOf(options), null, 2)}\n`);
    });
}
