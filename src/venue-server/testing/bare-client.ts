import { WebSocket } from "ws";

export interface BareClientOptions {
  /** Called as a frame arrives, before anybody who waits for it. */
  readonly onFrame?: (text: string) => void;
  /** Answer pings; default true. */
  readonly autoPong?: boolean;
}

/** A WebSocket client that knows nothing of any venue: says what it is told and keeps what it hears. */
export class BareClient implements AsyncDisposable {
  readonly webSocket: WebSocket;
  /** Every text frame so far. */
  readonly heard: string[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #taken = 0;
  #wake = Promise.withResolvers<void>();

  private constructor(url: string, { onFrame = () => {}, autoPong = true }: BareClientOptions) {
    this.webSocket = new WebSocket(url, { perMessageDeflate: false, autoPong });
    this.webSocket.on("message", (data) => {
      const text = String(data);
      this.heard.push(text);
      onFrame(text);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
    this.closed = new Promise((resolve) => {
      this.webSocket.on("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake.resolve();
      });
    });
    this.webSocket.on("error", () => {});
  }

  static async connect(url: string, options: BareClientOptions = {}): Promise<BareClient> {
    const client = new BareClient(url, options);
    await new Promise<void>((resolve, reject) => {
      client.webSocket.once("open", () => resolve());
      client.webSocket.once("error", reject);
    });
    return client;
  }

  say(message: unknown): void {
    this.webSocket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next frame not yet asked for that fits; frames before it are passed over. Rejects when the connection ends first. */
  async next(fits: (text: string) => boolean = () => true): Promise<string> {
    for (;;) {
      while (this.#taken < this.heard.length) {
        const text = this.heard[this.#taken] ?? "";
        this.#taken += 1;
        if (fits(text)) return text;
      }
      if (this.webSocket.readyState >= WebSocket.CLOSING) throw new Error("The connection ended before that frame");
      await this.#wake.promise;
    }
  }

  async json(fits: (text: string) => boolean = () => true): Promise<Record<string, unknown>> {
    return JSON.parse(await this.next(fits)) as Record<string, unknown>;
  }

  /** Waits until so many frames that fit were heard, and returns them. */
  async hear(count: number, fits: (text: string) => boolean = () => true): Promise<readonly string[]> {
    const fitting: string[] = [];
    for (let seen = 0; ; ) {
      for (; seen < this.heard.length; seen += 1) {
        const text = this.heard[seen] ?? "";
        if (fits(text)) fitting.push(text);
      }
      if (fitting.length >= count) return fitting;
      if (this.webSocket.readyState >= WebSocket.CLOSING) {
        throw new Error(`The connection ended after ${fitting.length} of ${count} frames`);
      }
      await this.#wake.promise;
    }
  }

  /** Resolves when everything was heard that the server had sent by now: a WebSocket answers pings in order. */
  async caughtUp(): Promise<void> {
    const answered = new Promise((resolve) => this.webSocket.once("pong", resolve));
    this.webSocket.ping();
    await Promise.race([answered, this.closed]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.webSocket.terminate();
    await this.closed;
  }
}
