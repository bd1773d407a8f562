import type { Command } from "commander";
import { describeTopics } from "../app/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { textTable } from "./text-table.ts";

export function addTopics(program: Command): void {
  withCommonOptions(program.command("topics"))
    .description("What the log holds, by topic and partition, and how far each consumer has come")
    .action(async (options: CommonOptions) => {
      const rows = await describeTopics(configOf(options));
      const columns = ["topic", "partition", "first", "next", "pipeline at", "lake at"];
      const text = textTable(
        columns,
        rows.map((row) => [
          row.topic,
          row.partition,
          row.startOffset,
          row.endOffset,
          row.pipelineOffset,
          row.lakeOffset,
        ]),
      );
      process.stdout.write(`${text}\n`);
    });
}
