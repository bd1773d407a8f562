import { type Logger, silentLogger } from "../../base/index.ts";
import { LogCorruptError } from "../errors.ts";
import { readDurableEnd } from "./durable-end.ts";
import { inspectTail } from "./frame-scan.ts";
import { loadShard, type ShardPlace } from "./load-shard.ts";
import type { ShardIndex } from "./shard-index.ts";
import { writeSidecar } from "./sidecar.ts";

export interface RecoveredShard {
  readonly index: ShardIndex;
  /** Bytes of a write that was cut off before it was acknowledged, now removed. */
  readonly tornBytes: number;
}

/**
 * Brings a shard to the state of the last durable commit: what a killed writer left half written is cut off,
 * what was acknowledged is all there or the log does not open.
 *
 * A write goes to the device by itself, and the next begins only after it is durable. So behind the first frame
 * that is not intact nothing intact can stand, nor can the durable end lie there: either means damage, not a cut.
 *
 * @throws {LogCorruptError} as said; nothing is changed then
 */
export async function recoverShard(place: ShardPlace, logger: Logger = silentLogger): Promise<RecoveredShard> {
  const { files, folder } = place;
  const index = await loadShard({
    ...place,
    async onScanned(segment) {
      logger.warn({ path: segment.path }, "Index file of a log segment was missing or spoilt; made anew");
      await writeSidecar(files, folder, segment);
    },
  });
  await checkDurableEnd(place, index);
  const tornBytes = await cutTail(place, index, logger);
  for (const name of await files.list(folder)) {
    if (name.endsWith(".new")) await files.remove(`${folder}/${name}`); // Begun and never finished.
  }
  return { index, tornBytes };
}

async function checkDurableEnd({ files, folder }: ShardPlace, { active }: ShardIndex): Promise<void> {
  const end = await readDurableEnd(files, folder);
  if (end === undefined) return;
  const held = active ?? { sequence: 0, byteLength: 0, path: folder };
  if (end.segment < held.sequence || (end.segment === held.sequence && end.position <= held.byteLength)) return;
  throw new LogCorruptError({
    path: held.path,
    position: held.byteLength,
    seen: `the frames up to byte ${end.position} of segment ${end.segment} were durable and are not all there`,
  });
}

async function cutTail({ files }: ShardPlace, { active, commit }: ShardIndex, logger: Logger): Promise<number> {
  if (active === undefined) return 0;
  await using file = await files.open(active.path, "r+");
  const place = { segment: active.sequence, position: active.byteLength, size: await file.size(), commit };
  const { tornBytes, newerFrameAt } = await inspectTail(file, place);
  if (newerFrameAt !== undefined) {
    throw new LogCorruptError({
      path: active.path,
      position: active.byteLength,
      seen: `a frame that is not intact stands before an intact newer one at byte ${newerFrameAt}`,
    });
  }
  if (tornBytes === 0) return 0;
  await file.truncate(active.byteLength);
  await file.sync();
  logger.warn(
    { path: active.path, position: active.byteLength, tornBytes },
    "The last write to the log was cut off before it was acknowledged; it was removed",
  );
  return tornBytes;
}
