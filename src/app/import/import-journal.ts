import { createHash } from "node:crypto";
import type { HeadListing, TableFormat } from "../../imports/index.ts";
import type { GroupProgress, LogReader } from "../../log/index.ts";

/** Which text, and read how: another mapping or symbol makes another import of the same bytes. */
export interface ImportIdentity {
  /** SHA-256 of the whole file, hexadecimal. */
  readonly file: string;
  readonly text: string;
  readonly format: string;
  readonly listings: readonly HeadListing[];
  readonly date: string | undefined;
  /** Of candles. */
  readonly interval?: string | undefined;
  readonly table: TableFormat | undefined;
  /** SHA-256 of the file of definitions that its symbols come from. */
  readonly definitions?: string | undefined;
}

/** How far a text was taken in by earlier runs. */
export interface ImportProgress {
  /** Bytes of the text that are in the raw log; undefined when none was. */
  readonly byte: number | undefined;
  readonly isDone: boolean;
}

export function importId({ file, text, format, listings, date, table, definitions }: ImportIdentity): string {
  return createHash("sha256")
    .update(JSON.stringify([file, text, format, listings, date, table, ...(definitions ? [definitions] : [])]))
    .digest("hex");
}

/*
 * How far an import has come is the progress of a consumer group of its own, committed with the pieces that it speaks of:
 * `import-<id>` holds the place in the text, `import-done-<id>` its length once all was read. Both outlive the pieces,
 * which retention takes out of the log when the lake has them.
 */

/** To commit with pieces that end at `byte` of the text. */
export function progressAt(
  id: string,
  { topic, byte, isLast }: { readonly topic: string; readonly byte: number; readonly isLast: boolean },
): GroupProgress {
  return { group: isLast ? doneGroup(id) : begunGroup(id), positions: [{ topic, partition: 0, offset: byte }] };
}

export async function readProgress(log: Pick<LogReader, "progress">, id: string): Promise<ImportProgress> {
  const [done] = await log.progress(doneGroup(id));
  const [begun] = await log.progress(begunGroup(id));
  return { byte: done?.offset ?? begun?.offset, isDone: done !== undefined };
}

function begunGroup(id: string): string {
  return `import-${id}`;
}

function doneGroup(id: string): string {
  return `import-done-${id}`;
}
