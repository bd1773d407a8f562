import { asText, asTexts, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";
import { tradeFrame } from "./channels.ts";

const PRODUCT_CHANNELS = ["market_trades", "ticker", "ticker_batch", "level2", "candles"];
const CHANNELS = [...PRODUCT_CHANNELS, "heartbeats", "status"];
const SNAPSHOT_TRADES = 100;
const SUBSCRIBE_WITHIN_MS = 5000;
const HEARTBEAT_MS = 1000;

/**
 * One channel a request; a snapshot a product, then the list of all subscriptions. Every frame is numbered.
 * Who does not subscribe within five seconds is disconnected.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview
 */
export class CoinbaseDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #subscriptions = new Map<string, Set<string>>();
  #heartbeats = 0;
  #isWaiting = true;

  constructor(peer: Peer) {
    this.#peer = peer;
    peer.every(SUBSCRIBE_WITHIN_MS, () => {
      if (this.#isWaiting) peer.cut(1008, "no subscribe message received");
    });
    peer.every(HEARTBEAT_MS, () => this.#heartbeat());
  }

  onText(text: string): void {
    const request = parseObject(text);
    const type = asText(request?.["type"]);
    const channel = asText(request?.["channel"]);
    const products = request?.["product_ids"] === undefined ? [] : asTexts(request["product_ids"]);
    if (type !== "subscribe" && type !== "unsubscribe") {
      this.#refuse(request === undefined ? "failed to parse message" : `unknown message type ${JSON.stringify(type)}`);
    } else if (channel === undefined || !CHANNELS.includes(channel)) {
      this.#refuse(`channel ${JSON.stringify(channel)} is not supported`);
    } else if (products === undefined || (products.length === 0 && PRODUCT_CHANNELS.includes(channel))) {
      this.#refuse(`no product_ids given for channel ${channel}`);
    } else {
      const unknown = products.find((product) => !this.#peer.knows(product));
      if (unknown === undefined) this.#perform(type, channel, products);
      else this.#refuse(`${unknown} is not a valid product`);
    }
  }

  #perform(type: "subscribe" | "unsubscribe", channel: string, products: readonly string[]): void {
    this.#isWaiting = false;
    const present = this.#subscriptions.get(channel) ?? new Set<string>();
    this.#subscriptions.set(channel, present);
    const names = channel === "heartbeats" ? ["heartbeats"] : products;
    const changed = names.filter((name) => present.has(name) === (type === "unsubscribe"));
    for (const name of changed) {
      if (type === "subscribe") present.add(name);
      else present.delete(name);
      if (type === "unsubscribe") this.#peer.unsubscribe(`${channel}|${name}`);
      else if (channel === "market_trades") this.#snapshot(name);
    }
    if (present.size === 0) this.#subscriptions.delete(channel);
    this.#list();
    if (type === "subscribe") for (const name of changed) this.#peer.subscribe(`${channel}|${name}`);
  }

  #snapshot(product: string): void {
    const recent = this.#peer.recent(product, SNAPSHOT_TRADES);
    if (recent === undefined) return;
    const { head, tail } = tradeFrame("snapshot", recent.fills, recent.listing);
    recent.send(head + this.#peer.nextSequence() + tail);
  }

  #list(): void {
    const subscriptions = Object.fromEntries(
      [...this.#subscriptions]
        .map(([channel, names]) => [channel, [...names]] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    this.#peer.answer(this.#frame("subscriptions", [{ subscriptions }]));
  }

  #heartbeat(): void {
    if (!this.#subscriptions.has("heartbeats")) return;
    this.#heartbeats += 1;
    const time = this.#now().replace("T", " ").replace("Z", " +0000 UTC");
    this.#peer.heartbeat(this.#frame("heartbeats", [{ current_time: time, heartbeat_counter: this.#heartbeats }]));
  }

  #frame(channel: string, events: readonly unknown[]): string {
    return JSON.stringify({ channel, timestamp: this.#now(), sequence_num: this.#peer.nextSequence(), events });
  }

  #refuse(message: string): void {
    this.#peer.refuse(JSON.stringify({ type: "error", message }));
  }

  #now(): string {
    return isoMicroseconds(Number(this.#peer.clock.nowNs() / 1000n));
  }
}
