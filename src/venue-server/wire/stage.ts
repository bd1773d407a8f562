import type { Socket } from "node:net";
import type { Clock } from "../../base/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Client } from "./client.ts";
import { Notice } from "./notice.ts";
import type { SentFrame } from "./played-frame.ts";

const HALF_OPEN_MAX = 256;

export interface StageOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** Sends one frame at a time and waits until the client has read it. */
  readonly lockstep: boolean;
  readonly onSent: ((frame: SentFrame) => void) | undefined;
  /** A client with more than this unread is cut off. */
  readonly bufferedBytesMax: number;
}

/** What all connections of one server share. */
export class Stage {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly lockstep: boolean;
  readonly onSent: ((frame: SentFrame) => void) | undefined;
  readonly bufferedBytesMax: number;
  /** Something a waiting player may care for: a subscription, an end, room in a socket. */
  readonly changed: Notice = new Notice();
  /** The recorder's time of the frame written last. */
  recordedNs: bigint | undefined;
  /** Clients with something to flush. */
  dirty: Client[] = [];
  readonly #halfOpen = new Set<Socket>();

  constructor(options: StageOptions) {
    this.clock = options.clock;
    this.ledger = options.ledger;
    this.lockstep = options.lockstep;
    this.onSent = options.onSent;
    this.bufferedBytesMax = options.bufferedBytesMax;
  }

  /** Frames cannot take the short way: somebody wants to know of each. */
  get isWatched(): boolean {
    return this.lockstep || this.onSent !== undefined;
  }

  flush(): void {
    const clients = this.dirty;
    this.dirty = [];
    for (const client of clients) client.flush();
  }

  /** A half-open socket never tells that its client is gone; the oldest makes room. */
  keepHalfOpen(socket: Socket): void {
    this.#halfOpen.add(socket);
    socket.on("close", () => this.#halfOpen.delete(socket));
    const [oldest] = this.#halfOpen;
    if (this.#halfOpen.size > HALF_OPEN_MAX) oldest?.destroy();
  }
}
