import { asObject, asText, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";

const CHANNEL_GRAMMAR = /^(live_trades|live_orders|order_book|detail_order_book|diff_order_book)_([a-z0-9-]+)$/;

/**
 * One channel a request, each answered. A pair that does not exist is accepted like any other; a channel that does not, or
 * a text that is no request, is an error.
 *
 * @see https://www.bitstamp.net/websocket/v2/
 */
export class BitstampDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #topics = new Set<string>();

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  onText(text: string): void {
    const request = parseObject(text);
    const event = asText(request?.["event"]);
    if (event === "bts:heartbeat") {
      this.#peer.answer('{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}');
    } else if (event === "bts:subscribe" || event === "bts:unsubscribe") {
      this.#channel(event, asText(asObject(request?.["data"])?.["channel"]) ?? "");
    } else {
      this.#refuse("Bad subscription string.");
    }
  }

  #channel(event: "bts:subscribe" | "bts:unsubscribe", channel: string): void {
    if (!CHANNEL_GRAMMAR.test(channel)) {
      this.#refuse("Bad subscription string.");
      return;
    }
    const answer = event === "bts:subscribe" ? "bts:subscription_succeeded" : "bts:unsubscription_succeeded";
    this.#peer.answer(JSON.stringify({ event: answer, channel, data: {} }));
    if (event === "bts:unsubscribe") {
      if (this.#topics.delete(channel)) this.#peer.unsubscribe(channel);
    } else if (!this.#topics.has(channel)) {
      this.#topics.add(channel);
      this.#peer.subscribe(channel);
    }
  }

  #refuse(message: string): void {
    this.#peer.refuse(JSON.stringify({ event: "bts:error", channel: "", data: { code: null, message } }));
  }
}
