import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { WebSocket } from "ws";
import { systemClock } from "../../base/index.ts";

/* The other side of stream.bench.ts, in a thread of its own. */

export interface BenchClients {
  readonly port: number;
  /** Connections that only drain. */
  readonly draining: number;
  /** WebSockets that read; the first one measures the age of every trade. */
  readonly reading: number;
  /** What each sends first. */
  readonly request: string;
}

/** Microseconds from a trade's `receiveTime`, which is when it was published, to its being read here. */
export interface BenchReport {
  readonly agesUs: readonly number[];
}

const { port, draining, reading, request } = workerData as BenchClients;
const HANDSHAKE =
  "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

for (let client = 0; client < draining; client += 1) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(HANDSHAKE);
  socket.once("data", () => {
    const text = Buffer.from(request);
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), text]));
    socket.resume();
  });
}

let agesUs: number[] = [];
for (let client = 0; client < reading; client += 1) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, { perMessageDeflate: false });
  socket.on("open", () => socket.send(request));
  if (client === 0) socket.on("message", (data) => measure(String(data)));
}

function measure(text: string): void {
  const nowUs = Number(systemClock.nowNs() / 1000n);
  const { rows } = JSON.parse(text) as { readonly rows?: readonly { readonly receiveTime: string }[] };
  for (const { receiveTime } of rows ?? []) {
    agesUs.push(nowUs - (Date.parse(receiveTime) * 1000 + Number(receiveTime.slice(23, 26))));
  }
}

parentPort?.on("message", () => {
  parentPort?.postMessage({ agesUs } satisfies BenchReport);
  agesUs = [];
});
