import { asArray, asObject, asText, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";

const CHANNEL_GRAMMAR =
  /^(?:trades|trades-all|tickers|books|books5|bbo-tbt|candle\w+|mark-price|funding-rate|open-interest|index-tickers)$/;
/** Channels of all instruments of a kind, and of the venue. */
const KIND_GRAMMAR = /^(?:liquidation-orders|instruments)$/;
const KINDS = ["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"];
const REQUEST_BYTES_MAX = 65_536;
/** Subscribing and unsubscribing, a connection. */
const REQUESTS_PER_HOUR = 480;
const HOUR_MS = 3_600_000;
const SILENCE_MS_MAX = 30_000;

/**
 * Each channel of a request is answered by itself. A connection on which nothing was sent for 30 seconds ends: quiet
 * clients say "ping" and hear "pong". Channels that OKX serves at /public and at /business are served at one place here.
 *
 * @see https://www.okx.com/docs-v5/en/#overview-websocket
 * @see https://www.okx.com/docs-v5/en/#error-code-websocket
 */
export class OkxDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #connectionId: string;
  readonly #topics = new Set<string>();
  #requests = 0;
  #hourStartMs: number;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#connectionId = peer.random.int(0x7fffffff).toString(16).padStart(8, "0");
    this.#hourStartMs = peer.clock.monotonicMs();
    peer.every(1000, () => {
      if (peer.idleMs > SILENCE_MS_MAX) peer.cut(4004, "No data received in 30s");
    });
  }

  onText(text: string): void {
    if (text === "ping") {
      this.#peer.answer("pong");
      return;
    }
    if (Buffer.byteLength(text) > REQUEST_BYTES_MAX) {
      this.#peer.cut(1009, "Request message exceeds the maximum frame length");
      return;
    }
    const request = parseObject(text);
    const op = asText(request?.["op"]);
    if (request === undefined || op === undefined) {
      this.#refuse(request ?? {}, "60012", `Invalid request: ${text}`);
    } else if (op === "subscribe" || op === "unsubscribe") {
      this.#channels(op, request);
    } else if (op === "login") {
      this.#refuse(request, "60009", "Login failed."); // The public endpoint has no accounts.
    } else {
      this.#refuse(request, "60019", `Invalid op: ${op}`);
    }
  }

  #channels(op: "subscribe" | "unsubscribe", request: JsonObject): void {
    const args = asArray(request["args"]).map(asObject);
    if (!this.#isWithinRate()) {
      this.#refuse(request, "60014", "Requests too frequent");
    } else if (args.length === 0 || args.includes(undefined)) {
      this.#refuse(request, "60013", "Invalid args");
    } else {
      for (const arg of args) this.#channel(op, request, arg ?? {});
    }
  }

  #channel(op: "subscribe" | "unsubscribe", request: JsonObject, arg: JsonObject): void {
    const channel = asText(arg["channel"]) ?? "";
    const instId = asText(arg["instId"]) ?? "";
    const instType = asText(arg["instType"]) ?? "";
    if (!this.#isKnown(channel, { instId, instType })) {
      const what = `channel:${channel},instId:${instId}`;
      const advice = "Please use the correct URL, channel and parameters referring to API document.";
      this.#refuse(request, "60018", `Wrong URL or ${what} doesn't exist. ${advice}`);
      return;
    }
    const isOfKind = KIND_GRAMMAR.test(channel);
    const topic = `${channel}|${isOfKind ? instType : instId}`;
    const named = channel === "status" ? {} : isOfKind ? { instType } : { instId };
    this.#peer.answer(
      JSON.stringify({ ...requestId(request), event: op, arg: { channel, ...named }, connId: this.#connectionId }),
    );
    if (op === "unsubscribe") {
      if (this.#topics.delete(topic)) this.#peer.unsubscribe(topic);
    } else if (!this.#topics.has(topic)) {
      this.#topics.add(topic); // A channel that is subscribed already is answered once more, and not sent twice.
      this.#peer.subscribe(topic);
    }
  }

  #isKnown(channel: string, { instId, instType }: { readonly instId: string; readonly instType: string }): boolean {
    if (channel === "status") return true;
    if (KIND_GRAMMAR.test(channel)) return KINDS.includes(instType);
    if (!CHANNEL_GRAMMAR.test(channel)) return false;
    // An index has the name of its pair, and is followed by a swap.
    return this.#peer.knows(instId) || (channel === "index-tickers" && this.#peer.knows(`${instId}-SWAP`));
  }

  #isWithinRate(): boolean {
    const nowMs = this.#peer.clock.monotonicMs();
    if (nowMs - this.#hourStartMs >= HOUR_MS) {
      this.#hourStartMs = nowMs;
      this.#requests = 0;
    }
    this.#requests += 1;
    return this.#requests <= REQUESTS_PER_HOUR;
  }

  #refuse(request: JsonObject, code: string, msg: string): void {
    this.#peer.refuse(JSON.stringify({ ...requestId(request), event: "error", msg, code, connId: this.#connectionId }));
  }
}

function requestId({ id }: JsonObject): JsonObject {
  return typeof id === "string" ? { id } : {};
}
