import { join } from "node:path";
import type { Logger } from "../../base/index.ts";
import { LogCorruptError } from "../errors.ts";
import type { TopicPosition } from "../log.ts";
import { readDurableEnd } from "./durable-end.ts";
import { inspectTail } from "./frame-scan.ts";
import { loadShard, type ShardPlace } from "./load-shard.ts";
import type { Segment } from "./segment.ts";
import { setAsideDamage } from "./set-aside-damage.ts";
import type { ShardIndex } from "./shard-index.ts";
import { writeSidecar } from "./sidecar.ts";

export interface RecoveredShard {
  readonly index: ShardIndex;
  /** Bytes of a write that was cut off before it was acknowledged, now removed. */
  readonly tornBytes: number;
  /** Where partitions must begin after damage was set aside; to be made durable before anything else. */
  readonly startsAfterLoss: readonly TopicPosition[];
}

export interface RecoverOptions extends ShardPlace {
  readonly logger: Logger;
  /** What to do with a shard that is not intact: not open it, or give up what is damaged. */
  readonly onDamage: "refuse" | "set-aside";
}

/**
 * Brings a shard to the state of the last durable commit: what a killed writer left half written is cut off,
 * what was acknowledged is all there or the log does not open.
 *
 * A write goes to the device by itself, and the next begins only after it is durable. So behind the first frame
 * that is not intact nothing intact can stand, nor can the durable end lie there: either means damage, not a cut.
 *
 * @throws {LogCorruptError} as said, unless told to set damage aside; nothing is changed then
 */
export async function recoverShard(options: RecoverOptions): Promise<RecoveredShard> {
  try {
    return await recover(options, false);
  } catch (error) {
    if (!(error instanceof LogCorruptError) || options.onDamage === "refuse") throw error;
    options.logger.error({ err: error.message }, "The log is damaged; giving up what is, as configured");
  }
  await setAsideDamage(options, options.logger);
  return recover(options, true);
}

async function recover(options: RecoverOptions, withLoss: boolean): Promise<RecoveredShard> {
  const { logger } = options;
  const index = await loadShard({
    ...options,
    withLoss,
    onScanned: (segment) => replaceSidecar(options, segment),
  });
  await checkDurableEnd(options, index);
  const tornBytes = await cutTail(options, index, logger);
  await removeLeftovers(options);
  return { index, tornBytes, startsAfterLoss: withLoss ? index.startsAfterLoss() : [] };
}

/** What was begun and never finished: files without their name yet, index files whose segment retention removed. */
async function removeLeftovers({ files, folder }: ShardPlace): Promise<void> {
  const names = new Set(await files.list(folder));
  for (const name of names) {
    const isOrphan = name.endsWith(".index") && !names.has(name.replace(/\.index$/, ".log"));
    if (isOrphan || name.endsWith(".new")) await files.remove(join(folder, name));
  }
}

async function replaceSidecar({ files, folder, logger }: RecoverOptions, segment: Segment): Promise<void> {
  logger.warn({ path: segment.path }, "The index file of a log segment was missing or spoilt; making it anew");
  try {
    await writeSidecar(files, folder, segment);
  } catch (error) {
    logger.warn(
      { path: segment.indexPath, err: (error as Error).message },
      "Could not write an index file; going on without",
    );
  }
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
