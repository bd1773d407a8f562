import { K2Error } from "../base/index.ts";

/** The disk is full, or the log's own limit is reached. Nothing of the append is stored; the log stays usable. */
export class LogFullError extends K2Error {
  readonly code = "K2_LOG_FULL";
  readonly remedy = "retry";
}

/** The device failed. What was acknowledged is on it; what was in flight is in doubt until the log is opened anew. */
export class LogFailedError extends K2Error {
  readonly code = "K2_LOG_FAILED";
  readonly remedy = "report";
}

/** The offset was removed by retention, or nothing was ever appended there. */
export class OffsetOutOfRangeError extends K2Error {
  readonly code = "K2_LOG_OFFSET_OUT_OF_RANGE";
  readonly remedy = "resync";
  readonly startOffset: number;
  readonly endOffset: number;

  constructor(
    at: { readonly topic: string; readonly partition: number; readonly offset: number },
    bounds: { readonly startOffset: number; readonly endOffset: number },
  ) {
    const why = at.offset < bounds.startOffset ? "retention removed it" : "nothing was appended there yet";
    super(
      `Cannot read ${at.topic}/${at.partition} from offset ${at.offset}: ${why}. The log holds offsets ` +
        `${bounds.startOffset} up to, not including, ${bounds.endOffset}; continue from one of those, and record the gap`,
    );
    this.startOffset = bounds.startOffset;
    this.endOffset = bounds.endOffset;
  }
}

/** Another process or thread writes to this folder. */
export class LogLockedError extends K2Error {
  readonly code = "K2_LOG_LOCKED";
  readonly remedy = "fix-input";
}

/** Stored bytes are not what was written, or a file is gone. Nothing is skipped over. */
export class LogCorruptError extends K2Error {
  readonly code = "K2_LOG_CORRUPT";
  readonly remedy = "report";
  readonly path: string;
  readonly position: number;

  constructor({ path, position, seen }: { readonly path: string; readonly position: number; readonly seen: string }) {
    super(
      `The log is damaged in ${path} at byte ${position}: ${seen}. Nothing was changed or skipped. ` +
        'Restore the file from a copy; or give up the damaged part knowingly, see "Damage" in docs/log.md',
    );
    this.path = path;
    this.position = position;
  }
}

/** The log was closed while, or before, this was asked of it. */
export class LogClosedError extends K2Error {
  readonly code = "K2_LOG_CLOSED";
  readonly remedy = "fix-input";

  constructor(folder: string) {
    super(`The log in ${folder} is closed. What it acknowledged is stored; open it again to go on`);
  }
}

/** The topic, or this partition of it, was never ensured. */
export class TopicUnknownError extends K2Error {
  readonly code = "K2_LOG_TOPIC_UNKNOWN";
  readonly remedy = "fix-input";

  constructor(topic: string, partition?: number, partitions?: number) {
    super(
      partition === undefined
        ? `The log has no topic "${topic}". Nothing was done; call ensureTopic() first`
        : `The log's topic "${topic}" has ${partitions ?? 0} partitions, and no partition ${partition}. ` +
            "Nothing was done; call ensureTopic() with more partitions first",
    );
  }
}
