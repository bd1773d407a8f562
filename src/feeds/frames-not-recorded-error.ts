import { describeError, K2Error, type Remedy } from "../base/index.ts";

/** The raw log refused a connection's frames, so the connection has stopped: it never takes what it cannot keep. */
export class FramesNotRecordedError extends K2Error {
  readonly code = "K2_FRAMES_NOT_RECORDED";
  /** What the log's own error asks for; "retry" where it does not say. */
  readonly remedy: Remedy;
  readonly connection: string;
  /** Received, and not in the log. */
  readonly unflushedBytes: number;

  constructor(
    connection: string,
    { unflushedBytes, cause }: { readonly unflushedBytes: number; readonly cause: unknown },
  ) {
    super(
      `Cannot record the frames of ${connection}: ${describeError(cause)}. ${unflushedBytes} bytes were received and ` +
        "are not in the log; the connection has stopped and acknowledged nothing of them. " +
        "Make the log writable again (space, device), then start the feed anew: its epochs go on from the log",
      { cause },
    );
    this.connection = connection;
    this.unflushedBytes = unflushedBytes;
    this.remedy = cause instanceof K2Error ? cause.remedy : "retry";
  }
}
