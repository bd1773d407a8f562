import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openLogReader } from "../../log/index.ts";
import { type Config, readConfig } from "../config.ts";
import { dataFolderPaths } from "../data-folder.ts";
import { openOffline } from "../offline.ts";
import { type ImportOptions, importFiles } from "./import-files.ts";
import type { ImportReport, TextReport } from "./import-report.ts";

/** A data folder and files to import into it, gone when disposed. */
export class ImportScene implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "k2-import-"));
  readonly config: Config = readConfig({
    environment: {},
    overrides: {
      mode: "live",
      data: join(this.folder, "data"),
      feeds: [{ feed: "binance", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"] }],
      eventLog: { partitions: 2 },
    },
  });

  file(name: string, text: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  import(paths: readonly string[], options: Partial<ImportOptions> = {}): Promise<ImportReport> {
    return importFiles(this.config, { format: "auto", symbols: [], venue: undefined, ...options, paths });
  }

  /** The report of one file. */
  async importOne(path: string, options: Partial<ImportOptions> = {}): Promise<TextReport> {
    const { texts } = await this.import([path], options);
    const [text] = texts;
    if (text === undefined || texts.length !== 1) throw new Error(`${texts.length} texts were imported`);
    return text;
  }

  async sql(...statements: readonly string[]): Promise<readonly (readonly (readonly unknown[])[])[]> {
    await using offline = await openOffline(this.config);
    const results: (readonly (readonly unknown[])[])[] = [];
    for (const statement of statements) results.push((await offline.query.sql(statement, { rowsMax: 1_000_000 })).rows);
    return results;
  }

  /** Resolves when the raw log holds so many records, or the process that writes them is gone. */
  async untilRecords(topic: string, records: number, writer: { readonly exitCode: number | null }): Promise<void> {
    while ((await this.#recordsIn(topic)) < records && writer.exitCode === null) await pause(5);
  }

  async #recordsIn(topic: string): Promise<number> {
    try {
      await using log = await openLogReader({ folder: dataFolderPaths(this.config).log });
      const [bounds] = await log.bounds(topic);
      return bounds?.endOffset ?? 0;
    } catch {
      return 0; // It is being made.
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Latest bars, one text each. */
export const LATEST_BARS: string = `SELECT concat_ws(' ', venue, symbol, "interval", epoch_us(start), open, high, low, close, volume, quote_volume,
    buy_volume, sell_volume, trades) FROM gold.bars
  QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", start ORDER BY revision DESC) = 1 ORDER BY 1`;

/** Microseconds from one trade to the next. */
const STEP_US = 700_000;

/** A trade as Binance's spot dump of 2025 writes it. */
function spotRow(index: number, stepUs: number): string {
  const price = `9${3_000 + ((index * 37) % 400)}.${String((index * 7) % 100).padStart(2, "0")}000000`;
  const size = `0.0${String(100_000 + ((index * 7919) % 800_000)).padStart(7, "0")}`;
  const us = 1_735_689_600_000_000 + index * stepUs + ((index * 131) % 999);
  return `${4_300_000_000 + index},${price},${size},1.00000000,${us},${index % 3 === 0 ? "True" : "False"},True\n`;
}

export function spotRows(count: number, from = 0, stepUs: number = STEP_US): string {
  let text = "";
  for (let index = from; index < from + count; index += 1) text += spotRow(index, stepUs);
  return text;
}
