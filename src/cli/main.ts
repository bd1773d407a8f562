import { Command } from "commander";
import { VERSION } from "../app/index.ts";
import { describeError, K2Error } from "../base/index.ts";
import { addBackfill } from "./backfill.ts";
import { addBook } from "./book.ts";
import { addConfig } from "./config.ts";
import { addEquities } from "./equities/equities.ts";
import { addFeeds } from "./feeds.ts";
import { addImport } from "./import.ts";
import { addLake } from "./lake/lake.ts";
import { addQuality } from "./quality.ts";
import { addRecord } from "./record.ts";
import { addReplay } from "./replay.ts";
import { addSql } from "./sql.ts";
import { addStatus } from "./status.ts";
import { addTables } from "./tables.ts";
import { addTopics } from "./topics.ts";
import { addUp } from "./up.ts";
import { addVerify } from "./verify.ts";

const program = new Command("k2")
  .description(
    "Market data, captured exactly: every frame in a durable log, every trade once,\nin open Iceberg tables and in milliseconds from the live tail.",
  )
  .version(VERSION)
  .showHelpAfterError("(k2 --help lists the commands, k2 help <command> explains one)")
  .addHelpText(
    "after",
    `
Examples:
  k2 up                        run everything on a simulated market; page on http://127.0.0.1:8420
  k2 up --live                 capture Binance, Kraken, Coinbase and Bybit
  k2 sql "SELECT symbol, count(*), vwap(price, size) FROM trades GROUP BY ALL"
  k2 book BTC-USD-SPOT --venue kraken   an order book at any time, with its proof
  k2 status --watch            feeds, lag, gaps, tables
  k2 quality                   the worst minutes of each listing, and why; venues that were crossed
  k2 lake tables               how well the Iceberg tables are kept; k2 lake --help has their upkeep
  k2 verify                    prove that nothing was lost or doubled from the raw log to the lake
  k2 import trades.zip         history from files of Binance, Bybit, Kraken, Tardis, or any by a mapping
  k2 backfill kraken BTC-USD-SPOT --start 2026-11-20 --end 2026-11-21   ask the venue for its past
  k2 replay capture.jsonl.gz   serve a recording in the venue's own protocol

Settings come from k2.config.json, K2_… variables and options; k2 config shows them.`,
  );

for (const add of [
  addUp,
  addSql,
  addBook,
  addStatus,
  addQuality,
  addVerify,
  addLake,
  addTables,
  addTopics,
  addFeeds,
  addEquities,
  addImport,
  addBackfill,
  addRecord,
  addReplay,
  addConfig,
])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  // Our own errors say what to do; of any other the stack is what helps.
  const text =
    error instanceof K2Error
      ? describeError(error)
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`k2: ${text}\n`);
  process.exitCode ||= 1;
}
