import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { type AsOf, openOffline, parseAsOf, type QueryEngine, type SqlResult } from "../app/index.ts";
import { describeError, InvalidInputError } from "../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { csvLine, textTable } from "./text-table.ts";

interface SqlCommandOptions extends CommonOptions {
  readonly format: string;
  readonly asOf?: string;
  readonly rows: string;
}

export function addSql(program: Command): void {
  withCommonOptions(program.command("sql [statement]"))
    .description("Ask in SQL, over the live tail and the whole history. Without a statement: a prompt")
    .option("--format <format>", "table, csv, json or ndjson", "table")
    .option("--as-of <time or snapshot>", "as the lake was then")
    .option("--rows <number>", "show at most this many rows", "1000")
    .addHelpText(
      "after",
      `
Tables:  bronze.frames  silver.trades  silver.quotes  silver.book_changes  silver.book_snapshots
         silver.orders  silver.gaps  silver.quarantine  silver.candles  silver.corporate_actions  silver.tickers  silver.funding
         silver.liquidations  silver.status  gold.bars  ops.quality  ops.quote_quality     (k2 tables has them all and explains them)
Views:   trades, bars, tickers, candles, liquidations    natural prices and sizes; of bars and candles the latest of each
         ops.latency_atlas    the venues' clocks and latencies, hour by hour
Macros:  vwap(price, size), notional(price, size)

Works while K2 runs and after it has stopped: history comes from the Iceberg tables, the rest from the log.`,
    )
    .action(async (statement: string | undefined, options: SqlCommandOptions) => {
      const asOf = options.asOf === undefined ? undefined : parseAsOf(options.asOf);
      await using offline = await openOffline(configOf(options));
      const ask = (text: string): Promise<string> => answer(offline.query, text, options, asOf);
      if (statement === undefined) await prompt(ask, offline.refresh);
      else process.stdout.write(await ask(statement));
    });
}

async function answer(
  query: QueryEngine,
  text: string,
  options: SqlCommandOptions,
  asOf: AsOf | undefined,
): Promise<string> {
  const rowsMax = Number(options.rows);
  if (!Number.isSafeInteger(rowsMax) || rowsMax < 1)
    throw new InvalidInputError(`--rows must be a whole number above 0, not ${options.rows}`);
  const started = performance.now();
  const result = await query.sql(text, { rowsMax, ...(asOf === undefined ? {} : { asOf }) });
  const more = result.truncated ? `only the first ${rowsMax} are shown, --rows shows more; ` : "";
  process.stderr.write(`${result.rows.length} rows, ${more}${Math.round(performance.now() - started)} ms\n`);
  return render(result, options.format);
}

function render({ columns, rows }: SqlResult, format: string): string {
  const names = columns.map(({ name }) => name);
  const objects = (): readonly object[] =>
    rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
  switch (format) {
    case "table":
      return `${textTable(names, rows)}\n`;
    case "csv":
      return `${[csvLine(names), ...rows.map(csvLine)].join("\r\n")}\r\n`;
    case "json":
      return `${JSON.stringify(objects(), null, 2)}\n`;
    case "ndjson":
      return objects()
        .map((row) => `${JSON.stringify(row)}\n`)
        .join("");
    default:
      throw new InvalidInputError(`--format must be table, csv, json or ndjson, not ${format}`);
  }
}

/** Reads statements until a semicolon ends each; the live tail is read anew before every one. */
async function prompt(ask: (text: string) => Promise<string>, refresh: () => Promise<void>): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: "k2> " });
  let text = "";
  terminal.prompt();
  for await (const line of terminal) {
    if (text === "" && ["exit", "quit", "\\q"].includes(line.trim())) break;
    text += `${line}\n`;
    if (line.trim().endsWith(";")) {
      try {
        await refresh();
        process.stdout.write(await ask(text));
      } catch (error) {
        process.stderr.write(`${describeError(error)}\n`);
      }
      text = "";
    }
    terminal.setPrompt(text.trim() === "" ? "k2> " : "...> ");
    terminal.prompt();
  }
  terminal.close();
}
