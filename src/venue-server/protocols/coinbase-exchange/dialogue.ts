import { asArray, asObject, asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";
import { matchFrame, sequenceOf } from "./channels.ts";
import { STATUS_TOPIC } from "./data-channels.ts";

const CHANNELS = ["matches", "ticker", "ticker_batch", "level2", "level2_batch", "heartbeat", "full", "status"];
const SUBSCRIBE_WITHIN_MS = 5000;
const HEARTBEAT_MS = 1000;

/**
 * Several channels a request, by name with the request's products or with their own; the list of all subscriptions,
 * then the last match of each product. Who does not subscribe within five seconds is disconnected.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/overview
 */
export class CoinbaseExchangeDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #subscriptions = new Map<string, Set<string>>();
  #isWaiting = true;

  constructor(peer: Peer) {
    this.#peer = peer;
    peer.every(SUBSCRIBE_WITHIN_MS, () => {
      if (this.#isWaiting) peer.cut(1008, "no subscribe message received");
    });
    peer.every(HEARTBEAT_MS, () => this.#heartbeats());
  }

  onText(text: string): void {
    const request = parseObject(text);
    if (request === undefined) {
      this.#refuse("Malformed JSON");
      return;
    }
    const type = asText(request["type"]);
    if (type !== "subscribe" && type !== "unsubscribe") {
      this.#refuse("Type is required and must be subscribe or unsubscribe");
      return;
    }
    const wanted = channelsOf(request);
    const problem = wanted.length === 0 ? "No channels provided" : this.#problemOf(wanted);
    if (problem === undefined) this.#perform(type, wanted);
    else this.#refuse(`Failed to ${type}`, problem);
  }

  #problemOf(wanted: readonly ChannelRequest[]): string | undefined {
    for (const { name, products } of wanted) {
      if (!CHANNELS.includes(name)) return `${name} is not a valid channel`;
      if (products.length === 0 && name !== "status") {
        return `You need to specify at least one product ID for channel ${name}`;
      }
      const unknown = products.find((product) => !this.#peer.knows(product));
      if (unknown !== undefined) return `${unknown} is not a valid product`;
    }
    return undefined;
  }

  #perform(type: "subscribe" | "unsubscribe", wanted: readonly ChannelRequest[]): void {
    this.#isWaiting = false;
    const added = type === "subscribe" ? wanted.flatMap((request) => this.#add(request)) : [];
    if (type === "unsubscribe") for (const request of wanted) this.#remove(request);
    const channels = [...this.#subscriptions].map(([name, products]) => ({ name, product_ids: [...products] }));
    this.#peer.answer(JSON.stringify({ type: "subscriptions", channels }));
    if (type === "subscribe" && wanted.some(({ name }) => name === "status")) this.#peer.subscribe(STATUS_TOPIC);
    if (type === "unsubscribe" && wanted.some(({ name }) => name === "status")) this.#peer.unsubscribe(STATUS_TOPIC);
    for (const [name, product] of added.filter(([name]) => name !== "status")) {
      if (name === "matches") this.#lastMatch(product);
      this.#peer.subscribe(`${name}|${product}`);
    }
  }

  /** @returns what was not subscribed before */
  #add({ name, products }: ChannelRequest): readonly (readonly [string, string])[] {
    const present = this.#subscriptions.get(name) ?? new Set<string>();
    const added = products.filter((product) => !present.has(product));
    this.#subscriptions.set(name, new Set([...present, ...added]));
    return added.map((product) => [name, product] as const);
  }

  #remove({ name, products }: ChannelRequest): void {
    const present = this.#subscriptions.get(name);
    for (const product of products) {
      if (present?.delete(product) === true) this.#peer.unsubscribe(`${name}|${product}`);
    }
    if (present?.size === 0) this.#subscriptions.delete(name);
  }

  #lastMatch(product: string): void {
    const recent = this.#peer.recent(product, 1);
    const fill = recent?.fills.at(-1);
    if (recent !== undefined && fill !== undefined) {
      recent.send(matchFrame("last_match", fill, { listing: recent.listing, order: fill.ordinal }));
    }
  }

  #heartbeats(): void {
    for (const product of this.#subscriptions.get("heartbeat") ?? []) {
      const recent = this.#peer.recent(product, 1);
      const fill = recent?.fills.at(-1);
      this.#peer.heartbeat(
        JSON.stringify({
          type: "heartbeat",
          last_trade_id: Number(fill === undefined ? 0 : recent?.listing.tradeId(fill.ordinal)),
          product_id: product,
          sequence: recent === undefined || fill === undefined ? 0 : sequenceOf(fill, recent.listing),
          time: isoMicroseconds(Number(this.#peer.clock.nowNs() / 1000n)),
        }),
      );
    }
  }

  #refuse(message: string, reason?: string): void {
    this.#peer.refuse(JSON.stringify({ type: "error", message, reason }));
  }
}

interface ChannelRequest {
  readonly name: string;
  readonly products: readonly string[];
}

/** A channel is a name, which takes the request's products, or an object with its own besides. */
function channelsOf(request: JsonObject): readonly ChannelRequest[] {
  const common = asTexts(request["product_ids"]) ?? [];
  return asArray(request["channels"]).map((channel) => {
    const own = asObject(channel);
    return own === undefined
      ? { name: String(channel), products: common }
      : { name: String(own["name"]), products: [...new Set([...common, ...(asTexts(own["product_ids"]) ?? [])])] };
  });
}
