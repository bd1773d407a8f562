import { asObject, asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { channelId, tradeFrame } from "./channels.ts";

const CHANNELS = ["trade", "ticker", "book", "ohlc", "spread"];
const SNAPSHOT_TRADES = 50;
const HEARTBEAT_MS = 1000;
const PAIR_GRAMMAR = /^[A-Z0-9.]{2,10}\/[A-Z0-9.]{3,10}$/;

/**
 * systemStatus on connecting, one subscriptionStatus a pair, the last 50 trades on subscribing, a heartbeat a second.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v1/subscriptionstatus
 */
export class KrakenV1Dialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #topics = new Set<string>();

  constructor(peer: Peer) {
    this.#peer = peer;
    const connectionId = (BigInt(peer.random.int(0x7fffffff)) << 32n) | BigInt(peer.random.int(0x7fffffff));
    peer.answer(`{"connectionID":${connectionId},"event":"systemStatus","status":"online","version":"1.9.6"}`);
    peer.every(HEARTBEAT_MS, () => {
      if (this.#topics.size > 0 && peer.idleMs >= HEARTBEAT_MS) peer.heartbeat('{"event":"heartbeat"}');
    });
  }

  onText(text: string): void {
    const request = parseObject(text);
    switch (request?.["event"]) {
      case "ping":
        this.#peer.answer(JSON.stringify({ event: "pong", ...requestId(request) }));
        return;
      case "subscribe":
      case "unsubscribe":
        this.#subscriptions(request);
        return;
      default:
        this.#peer.refuse(
          JSON.stringify({
            errorMessage: request === undefined ? "Malformed request" : "Event(s) not found",
            event: "error",
            ...(request === undefined ? {} : requestId(request)),
          }),
        );
    }
  }

  #subscriptions(request: JsonObject): void {
    const subscription = asObject(request["subscription"]) ?? {};
    const pairs = asTexts(request["pair"]);
    const name = asText(subscription["name"]);
    if (pairs === undefined || pairs.length === 0) {
      this.#peer.refuse(JSON.stringify({ errorMessage: "Malformed request", event: "error", ...requestId(request) }));
      return;
    }
    for (const pair of pairs) {
      if (name === undefined || !CHANNELS.includes(name)) {
        this.#refuse(request, { pair, subscription, problem: "Subscription name invalid" });
      } else if (!PAIR_GRAMMAR.test(pair)) {
        this.#refuse(request, { pair, subscription, problem: `Currency pair not in ISO 4217-A3 format ${pair}` });
      } else if (!this.#peer.knows(pair)) {
        this.#refuse(request, { pair, subscription, problem: `Currency pair not supported ${pair}` });
      } else {
        this.#subscription(request, { pair, name, subscription });
      }
    }
  }

  #subscription(
    request: JsonObject,
    { pair, name, subscription }: { readonly pair: string; readonly name: string; readonly subscription: JsonObject },
  ): void {
    const channelName = channelNameOf(name, subscription);
    const topic = `${channelName}|${pair}`;
    const isSubscribe = request["event"] === "subscribe";
    if (!isSubscribe && !this.#topics.has(topic)) {
      this.#refuse(request, { pair, subscription, problem: "Subscription Not Found" });
      return;
    }
    this.#peer.answer(
      JSON.stringify({
        channelID: channelId(name, pair),
        channelName,
        event: "subscriptionStatus",
        pair,
        ...requestId(request),
        status: isSubscribe ? "subscribed" : "unsubscribed",
        subscription,
      }),
    );
    if (!isSubscribe) {
      this.#topics.delete(topic);
      this.#peer.unsubscribe(topic);
      return;
    }
    const isNew = !this.#topics.has(topic);
    this.#topics.add(topic);
    const recent = isNew && name === "trade" ? this.#peer.recent(pair, SNAPSHOT_TRADES) : undefined;
    if (recent !== undefined && recent.fills.length > 0) recent.send(tradeFrame(recent.fills, recent.listing));
    this.#peer.subscribe(topic);
  }

  #refuse(
    request: JsonObject,
    {
      pair,
      subscription,
      problem,
    }: { readonly pair: string; readonly subscription: JsonObject; readonly problem: string },
  ): void {
    this.#peer.refuse(
      JSON.stringify({
        errorMessage: problem,
        event: "subscriptionStatus",
        pair,
        ...requestId(request),
        status: "error",
        subscription,
      }),
    );
  }
}

function requestId(request: JsonObject): JsonObject {
  return typeof request["reqid"] === "number" ? { reqid: request["reqid"] } : {};
}

/** Books are named with their depth, bars with their width: "book-10", "ohlc-5". */
function channelNameOf(name: string, { depth, interval }: JsonObject): string {
  if (name === "book") return `book-${typeof depth === "number" ? depth : 10}`;
  if (name === "ohlc") return `ohlc-${typeof interval === "number" ? interval : 1}`;
  return name;
}
