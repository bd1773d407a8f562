import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/**
 * A client of the benchmark: counts WebSocket frames without decoding them, so that the server is what is measured.
 * Answers no pings; a run is shorter than a venue's patience.
 */
interface Work {
  readonly url: string;
  readonly requests: readonly string[];
}

const { clients, seconds } = workerData as { readonly clients: readonly Work[]; readonly seconds: number };
let frames = 0;
let byteLength = 0;

function count({ url, requests }: Work): void {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let isUpgraded = false;
  let rest: Buffer = Buffer.alloc(0);
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  socket.on("data", (data: Buffer) => {
    let bytes = rest.byteLength === 0 ? data : Buffer.concat([rest, data]);
    if (!isUpgraded) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      isUpgraded = true;
      bytes = bytes.subarray(end + 4);
      for (const request of requests) socket.write(maskedText(request));
    }
    rest = consume(bytes);
  });
  socket.on("error", () => {});
}

/** Counts the whole frames and returns what is left. */
function consume(bytes: Buffer): Buffer {
  let at = 0;
  while (at + 2 <= bytes.byteLength) {
    const end = frameEnd(bytes, at);
    if (end > bytes.byteLength) break;
    at = end;
    frames += 1;
  }
  byteLength += at;
  return bytes.subarray(at);
}

/** Where the frame ends that starts at `at`; beyond the bytes when that is not known yet. */
function frameEnd(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] ?? 0;
  if (short < 126) return at + 2 + short;
  const headBytes = short === 126 ? 4 : 10;
  if (at + headBytes > bytes.byteLength) return Number.POSITIVE_INFINITY;
  return at + headBytes + (short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2)));
}

function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8); // The mask is zero: the payload stays as it is.
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(payload.byteLength, 2);
  return Buffer.concat([head, payload]);
}

for (const client of clients) count(client);
setTimeout(() => {
  const [framesBefore, bytesBefore, timeBefore] = [frames, byteLength, performance.now()];
  setTimeout(() => {
    const elapsed = (performance.now() - timeBefore) / 1000;
    parentPort?.postMessage({
      framesPerSecond: (frames - framesBefore) / elapsed,
      bytesPerSecond: (byteLength - bytesBefore) / elapsed,
    });
    process.exit();
  }, seconds * 1000);
}, 500 * Math.min(1, seconds));
