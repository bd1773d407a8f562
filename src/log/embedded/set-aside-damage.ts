import type { Files, Logger, OpenFile } from "../../base/index.ts";
import { durableEndPath } from "./durable-end.ts";
import { paddedLength } from "./frame.ts";
import { inspectTail, scanFrames } from "./frame-scan.ts";
import { listSegments, type ShardPlace } from "./load-shard.ts";
import { Segment } from "./segment.ts";

const COPY_BYTES = 4 * 1024 * 1024;

/**
 * Gives up what is damaged in a shard, because its operator said so: every segment is read whole; a sealed one that
 * is not intact is renamed to `.damaged`; the last one is copied to such a name and cut before its first damage.
 * Afterwards the shard loads, with records missing.
 */
export async function setAsideDamage(place: ShardPlace, logger: Logger): Promise<void> {
  const { files, folder } = place;
  const sequences = await listSegments(place);
  let isLast = true;
  for (const sequence of sequences.reverse()) {
    const segment = new Segment(folder, sequence);
    const { intactBytes, size } = await measureIntact(files, segment);
    await files.remove(segment.indexPath);
    if (intactBytes === 0 || (!isLast && intactBytes < size)) {
      await files.rename(segment.path, `${segment.path}.damaged`);
      logger.error(
        { path: segment.path, position: intactBytes },
        "A damaged log segment was set aside; its records are lost to readers",
      );
      continue;
    }
    if (isLast) await cutDamaged(files, segment, intactBytes, logger);
    isLast = false;
  }
  await files.remove(durableEndPath(folder)); // It speaks of what is given up here.
  await files.syncFolder(folder);
}

async function measureIntact(
  files: Files,
  { path, sequence }: Segment,
): Promise<{ intactBytes: number; size: number }> {
  await using file = await files.open(path, "r");
  const size = await file.size();
  let endsAt = 0;
  await scanFrames(file, { segment: sequence, position: 0, limit: size }, (frame, position) => {
    endsAt = position + paddedLength(frame.bytes.byteLength);
  });
  return { intactBytes: endsAt, size };
}

async function cutDamaged(
  files: Files,
  { path, sequence }: Segment,
  intactBytes: number,
  logger: Logger,
): Promise<void> {
  await using file = await files.open(path, "r+");
  const place = { segment: sequence, position: intactBytes, size: await file.size(), commit: Number.POSITIVE_INFINITY };
  if ((await inspectTail(file, place)).tornBytes === 0) return; // Zeroed ahead, and nothing more.
  await copyFile(files, file, `${path}.damaged`);
  await file.truncate(intactBytes);
  await file.sync();
  logger.error(
    { path, position: intactBytes },
    "The last log segment was cut before its first damage; the whole is kept beside it",
  );
}

async function copyFile(files: Files, from: OpenFile, to: string): Promise<void> {
  await using copy = await files.open(to, "w+");
  const bytes = new Uint8Array(COPY_BYTES);
  for (let at = 0; ; at += COPY_BYTES) {
    const length = await from.read(bytes, at);
    if (length === 0) break;
    await copy.write(bytes.subarray(0, length), at);
  }
  await copy.sync();
}
