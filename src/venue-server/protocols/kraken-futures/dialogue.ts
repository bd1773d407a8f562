import { asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { tradeSnapshot } from "./channels.ts";

const FEEDS = ["trade", "book", "ticker", "ticker_lite"];
const SNAPSHOT_TRADES = 100;
const HEARTBEAT_MS = 1000;
/** "You will need to make a ping request at least every 60 seconds." */
const SILENCE_MS_MAX = 60_000;

/**
 * An info on connecting; one answer a request, which repeats its products; the last hundred trades on subscribing. A client
 * that neither asks nor pings for a minute is cut off.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-websocket/trade
 * @see https://docs.kraken.com/exchange/guides/futures-websockets
 */
export class KrakenFuturesDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #topics = new Set<string>();
  #heardMs: number;
  #wantsHeartbeats = false;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#heardMs = peer.clock.monotonicMs();
    peer.answer('{"event":"info","version":1}');
    peer.every(HEARTBEAT_MS, () => {
      if (peer.clock.monotonicMs() - this.#heardMs > SILENCE_MS_MAX) peer.cut(1000, "no ping");
      else if (this.#wantsHeartbeats)
        peer.heartbeat(`{"feed":"heartbeat","time":${Number(peer.clock.nowNs() / 1_000_000n)}}`);
    });
  }

  onControlFrame(): void {
    this.#heardMs = this.#peer.clock.monotonicMs();
  }

  onText(text: string): void {
    this.onControlFrame();
    const request = parseObject(text);
    const event = request?.["event"];
    if (request === undefined) this.#refuse("error", "Json Error");
    else if (event === "subscribe" || event === "unsubscribe") this.#subscriptions(event, request);
    else this.#refuse("alert", "Bad request");
  }

  #subscriptions(event: "subscribe" | "unsubscribe", request: JsonObject): void {
    const feed = asText(request["feed"]) ?? "";
    if (feed === "heartbeat") {
      this.#wantsHeartbeats = event === "subscribe";
      this.#peer.answer(JSON.stringify({ event: `${event}d`, feed }));
      return;
    }
    const products = asTexts(request["product_ids"]) ?? [];
    if (!FEEDS.includes(feed)) this.#refuse("error", "Invalid feed");
    else if (products.length === 0 || products.some((product) => !this.#peer.knows(product)))
      this.#refuse("error", "Invalid product id");
    else {
      this.#peer.answer(JSON.stringify({ event: `${event}d`, feed, product_ids: products }));
      for (const product of products) this.#subscription(event, feed, product);
    }
  }

  #subscription(event: "subscribe" | "unsubscribe", feed: string, product: string): void {
    const topic = `${feed}|${product}`;
    if (event === "unsubscribe") {
      if (this.#topics.delete(topic)) this.#peer.unsubscribe(topic);
      return;
    }
    if (this.#topics.has(topic)) return;
    this.#topics.add(topic);
    const recent = feed === "trade" ? this.#peer.recent(product, SNAPSHOT_TRADES) : undefined;
    if (recent !== undefined && recent.fills.length > 0) recent.send(tradeSnapshot(recent.fills, recent.listing));
    this.#peer.subscribe(topic);
  }

  #refuse(event: "error" | "alert", message: string): void {
    this.#peer.refuse(JSON.stringify({ event, message }));
  }
}
