import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Abortable } from "../../base/index.ts";
import { FRAMES, type TableDefinition } from "../../domain/index.ts";
import {
  type DataFile,
  ndjsonRelation,
  ProgressMismatchError,
  type TableAppend,
  WriterFencedError,
} from "../../lake/index.ts";
import { tableName } from "../lake-tables.ts";
import { Positions } from "../positions.ts";
import type { EquitiesLake } from "./equities-lake.ts";
import type { Row } from "./equity-rows.ts";

/** What goes into the tables together: a frame row for each answer, and what was read from it. */
export interface Rows {
  readonly table: TableDefinition;
  readonly rows: readonly Row[];
}

/** Somebody else has committed in between: what was planned has to be planned again. */
export const COMMITTED_BY_ANOTHER: unique symbol = Symbol("committed by another");

/**
 * Who writes answers of vendors into the lake. Frames and rows are one commit over all tables, or none of it; where it
 * stands is the progress that the commit carries in `bronze.frames`, so of two processes that write at once one plans anew.
 */
export class EquitiesWriter {
  readonly #lake: EquitiesLake;
  readonly #name: string;
  #positions: Positions = new Positions();

  constructor(lake: EquitiesLake, name: string) {
    this.#lake = lake;
    this.#name = name;
  }

  /** Looks where the tables stand now. What is read after this and committed has no gap. */
  async look(): Promise<void> {
    const table = await this.#lake.lake.table(tableName(FRAMES));
    this.#positions = Positions.fromText(table.progress(this.#name)?.positions);
  }

  /** The offset that the next row of a topic gets. */
  next(topic: string, partition: number): number {
    return this.#positions.get(topic, partition) ?? 0;
  }

  /**
   * Numbers the rows that have no offset of their own and commits all.
   *
   * @param frames how many frames each raw topic gets
   * @returns COMMITTED_BY_ANOTHER when the tables are no longer where `look` saw them; nothing was committed
   */
  async commit(
    tables: readonly Rows[],
    { summary, frames }: { readonly summary: Readonly<Record<string, string>>; readonly frames: Positions },
    { signal }: Abortable = {},
  ): Promise<undefined | typeof COMMITTED_BY_ANOTHER> {
    const before = this.#positions;
    const after = Positions.of([...before, ...frames]);
    const staged: { readonly table: string; readonly files: readonly DataFile[] }[] = [];
    const abandon = async (): Promise<void> => {
      for (const { files } of staged) await this.#lake.lake.abandon({ files, rows: 0, bytes: 0 });
    };
    try {
      for (const { table, rows } of tables) {
        const numbered = table === FRAMES ? rows : this.#number(table, rows, after);
        if (rows.length > 0)
          staged.push({ table: tableName(table), files: await this.#stage(table, numbered, signal) });
      }
      signal?.throwIfAborted();
      const { epoch, positions } = await this.#lake.lake.claimWriter(tableName(FRAMES), this.#name, before.toText());
      if (positions !== before.toText()) {
        await abandon();
        return COMMITTED_BY_ANOTHER;
      }
      const progress = { writer: this.#name, epoch, positions: after.toText(), continuesFrom: before.toText() };
      const appends = staged.map(
        ({ table, files }): TableAppend => ({
          table,
          files,
          summary,
          ...(table === tableName(FRAMES) ? { progress } : {}),
        }),
      );
      await this.#lake.lake.commitAll(appends);
    } catch (error) {
      const isBehind = error instanceof WriterFencedError || error instanceof ProgressMismatchError;
      if (isBehind || signal?.aborted) await abandon();
      if (isBehind) return COMMITTED_BY_ANOTHER;
      throw error;
    }
    this.#positions = after;
    return undefined;
  }

  #number(table: TableDefinition, rows: readonly Row[], after: Positions): readonly Row[] {
    const topic = `equities.${table.name}`;
    const [topicPartition, first] = [0, after.get(topic, 0) ?? 0];
    after.set({ topic, partition: topicPartition, offset: first + rows.length });
    return rows.map((row, index) => ({ ...row, _topic: topic, _partition: topicPartition, _offset: first + index }));
  }

  async #stage(
    table: TableDefinition,
    rows: readonly Row[],
    signal: AbortSignal | undefined,
  ): Promise<readonly DataFile[]> {
    const loaded = await this.#lake.lake.table(tableName(table));
    const path = join(this.#lake.scratch, `${table.name}-${randomUUID()}.ndjson`);
    try {
      await writeLines(path, rows);
      const relation = ndjsonRelation(loaded.schema.fields, [path], LINE_BYTES_MAX);
      const { files } = await this.#lake.lake.stageFiles(loaded, { run: this.#lake.run, relation }, { signal });
      return files;
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** An answer of 64 MB in base64, and the rest of its row. */
const LINE_BYTES_MAX = 96 * 1024 * 1024;
const ROWS_AT_ONCE = 2_000;

async function writeLines(path: string, rows: readonly Row[]): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      await file.appendFile(
        rows
          .slice(from, from + ROWS_AT_ONCE)
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(""),
      );
    }
  } finally {
    await file.close();
  }
}
