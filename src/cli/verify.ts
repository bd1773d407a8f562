import type { Command } from "commander";
import { verify } from "../app/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";

const PROGRESS_EVERY = 100_000;

export function addVerify(program: Command): void {
  withCommonOptions(program.command("verify"))
    .description(
      "Prove that nothing was lost, doubled or changed from the raw log to the lake. Exit code 1 where it does not hold",
    )
    .option("--json", "the result as JSON")
    .action(async (options: CommonOptions & { readonly json?: boolean }) => {
      let told = 0;
      const result = await verify(configOf(options), {
        onProgress: (frames) => {
          if (frames - told < PROGRESS_EVERY) return;
          told = frames;
          process.stderr.write(`${frames} frames derived anew\n`);
        },
      });
      if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        for (const { name, detail, differences } of result.checks) {
          process.stdout.write(`${differences.length === 0 ? "ok  " : "FAIL"}  ${name}\n      ${detail}\n`);
          for (const difference of differences) process.stdout.write(`      ${difference}\n`);
        }
      }
      process.exitCode = result.ok ? 0 : 1;
    });
}
