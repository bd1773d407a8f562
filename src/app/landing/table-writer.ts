import type { Abortable } from "../../base/index.ts";
import type { TableDefinition } from "../../domain/index.ts";
import type { DataFile, Lake, StageInput } from "../../lake/index.ts";
import { LANDING_WRITER, tableName } from "../lake-tables.ts";
import { Positions } from "../positions.ts";

/**
 * One table's landing: what it has, and the commits that add to it. Rows and the log positions behind them
 * are one commit; a second process that lands the same table is fenced off.
 */
export class TableWriter {
  readonly definition: TableDefinition;
  readonly #lake: Lake;
  readonly #epoch: number;
  #text: string;
  #committed: Positions;

  private constructor(
    lake: Lake,
    definition: TableDefinition,
    { epoch, positions }: { readonly epoch: number; readonly positions: string },
  ) {
    this.#lake = lake;
    this.definition = definition;
    this.#epoch = epoch;
    this.#text = positions;
    this.#committed = Positions.fromText(positions);
  }

  /** Takes the table over from whichever process landed it before. */
  static async open(lake: Lake, definition: TableDefinition): Promise<TableWriter> {
    const progress = await lake.claimWriter(tableName(definition), LANDING_WRITER, new Positions().toText());
    return new TableWriter(lake, definition, progress);
  }

  get name(): string {
    return tableName(this.definition);
  }

  /** The log positions that the table contains everything before. */
  get committed(): Positions {
    return this.#committed;
  }

  /** Writes rows as files that are in no table yet. */
  async stage(input: StageInput, options: Abortable): Promise<readonly DataFile[]> {
    const table = await this.#lake.table(this.name);
    return (await this.#lake.stageFiles(table, input, options)).files;
  }

  /** Files that will not be committed after all. */
  async abandon(files: readonly DataFile[]): Promise<void> {
    await this.#lake.abandon({ files, rows: 0, bytes: 0 });
  }

  /** Commits the files and moves the table's positions on, or nothing of it. Not to be aborted once begun. */
  async commit(files: readonly DataFile[], upTo: Positions): Promise<void> {
    const positions = Positions.of([...this.#committed, ...upTo]);
    const text = positions.toText();
    if (text === this.#text) return;
    await this.#lake.append(this.name, {
      files,
      progress: { writer: LANDING_WRITER, epoch: this.#epoch, positions: text, continuesFrom: this.#text },
    });
    this.#committed = positions;
    this.#text = text;
  }
}
