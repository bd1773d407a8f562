import { asObject, asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";
import { bookTopic } from "./book-channels.ts";
import { tradeFrame } from "./channels.ts";

const CHANNELS = ["trade", "ticker", "book", "ohlc", "instrument"];
const SNAPSHOT_TRADES = 50;
const HEARTBEAT_MS = 1000;
const DEPTH_DEFAULT = 10;
const INTERVAL_DEFAULT = 1;

/**
 * Status on connecting, one acknowledgement a symbol, a heartbeat a second while nothing else is sent.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/trade
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/heartbeat
 */
export class KrakenDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #topics = new Set<string>();

  constructor(peer: Peer) {
    this.#peer = peer;
    // Larger than a double holds, as the venue's are.
    const connectionId = (BigInt(peer.random.int(0x7fffffff)) << 32n) | BigInt(peer.random.int(0x7fffffff));
    peer.answer(
      `{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":${connectionId}}]}`,
    );
    peer.every(HEARTBEAT_MS, () => {
      if (this.#topics.size > 0 && peer.idleMs >= HEARTBEAT_MS) peer.heartbeat('{"channel":"heartbeat"}');
    });
  }

  onText(text: string): void {
    const request = parseObject(text);
    const timeIn = this.#now();
    switch (request?.["method"]) {
      case "ping":
        this.#answer({ method: "pong", ...requestId(request) }, timeIn);
        return;
      case "subscribe":
      case "unsubscribe":
        this.#subscriptions(request, timeIn);
        return;
      default:
        this.#refuse({ error: "Malformed request", method: "error" }, timeIn);
    }
  }

  #subscriptions(request: JsonObject, timeIn: string): void {
    const params = asObject(request["params"]) ?? {};
    const method = String(request["method"]);
    const channel = asText(params["channel"]);
    const symbols = asTexts(params["symbol"]);
    const echo = requestId(request);
    if (channel === undefined || !CHANNELS.includes(channel)) {
      this.#refuse({ error: "Unsupported channel", method, ...echo }, timeIn);
    } else if (channel === "instrument") {
      this.#instruments(method, { params, echo, timeIn });
    } else if (symbols === undefined || symbols.length === 0) {
      this.#refuse({ error: "Malformed request", method, ...echo }, timeIn);
    } else {
      for (const symbol of symbols) this.#subscription({ method, channel, symbol, params, echo, timeIn });
    }
  }

  /** Of all pairs: one answer, and no symbols in it. */
  #instruments(method: string, { params, echo, timeIn }: Pick<SymbolRequest, "params" | "echo" | "timeIn">): void {
    const snapshot = params["snapshot"] !== false;
    this.#answer({ method, ...echo, result: { channel: "instrument", snapshot } }, timeIn);
    if (method === "unsubscribe") this.#peer.unsubscribe("instrument");
    else this.#peer.subscribe("instrument");
  }

  #subscription(request: SymbolRequest): void {
    const { method, channel, symbol, params, echo, timeIn } = request;
    const topic = `${channel}|${symbol}`;
    if (!this.#peer.knows(symbol)) {
      this.#refuse({ error: `Currency pair not supported ${symbol}`, method, ...echo, symbol }, timeIn);
      return;
    }
    if (method === "unsubscribe") {
      if (!this.#topics.delete(topic)) {
        this.#refuse({ error: "Subscription Not Found", method, ...echo, symbol }, timeIn);
        return;
      }
      for (const key of topicsOf(request)) this.#peer.unsubscribe(key);
      this.#answer({ method, ...echo, result: { channel, ...depth(params), symbol } }, timeIn);
      return;
    }
    if (this.#topics.has(topic)) {
      this.#refuse({ error: "Already subscribed", method, ...echo, symbol }, timeIn);
      return;
    }
    const snapshot = params["snapshot"] === true || (channel !== "trade" && params["snapshot"] !== false);
    this.#topics.add(topic);
    this.#answer({ method, ...echo, result: { channel, ...depth(params), snapshot, symbol } }, timeIn);
    const recent = snapshot && channel === "trade" ? this.#peer.recent(symbol, SNAPSHOT_TRADES) : undefined;
    recent?.send(tradeFrame("snapshot", recent.fills, recent.listing));
    for (const key of topicsOf(request)) this.#peer.subscribe(key);
  }

  #answer(message: JsonObject, timeIn: string): void {
    const { method, result, ...rest } = message;
    const isPong = method === "pong";
    this.#peer.answer(
      JSON.stringify({
        method,
        ...(result === undefined ? {} : { result }),
        ...(isPong ? {} : { success: true }),
        time_in: timeIn,
        time_out: this.#now(),
        ...rest,
      }),
    );
  }

  #refuse(message: JsonObject, timeIn: string): void {
    this.#peer.refuse(JSON.stringify({ ...message, success: false, time_in: timeIn, time_out: this.#now() }));
  }

  #now(): string {
    return isoMicroseconds(Number(this.#peer.clock.nowNs() / 1000n));
  }
}

interface SymbolRequest {
  readonly method: string;
  readonly channel: string;
  readonly symbol: string;
  readonly params: JsonObject;
  readonly echo: JsonObject;
  readonly timeIn: string;
}

/** A book of the market has a topic for each depth, candles for each interval; a recording's frames do not say theirs. */
function topicsOf({ channel, symbol, params }: SymbolRequest): readonly string[] {
  const topic = `${channel}|${symbol}`;
  if (channel === "ohlc") return [topic, `ohlc-${Number(params["interval"] ?? INTERVAL_DEFAULT)}|${symbol}`];
  return channel === "book" ? [topic, bookTopic(symbol, Number(params["depth"] ?? DEPTH_DEFAULT))] : [topic];
}

function requestId(request: JsonObject): JsonObject {
  return typeof request["req_id"] === "number" ? { req_id: request["req_id"] } : {};
}

function depth(params: JsonObject): JsonObject {
  return typeof params["depth"] === "number" ? { depth: params["depth"] } : {};
}
