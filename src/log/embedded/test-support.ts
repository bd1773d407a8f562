import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordAt, recordBatchOf } from "../../base/index.ts";
import type { LogEntry, LogReader, TopicPosition } from "../log.ts";

/** A folder of the test's own, removed at its end. */
export async function makeTestFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "k2-log-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function entryOf(topic: string, partition: number, ...records: readonly string[]): LogEntry {
  return { topic, partition, records: recordBatchOf(records.map((text) => new TextEncoder().encode(text))) };
}

export function position(topic: string, partition: number, offset: number): TopicPosition {
  return { topic, partition, offset };
}

/** The texts of all records from there to the end. */
export async function readTexts(log: Pick<LogReader, "read">, from: TopicPosition): Promise<string[]> {
  const texts: string[] = [];
  for await (const { records } of log.read(from, { follow: false })) {
    for (let index = 0; index < records.count; index += 1)
      texts.push(new TextDecoder().decode(recordAt(records, index)));
  }
  return texts;
}
