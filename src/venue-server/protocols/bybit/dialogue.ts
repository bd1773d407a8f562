import { asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { pseudoUuid } from "../pseudo-uuid.ts";

const TOPIC_GRAMMAR = /^(publicTrade|orderbook\.\d+|tickers|kline\.\w+|allLiquidation|priceLimit)\.([A-Z0-9-]+)$/;
/** The arguments of one connection together. */
const ARGUMENT_CHARACTERS_MAX = 21_000;
const SILENCE_MS_MAX = 600_000;

/**
 * Requests are answered whole: all topics or none. A client that says nothing for ten minutes is disconnected.
 *
 * @see https://bybit-exchange.github.io/docs/v5/ws/connect
 */
export class BybitDialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #argumentsMax: number | undefined;
  readonly #connectionId: string;
  readonly #topics = new Set<string>();
  #heardMs: number;

  constructor(peer: Peer, { argumentsMax }: { readonly argumentsMax: number | undefined }) {
    this.#peer = peer;
    this.#argumentsMax = argumentsMax;
    this.#connectionId = pseudoUuid(peer.random.int(0x7fffffff), peer.random.int(0x7fffffff));
    this.#heardMs = peer.clock.monotonicMs();
    peer.every(30_000, () => {
      if (peer.clock.monotonicMs() - this.#heardMs > SILENCE_MS_MAX) peer.cut(1000, "no ping");
    });
  }

  onControlFrame(): void {
    this.#heardMs = this.#peer.clock.monotonicMs();
  }

  onText(text: string): void {
    this.#heardMs = this.#peer.clock.monotonicMs();
    const request = parseObject(text);
    const op = asText(request?.["op"]);
    if (request === undefined || op === undefined) {
      this.#reply({}, { success: false, ret_msg: "Request format error" });
    } else if (op === "ping") {
      this.#reply(request, { success: true, ret_msg: "pong" });
    } else if (op === "subscribe" || op === "unsubscribe") {
      this.#topicsRequest(op, request);
    } else if (op === "auth") {
      this.#reply(request, { success: false, ret_msg: "Request not authorized" }); // Public endpoints have no accounts.
    } else {
      this.#reply(request, { success: false, ret_msg: `error:request op not found, op:${op}` });
    }
  }

  #topicsRequest(op: "subscribe" | "unsubscribe", request: JsonObject): void {
    const topics = asTexts(request["args"]) ?? [];
    const problem = this.#problemOf(op, topics);
    this.#reply(request, { success: problem === undefined, ret_msg: problem ?? "" });
    if (problem !== undefined) return;
    for (const topic of topics) {
      if (op === "unsubscribe") {
        if (this.#topics.delete(topic)) this.#peer.unsubscribe(topic);
      } else {
        this.#topics.add(topic);
        this.#peer.subscribe(topic);
      }
    }
  }

  #problemOf(op: "subscribe" | "unsubscribe", topics: readonly string[]): string | undefined {
    if (topics.length === 0) return "Params Error";
    if (this.#argumentsMax !== undefined && topics.length > this.#argumentsMax)
      return `args size >${this.#argumentsMax}`;
    if (op === "unsubscribe") return undefined;
    const characters = [...this.#topics, ...topics].reduce((sum, topic) => sum + topic.length, 0);
    if (characters > ARGUMENT_CHARACTERS_MAX) return `args length >${ARGUMENT_CHARACTERS_MAX}`;
    for (const topic of topics) {
      const symbol = TOPIC_GRAMMAR.exec(topic)?.[2];
      if (symbol === undefined) return `error:handler not found,topic:${topic}`;
      if (!this.#peer.knows(symbol)) return `Invalid symbol :[${topic}]`;
      if (this.#topics.has(topic)) return `error:already subscribed,topic:${topic}`;
    }
    return undefined;
  }

  #reply(request: JsonObject, answer: { readonly success: boolean; readonly ret_msg: string }): void {
    const requestId = asText(request["req_id"]) ?? "";
    const text = JSON.stringify({
      ...answer,
      conn_id: this.#connectionId,
      req_id: requestId,
      op: asText(request["op"]) ?? "",
    });
    if (answer.success) this.#peer.answer(text);
    else this.#peer.refuse(text);
  }
}
