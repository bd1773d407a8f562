/*
 * A venue for the latency of books, in a process of its own: `node depth-venue.program.ts <changes a second>` sends a book
 * and then changes of its best bid, in the grammar of Bybit's orderbook.50, to each socket that subscribes, until its
 * standard input ends. The size of the best bid says when it was sent: microseconds of the monotonic clock, which all
 * processes of the machine share, so that whoever sees the quote sees its age.
 */
import { type WebSocket, WebSocketServer } from "ws";

const TICK_MS = 2;
const BEST = "61800.00";
const MADE_MS = 1_763_683_200_000;

const perSecond = Number(process.argv[2] ?? 1_000);
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket) => {
  socket.on("message", (data) => answer(socket, String(data)));
});
server.on("listening", () => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}` })}\n`);
});
process.stdin.resume().on("end", () => process.exit());

function answer(socket: WebSocket, text: string): void {
  const { op, req_id = "", args = [] } = JSON.parse(text) as { op: string; req_id?: string; args?: string[] };
  socket.send(JSON.stringify({ success: true, ret_msg: op === "ping" ? "pong" : "", conn_id: "1", req_id, op }));
  const topic = args.find((name) => name.startsWith("orderbook.50."));
  if (op === "subscribe" && topic !== undefined) play(socket, topic);
}

function play(socket: WebSocket, topic: string): void {
  const symbol = topic.slice("orderbook.50.".length);
  let update = 1;
  const frame = (type: string, bids: string, asks: string): string =>
    `{"topic":"${topic}","type":"${type}","ts":${MADE_MS},"data":{"s":"${symbol}","b":[${bids}],"a":[${asks}],"u":${update},"seq":${update}},"cts":${MADE_MS}}`;
  const far = (from: number, step: number): string =>
    Array.from({ length: 49 }, (_, index) => `["${(from + step * index).toFixed(2)}","1"]`).join(",");
  socket.send(frame("snapshot", `${best()},${far(61_799.99, -0.01)}`, far(61_800.01, 0.01)));
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - startMs) * perSecond) / 1_000; sent < due; sent += 1) {
      update += 1;
      // Beside the best bid nine levels change, as in a message of a busy market.
      socket.send(frame("delta", `${best()},${changes(61_799, update)}`, changes(61_801, update)));
    }
  }, TICK_MS);
  socket.on("close", () => clearInterval(timer));
}

function best(): string {
  const us = process.hrtime.bigint() / 1_000n;
  return `["${BEST}","${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, "0")}"]`;
}

function changes(price: number, update: number): string {
  return Array.from({ length: 4 }, (_, index) => `["${price}.${10 + index}","${1 + (update % 7)}.${index}"]`).join(",");
}
