import type { Log, LogChunk, TopicPosition } from "../../log/index.ts";

/**
 * What the log has now of several partitions, each in its order, and among them what was appended first. They lie side by
 * side in the log's files: readers that stay together find in memory what one of them has read.
 */
export async function* readTogether(
  log: Pick<Log, "read">,
  positions: readonly TopicPosition[],
  { maxBytes }: { readonly maxBytes: number },
): AsyncGenerator<LogChunk> {
  const readers = positions.map((position) => log.read(position, { follow: false, maxBytes })[Symbol.asyncIterator]());
  try {
    const heads: { readonly chunk: LogChunk; readonly reader: AsyncIterator<LogChunk> }[] = [];
    const advance = async (reader: AsyncIterator<LogChunk>): Promise<void> => {
      const next = await reader.next();
      if (next.done !== true) heads.push({ chunk: next.value, reader });
    };
    for (const reader of readers) await advance(reader);
    while (heads.length > 0) {
      heads.sort((one, other) => one.chunk.appendedMs - other.chunk.appendedMs);
      const oldest = heads.shift();
      if (oldest === undefined) return;
      yield oldest.chunk;
      await advance(oldest.reader);
    }
  } finally {
    for (const reader of readers) await reader.return?.();
  }
}
