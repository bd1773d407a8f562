import type { Command } from "commander";
import { TABLES } from "../domain/index.ts";
import { textTable } from "./text-table.ts";

export function addTables(program: Command): void {
  program
    .command("tables [name]")
    .description("The tables and what they hold; with a name such as silver.trades, its columns")
    .action((name: string | undefined) => {
      const table = TABLES.find((candidate) => `${candidate.namespace}.${candidate.name}` === name);
      if (name !== undefined && table === undefined) {
        process.exitCode = 1;
        process.stderr.write(
          `k2: no table ${name}. Tables: ${TABLES.map((known) => `${known.namespace}.${known.name}`).join(", ")}\n`,
        );
        return;
      }
      const text =
        table === undefined
          ? textTable(
              ["table", "what a row is"],
              TABLES.map((known) => [`${known.namespace}.${known.name}`, known.doc]),
            )
          : textTable(
              ["column", "type", "null", "meaning"],
              table.columns.map((column) => [column.name, column.type, column.required ? "" : "yes", column.doc]),
            );
      process.stdout.write(`${text}\n`);
    });
}
