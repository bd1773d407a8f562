/** A frame of a scene, as it came off the socket or was fetched. */
export interface SceneFrame {
  readonly bytes: Uint8Array;
  /** Of a snapshot that was fetched over HTTP: its symbol. */
  readonly snapshotOf?: string;
  /** Of another channel of the socket: whoever does not count the socket's messages need not look at it. */
  readonly isOther?: boolean;
}

interface FrameText extends Omit<SceneFrame, "bytes"> {
  readonly text: string;
}

/** As the raw log's batches hold them, one behind the other. */
export function packed(messages: readonly FrameText[]): readonly SceneFrame[] {
  const encoder = new TextEncoder();
  const all = new Uint8Array(messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
  let at = 0;
  return messages.map(({ text, ...rest }) => {
    const start = at;
    at += encoder.encodeInto(text, all.subarray(at)).written;
    return { ...rest, bytes: all.subarray(start, at) };
  });
}
