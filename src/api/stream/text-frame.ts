/**
 * The beginning of a WebSocket text frame from a server: its header and the first bytes of its text. The rest of the
 * text follows on the wire, from memory that every receiver of the same rows shares.
 *
 * @param head ASCII
 * @param restBytes length of the text after `head`, in UTF-8
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export function textFrameStart(head: string, restBytes: number): Buffer {
  const payloadBytes = head.length + restBytes;
  const headerBytes = payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
  const start = Buffer.allocUnsafe(headerBytes + head.length);
  start[0] = FINAL_TEXT;
  if (headerBytes === 2) {
    start[1] = payloadBytes;
  } else if (headerBytes === 4) {
    start[1] = 126;
    start.writeUInt16BE(payloadBytes, 2);
  } else {
    start[1] = 127;
    start.writeUInt32BE(Math.floor(payloadBytes / 4_294_967_296), 2);
    start.writeUInt32BE(payloadBytes % 4_294_967_296, 6);
  }
  start.write(head, headerBytes, "latin1");
  return start;
}

/** FIN, and opcode 1. */
const FINAL_TEXT = 0x81;
