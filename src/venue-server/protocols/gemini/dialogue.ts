import { asArray, asObject, asText, asTexts, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";

const HEARTBEAT_MS = 5000;
const SUBSCRIPTION = /^(?:l2|candles_\w+|mean_price_\w+)$/;

/**
 * No answer but the data, and a heartbeat every five seconds once there is a subscription. `l2` brings trades and book.
 *
 * @see https://docs.gemini.com/websocket/market-data/v2/about
 */
export class GeminiDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #topics = new Set<string>();

  constructor(peer: Peer) {
    this.#peer = peer;
    peer.every(HEARTBEAT_MS, () => this.#heartbeat());
  }

  onText(text: string): void {
    const request = parseObject(text);
    const type = request?.["type"];
    if (request === undefined || (type !== "subscribe" && type !== "unsubscribe")) {
      this.#refuse("InvalidJson", "Could not parse the request");
      return;
    }
    const wanted = asArray(request["subscriptions"]).map((item) => ({
      name: asText(asObject(item)?.["name"]) ?? "",
      symbols: asTexts(asObject(item)?.["symbols"]) ?? [],
    }));
    const unknown = wanted.find(
      ({ name, symbols }) => !SUBSCRIPTION.test(name) || symbols.some((symbol) => !this.#peer.knows(symbol)),
    );
    if (wanted.length === 0 || unknown !== undefined) {
      this.#refuse("InvalidSymbol", "Supplied value was not a valid symbol or subscription");
      return;
    }
    const hadNone = this.#topics.size === 0;
    for (const { name, symbols } of wanted)
      for (const symbol of symbols) for (const topic of topicsOf(name, symbol)) this.#turn(type, topic);
    if (hadNone) this.#heartbeat();
  }

  #turn(type: "subscribe" | "unsubscribe", topic: string): void {
    if (type === "unsubscribe") {
      if (this.#topics.delete(topic)) this.#peer.unsubscribe(topic);
    } else if (!this.#topics.has(topic)) {
      this.#topics.add(topic);
      this.#peer.subscribe(topic);
    }
  }

  #heartbeat(): void {
    if (this.#topics.size === 0) return;
    const timeMs = Number(this.#peer.clock.nowNs() / 1_000_000n);
    this.#peer.heartbeat(`{"type":"heartbeat","timestamp":${timeMs}}`);
  }

  #refuse(reason: string, message: string): void {
    this.#peer.refuse(JSON.stringify({ result: "error", reason, message }));
  }
}

function topicsOf(name: string, symbol: string): readonly string[] {
  return name === "l2" ? [`l2|${symbol}`, `trades|${symbol}`] : [`${name}|${symbol}`];
}
