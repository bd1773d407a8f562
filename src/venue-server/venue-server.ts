import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import {
  type Clock,
  describeError,
  InvalidInputError,
  type Logger,
  type Random,
  seededRandom,
  silentLogger,
  systemClock,
} from "../base/index.ts";
import { type ControlRequest, checkFaultPlan, checkSpeed, type DisconnectRequest } from "./control-request.ts";
import type { FaultPlan } from "./faults/index.ts";
import { handleHttp } from "./http-handler.ts";
import { Ledger, type LedgerReport } from "./ledger/index.ts";
import { makeSources } from "./make-sources.ts";
import type { VenueServerOptions } from "./options.ts";
import type { Rewind, Source, Speed } from "./play/index.ts";
import { PROTOCOLS } from "./protocols/index.ts";
import { RestDesk, type RestFaultPlan } from "./rest/index.ts";
import { SessionPeer } from "./session-peer.ts";
import { FeedFloor, Session, Stage } from "./wire/index.ts";

/** Venues' own limits are below this; it only bounds what a client can make the server hold. */
const REQUEST_BYTES_MAX = 1_048_576;
const BUFFERED_BYTES_MAX = 67_108_864;
const NO_FAULTS: FaultPlan = { seed: 0, rules: [] };

/** A running server. Disposing of it ends all connections. */
export interface VenueServer extends AsyncDisposable {
  readonly port: number;
  /** Feeds that clients can connect to. */
  readonly feeds: readonly string[];
  /** Where `GET /ledger` and `POST /control` are. */
  readonly httpUrl: string;
  /**
   * A clock that shows when the frame written last was received by its recorder. With `lockstep`, a client in this
   * process that asks it whenever a frame arrives sees each frame's own time, however faults repeat or reorder them:
   * no other frame is under way. Shows the server's clock until the first frame. Intervals and waits are the server's.
   */
  readonly recordedClock: Clock;
  /** Resolves when every recording was played and all its frames are on their way; a market never ends. Rejects when a recording cannot be read. */
  readonly finished: Promise<void>;
  /** @throws {InvalidInputError} for a feed that is not served */
  url(feed: string): string;
  /** Where the venue's HTTP requests are answered, to be put before their paths. */
  restUrl(feed: string): string;
  /** Requests over HTTP so far. */
  restRequests(feed: string): number;
  /** Replaces all rules for requests over HTTP. */
  setRestFaults(plan: RestFaultPlan): void;
  ledger(): LedgerReport;
  pause(): void;
  resume(): void;
  setSpeed(speed: Speed): void;
  /** Replaces all rules; frames count from 0 again. */
  setFaults(plan: FaultPlan): void;
  disconnect(request?: DisconnectRequest): void;
  rewind(rewind: Rewind): void;
}

/**
 * Starts a server on loopback that speaks each venue's own protocol, as that venue documents it, and plays a market
 * or recordings to any client that does the same.
 *
 * @throws {InvalidInputError} when the options are wrong; nothing was started
 */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const server = new RunningServer(options);
  await server.listen(options.port ?? 0);
  return server;
}

class RunningServer implements VenueServer {
  readonly feeds: readonly string[];
  readonly recordedClock: Clock;
  readonly finished: Promise<void>;
  readonly #stage: Stage;
  readonly #logger: Logger;
  readonly #floors = new Map<string, FeedFloor>();
  readonly #sources: readonly Source[];
  readonly #options: VenueServerOptions;
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_BYTES_MAX,
    perMessageDeflate: false,
  });
  readonly #rest: RestDesk;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  readonly #random: Random;
  #sessions = 0;

  constructor(options: VenueServerOptions) {
    const { clock = systemClock, logger = silentLogger, faults = NO_FAULTS, source } = options;
    this.#options = options;
    this.#logger = logger;
    this.#random = seededRandom(source.kind === "market" ? source.seed : 1);
    this.#stage = new Stage({
      clock,
      ledger: new Ledger(),
      lockstep: options.lockstep ?? false,
      onSent: options.onSent,
      bufferedBytesMax: options.bufferedBytesMax ?? BUFFERED_BYTES_MAX,
    });
    checkFaultPlan(faults);
    for (const protocol of PROTOCOLS) {
      this.#floors.set(protocol.feed, new FeedFloor(this.#stage, protocol, faults));
    }
    this.#sources = makeSources({ ...options, speed: checkSpeed(options.speed ?? 1) }, this.#stage, this.#floors);
    this.feeds = this.#sources.flatMap(({ feeds }) => feeds);
    this.recordedClock = {
      nowNs: () => this.#stage.recordedNs ?? clock.nowNs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (durationMs, sleepOptions) => clock.sleep(durationMs, sleepOptions),
    };
    this.#rest = new RestDesk(
      clock,
      (feed, symbol) => this.#sources.find(({ feeds }) => feeds.includes(feed))?.past(feed, symbol),
      (feed, symbol, channel) => this.#sources.find(({ feeds }) => feeds.includes(feed))?.book?.(feed, symbol, channel),
    );
    this.#http = createServer((request, response) => {
      void handleHttp(request, response, {
        ledger: () => this.ledger(),
        urls: () => Object.fromEntries(this.feeds.map((feed) => [feed, this.url(feed)])),
        control: (control) => this.#control(control),
        rest: (url) => this.#rest.answer(url, this.#closing.signal),
      });
    });
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.finished = Promise.all(this.#sources.map((played) => this.#run(played))).then(() => {});
    this.finished.catch(() => {}); // Told in the log; who cares for it awaits it.
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#http.once("error", reject);
    this.#http.listen(port, "127.0.0.1", () => resolve());
    try {
      await promise;
    } catch (error) {
      this.#closing.abort(error);
      throw new InvalidInputError(
        `Cannot listen on 127.0.0.1:${port}: ${describeError(error)}. Choose another port, or 0`,
        {
          cause: error,
        },
      );
    }
    this.#http.off("error", reject);
  }

  get port(): number {
    return (this.#http.address() as AddressInfo | null)?.port ?? 0;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  url(feed: string): string {
    const floor = this.#floors.get(feed);
    if (floor === undefined || !this.feeds.includes(feed)) {
      throw new InvalidInputError(
        `Feed ${JSON.stringify(feed)} is not served here; there are ${this.feeds.join(", ")}`,
      );
    }
    return `ws://127.0.0.1:${this.port}/${feed}${floor.protocol.path}`;
  }

  restUrl(feed: string): string {
    this.url(feed); // Says that the feed is not served.
    return `${this.httpUrl}/${feed}`;
  }

  restRequests(feed: string): number {
    return this.#rest.requests.get(feed) ?? 0;
  }

  setRestFaults(plan: RestFaultPlan): void {
    this.#rest.setFaults(plan);
  }

  ledger(): LedgerReport {
    const report = this.#stage.ledger.report();
    return { ...report, feeds: report.feeds.filter(({ feed }) => this.feeds.includes(feed)) };
  }

  pause(): void {
    for (const { tempo } of this.#sources) tempo.setPaused(true);
  }

  resume(): void {
    for (const { tempo } of this.#sources) tempo.setPaused(false);
  }

  setSpeed(speed: Speed): void {
    checkSpeed(speed);
    for (const { tempo } of this.#sources) tempo.setSpeed(speed);
  }

  setFaults(plan: FaultPlan): void {
    checkFaultPlan(plan);
    for (const floor of this.#floors.values()) floor.setFaults(plan);
  }

  disconnect({ feed, closeCode }: DisconnectRequest = {}): void {
    for (const floor of this.#floors.values()) {
      if (feed !== undefined && floor.feed !== feed) continue;
      for (const session of [...floor.clients]) session.disconnect(closeCode);
    }
  }

  rewind(rewind: Rewind): void {
    const source = this.#sources.find(({ feeds }) => feeds.includes(rewind.feed));
    if (source === undefined) this.url(rewind.feed); // Says that the feed is not served.
    source?.rewind(rewind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("The venue server was closed"));
    this.disconnect({ closeCode: 1001 });
    for (const socket of this.#sockets) socket.destroySoon();
    this.#http.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#http.close(() => resolve());
    await promise;
    this.#webSockets.close();
    await this.finished.catch(() => {});
  }

  async #run(source: Source): Promise<void> {
    const { signal } = this.#closing;
    try {
      await source.run({ signal });
    } catch (error) {
      if (signal.aborted) return;
      this.#logger.error({ feeds: source.feeds, error: describeError(error) }, "playing ended early");
      for (const feed of source.feeds) {
        for (const session of [...(this.#floors.get(feed)?.clients ?? [])]) session.disconnect(1011, "playing failed");
      }
      throw error;
    }
  }

  #control({ pause, resume, speed, faults, rewind, disconnect }: ControlRequest): void {
    if (pause === true) this.pause();
    if (speed !== undefined) this.setSpeed(speed);
    if (faults !== undefined) this.setFaults(faults);
    if (rewind !== undefined) this.rewind(rewind);
    if (disconnect !== undefined) this.disconnect(disconnect);
    if (resume === true) this.resume();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const feed = new URL(request.url ?? "/", "ws://localhost").pathname.split("/")[1] ?? "";
    const floor = this.#floors.get(feed);
    const source = this.#sources.find(({ feeds }) => feeds.includes(feed));
    if (floor === undefined || source === undefined || this.#closing.signal.aborted) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const connection = socket as Socket; // The server below speaks TCP only.
    this.#sockets.add(connection);
    connection.on("close", () => this.#sockets.delete(connection));
    connection.setNoDelay(true);
    this.#webSockets.handleUpgrade(request, connection, head, (webSocket) => {
      this.#open({ floor, source, request, webSocket, socket: connection });
    });
  }

  #open({ floor, source, request, webSocket, socket }: Opening): void {
    this.#sessions += 1;
    floor.counts.connections += 1;
    const session = new Session(floor, this.#sessions, { webSocket, socket, request });
    floor.clients.add(session);
    const { source: played } = this.#options;
    const isVerbatim = played.kind !== "market" && played.mode === "verbatim";
    const answers = played.kind === "market" || !isVerbatim || played.answers !== false;
    if (!answers) {
      source.subscribe(session, "");
      return;
    }
    const peer = new SessionPeer(session, request, { source, random: this.#random, isTerse: isVerbatim });
    const dialogue = floor.protocol.open(peer);
    webSocket.on("message", (data) => peer.asked(() => dialogue.onText(textOf(data))));
    webSocket.on("ping", () => dialogue.onControlFrame?.());
    webSocket.on("pong", (data) => {
      if (!session.isConfirmation(data)) dialogue.onControlFrame?.();
    });
  }
}

interface Opening {
  readonly floor: FeedFloor;
  readonly source: Source;
  readonly request: IncomingMessage;
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as Buffer).toString("utf8");
}
