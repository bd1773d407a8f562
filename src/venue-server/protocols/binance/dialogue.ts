import { asTexts, type JsonObject, parseJson } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { RAW_PREFIX } from "./channels.ts";

export interface BinanceLimits {
  /** Pings, pongs and requests that a client may send; beyond it is cut off. */
  readonly messagesPerSecondMax: number;
  readonly streamsMax: number;
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
}

const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"] as const;
type Method = (typeof METHODS)[number];

/**
 * Streams by URL (`/ws/a/b`, `/stream?streams=a/b`) and by request. Names that do not exist are accepted and stay silent,
 * as at the venue.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export class BinanceDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #limits: BinanceLimits;
  readonly #streams = new Set<string>();
  #isCombined: boolean;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #messagesInWindow = 0;
  /** The oldest ping that was not answered. */
  #pongDueSinceMs: number | undefined;

  constructor(peer: Peer, limits: BinanceLimits) {
    this.#peer = peer;
    this.#limits = limits;
    this.#isCombined = !peer.path.startsWith("/ws");
    const byUrl = this.#isCombined ? (peer.query.get("streams") ?? "") : peer.path.slice("/ws/".length);
    this.#subscribe(byUrl.split("/").filter((stream) => stream !== ""));
    peer.every(limits.pingEveryMs, () => this.#ping());
  }

  onControlFrame(): void {
    this.#pongDueSinceMs = undefined;
    this.#countMessage();
  }

  onText(text: string): void {
    if (!this.#countMessage()) return;
    const request = parseJson(text);
    if (request === undefined) {
      this.#refuse(3, "Invalid JSON: expected value at line 1 column 1");
    } else if (typeof request !== "object" || request === null || !("method" in request)) {
      this.#refuse(2, `Invalid request: missing field \`method\` at line 1 column ${text.length}`);
    } else {
      this.#answer(request as JsonObject, text);
    }
  }

  #answer(request: JsonObject, text: string): void {
    const method = METHODS.find((known) => known === request["method"]);
    const { id } = request;
    if (method === undefined) {
      const names = METHODS.map((name) => `\`${name}\``).join(", ");
      this.#refuse(
        2,
        `Invalid request: unknown variant \`${String(request["method"])}\`, expected one of ${names} at line 1 column ${text.indexOf('"method"') + 28}`,
      );
    } else if (!isRequestId(id)) {
      this.#refuse(2, "Invalid request: request ID must be an unsigned integer");
    } else {
      this.#perform(method, request["params"], id);
    }
  }

  #perform(method: Method, params: unknown, id: string | number | null): void {
    switch (method) {
      case "LIST_SUBSCRIPTIONS":
        this.#result([...this.#streams], id);
        return;
      case "GET_PROPERTY":
      case "SET_PROPERTY":
        this.#property(method, Array.isArray(params) ? params : [], id);
        return;
      case "SUBSCRIBE":
      case "UNSUBSCRIBE":
        this.#streamsRequest(method, params, id);
    }
  }

  #streamsRequest(method: "SUBSCRIBE" | "UNSUBSCRIBE", params: unknown, id: string | number | null): void {
    const streams = asTexts(params);
    if (streams === undefined) {
      this.#refuse(2, "Invalid request: params must be an array of strings", id);
      return;
    }
    const after = new Set([...this.#streams, ...streams]);
    if (method === "SUBSCRIBE" && after.size > this.#limits.streamsMax) {
      this.#refuse(2, "Invalid request: too many parameters", id);
      return;
    }
    this.#result(null, id);
    if (method === "SUBSCRIBE") this.#subscribe(streams);
    else this.#unsubscribe(streams);
  }

  #property(method: "GET_PROPERTY" | "SET_PROPERTY", params: readonly unknown[], id: string | number | null): void {
    const [name, value] = params;
    if (typeof name !== "string") {
      this.#refuse(2, "Invalid request: property name must be a string");
    } else if (name !== "combined") {
      this.#refuse(0, "Unknown property", id);
    } else if (method === "GET_PROPERTY") {
      this.#result(this.#isCombined, id);
    } else if (typeof value !== "boolean") {
      this.#refuse(1, "Invalid value type: expected Boolean");
    } else {
      const streams = [...this.#streams];
      this.#unsubscribe(streams);
      this.#isCombined = value;
      this.#result(null, id);
      this.#subscribe(streams);
    }
  }

  #subscribe(streams: readonly string[]): void {
    for (const stream of streams.slice(0, this.#limits.streamsMax)) {
      this.#streams.add(stream);
      this.#peer.subscribe(this.#topic(stream));
    }
  }

  #unsubscribe(streams: readonly string[]): void {
    for (const stream of streams) {
      if (this.#streams.delete(stream)) this.#peer.unsubscribe(this.#topic(stream));
    }
  }

  #topic(stream: string): string {
    return this.#isCombined ? stream : RAW_PREFIX + stream;
  }

  #result(result: unknown, id: string | number | null): void {
    this.#peer.answer(JSON.stringify({ result, id }));
  }

  #refuse(code: number, msg: string, id?: string | number | null): void {
    this.#peer.refuse(JSON.stringify({ code, msg, id }));
  }

  /** @returns false when the client has said too much and was cut off */
  #countMessage(): boolean {
    const now = this.#peer.clock.monotonicMs();
    if (now - this.#windowStartMs >= 1000) {
      this.#windowStartMs = now;
      this.#messagesInWindow = 0;
    }
    this.#messagesInWindow += 1;
    if (this.#messagesInWindow <= this.#limits.messagesPerSecondMax) return true;
    this.#peer.cut(1008, "Too many requests");
    return false;
  }

  #ping(): void {
    const now = this.#peer.clock.monotonicMs();
    if (this.#pongDueSinceMs !== undefined && now - this.#pongDueSinceMs >= this.#limits.pongWithinMs) {
      this.#peer.cut(1008, "Pong timeout");
      return;
    }
    this.#pongDueSinceMs ??= now;
    this.#peer.ping();
  }
}

/** A 64-bit integer, a text of up to 36 characters, or null. */
function isRequestId(id: unknown): id is string | number | null {
  if (id === null) return true;
  return (typeof id === "number" && Number.isInteger(id)) || (typeof id === "string" && id.length <= 36);
}
