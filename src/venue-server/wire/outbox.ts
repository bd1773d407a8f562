import type { Socket } from "node:net";

const CHUNK_BYTES = 65_536;
const FINAL_TEXT = 0x81; // RFC 6455, 5.2: FIN set, opcode 1.
const FINAL_BINARY = 0x82;

/**
 * Writes WebSocket frames of a server (final, unmasked, uncompressed) to a socket, many to one system call:
 * one write a frame would be most of what a fast market costs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class Outbox {
  readonly #socket: Socket;
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #length = 0;

  /** @param socket after its upgrade; others may write whole frames to it between calls of `flush` */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the client has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** True while the system takes no more: wait for the socket's "drain". */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** @param text of ASCII characters only */
  ascii(text: string): void {
    const at = this.#header(FINAL_TEXT, text.length);
    this.#chunk.write(text, at, "latin1");
    this.#length = at + text.length;
  }

  /** Any text, or bytes that are UTF-8 text already. */
  text(content: string | Uint8Array): void {
    this.#bytes(FINAL_TEXT, typeof content === "string" ? Buffer.from(content, "utf8") : content);
  }

  binary(payload: Uint8Array): void {
    this.#bytes(FINAL_BINARY, payload);
  }

  flush(): void {
    if (this.#length === 0) return;
    const chunk = this.#chunk.subarray(0, this.#length);
    // What is left of the memory serves the next flush; what is written belongs to the socket until it is sent.
    this.#chunk = this.#chunk.subarray(this.#length);
    this.#length = 0;
    if (this.#chunk.byteLength < CHUNK_BYTES / 8) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    if (this.#socket.writable) this.#socket.write(chunk);
  }

  #bytes(first: number, payload: Uint8Array): void {
    const at = this.#header(first, payload.byteLength);
    this.#chunk.set(payload, at);
    this.#length = at + payload.byteLength;
  }

  /** Makes room for a whole frame and writes its header; returns where the payload goes. */
  #header(first: number, byteLength: number): number {
    const needed = byteLength + 10;
    if (this.#length + needed > this.#chunk.byteLength) {
      this.flush();
      if (needed > this.#chunk.byteLength) this.#chunk = Buffer.allocUnsafeSlow(Math.max(needed, CHUNK_BYTES));
    }
    const chunk = this.#chunk;
    let at = this.#length;
    chunk[at++] = first;
    if (byteLength < 126) {
      chunk[at++] = byteLength;
    } else if (byteLength < 65_536) {
      chunk[at++] = 126;
      at = chunk.writeUInt16BE(byteLength, at);
    } else {
      chunk[at++] = 127;
      at = chunk.writeBigUInt64BE(BigInt(byteLength), at);
    }
    return at;
  }
}
