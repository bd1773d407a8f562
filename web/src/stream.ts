/** What `/v1/stream` sends; docs/api.md describes it. */
interface StreamMessage {
  readonly type: string;
  readonly id?: number;
  readonly sequence?: number;
  readonly rows?: readonly unknown[];
  readonly mode?: string;
  readonly detail?: string;
}

export interface Subscription {
  readonly channel: "trades" | "bars" | "health";
  readonly symbol?: string;
  readonly venue?: string;
  readonly interval?: string;
  readonly snapshot?: number;
}

type Listener = (kind: "snapshot" | "update", rows: readonly never[]) => void;
type StateListener = (state: "connecting" | "live" | "lost", mode: string | undefined) => void;

interface Active {
  readonly request: Subscription;
  readonly listener: Listener;
  nextSequence: number;
}

const RETRY_MS_MAX = 10_000;

/**
 * One WebSocket for the whole page. It reconnects by itself and subscribes anew, and a hole in a
 * subscription's sequence is answered with a fresh snapshot: what the page shows is never silently incomplete.
 */
export class Stream {
  readonly #url: string;
  readonly #onState: StateListener;
  readonly #active = new Map<number, Active>();
  #socket: WebSocket | undefined;
  #nextId = 1;
  #retryMs = 250;
  #mode: string | undefined;

  constructor(url: string, onState: StateListener) {
    this.#url = url;
    this.#onState = onState;
    this.#connect();
  }

  /** @returns ends the subscription */
  subscribe(request: Subscription, listener: Listener): () => void {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#active.set(id, { request, listener, nextSequence: 0 });
    this.#send({ op: "subscribe", id, ...request });
    return () => {
      this.#active.delete(id);
      this.#send({ op: "unsubscribe", id });
    };
  }

  #connect(): void {
    this.#onState("connecting", this.#mode);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#retryMs = 250;
      for (const [id, active] of this.#active) {
        active.nextSequence = 0;
        this.#send({ op: "subscribe", id, ...active.request });
      }
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(String(event.data)) as StreamMessage);
    socket.onclose = () => {
      this.#onState("lost", this.#mode);
      setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
    };
  }

  #receive(message: StreamMessage): void {
    if (message.type === "welcome") {
      this.#mode = message.mode;
      this.#onState("live", message.mode);
      return;
    }
    if (message.type !== "snapshot" && message.type !== "update") {
      if (message.type === "error") console.warn("K2 stream:", message.detail);
      return;
    }
    const active = this.#active.get(message.id ?? 0);
    if (active === undefined) return;
    if (message.sequence !== active.nextSequence) {
      this.#socket?.close(); // A hole: the reconnect brings a snapshot.
      return;
    }
    active.nextSequence += 1;
    active.listener(message.type, (message.rows ?? []) as readonly never[]);
  }

  #send(request: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }
}
