import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface TestVenueOptions {
  /** Each accepted socket, with its number from 1. */
  onSocket?(socket: WebSocket, number: number): void;
  /** Each text that a client sends; by default a subscription is accepted. */
  onRequest?(socket: WebSocket, request: string, number: number): void;
  /** An HTTP answer to the opening request, such as "429 Too Many Requests\r\nRetry-After: 7"; undefined accepts it. */
  refuse?(attempt: number): string | undefined;
}

/** A WebSocket server on loopback that does what a test says. */
export class TestVenue implements AsyncDisposable {
  readonly sockets: WebSocket[] = [];
  readonly requests: string[] = [];
  attempts = 0;
  readonly #http: Server = createServer();
  readonly #acceptor = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  static async open(options: TestVenueOptions = {}): Promise<TestVenue> {
    const venue = new TestVenue();
    venue.#http.on("upgrade", (request, socket, head) => {
      venue.attempts += 1;
      socket.on("error", () => {}); // A client that gives up resets the connection.
      const refusal = options.refuse?.(venue.attempts);
      if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      else venue.#acceptor.handleUpgrade(request, socket, head, (client) => venue.#accept(client, options));
    });
    await new Promise<void>((resolve) => venue.#http.listen(0, "127.0.0.1", resolve));
    return venue;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  #accept(socket: WebSocket, { onSocket, onRequest = accept }: TestVenueOptions): void {
    const number = this.sockets.push(socket);
    socket.on("error", () => {});
    socket.on("message", (data) => {
      const request = String(data);
      this.requests.push(request);
      onRequest(socket, request, number);
    });
    onSocket?.(socket, number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

/** `{"subscribe":"A"}` is answered `{"ok":"A"}`. */
export function accept(socket: WebSocket, request: string): void {
  if (request.startsWith('{"subscribe"')) socket.send(request.replace("subscribe", "ok"));
}

/** A venue below the protocol: it opens connections, unless told not to, and then hears nothing. */
export class DeafVenue implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly #server: TcpServer = createTcpServer({ allowHalfOpen: true });

  /** @param said bytes that follow the opening answer; undefined: no answer at all */
  static async open(said: Uint8Array | undefined): Promise<DeafVenue> {
    const venue = new DeafVenue();
    venue.#server.on("connection", (socket) => {
      venue.sockets.push(socket);
      socket.on("error", () => {});
      socket.once("data", (request) => {
        if (said === undefined) return;
        const key = /Sec-WebSocket-Key: (.+)\r\n/i.exec(request.toString())?.[1] ?? "";
        const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
        socket.write(`${head.join("\r\n")}\r\nSec-WebSocket-Accept: ${digest}\r\n\r\n`);
        socket.write(said);
      });
    });
    await new Promise<void>((resolve) => venue.#server.listen(0, "127.0.0.1", resolve));
    return venue;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
