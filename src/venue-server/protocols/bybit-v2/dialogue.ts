import { asText, asTexts, type JsonObject, parseObject } from "../json.ts";
import type { Dialogue, Peer } from "../protocol.ts";
import { pseudoUuid } from "../pseudo-uuid.ts";

const TOPIC_GRAMMAR = /^(trade|orderBookL2_25|orderBook_200\.100ms|instrument_info\.100ms|klineV2\.\w+)\.([A-Z0-9]+)$/;

/** As v5's, but answers repeat the request: as recorded in 2021, for the retired protocol has no documentation left. */
export class BybitV2Dialogue implements Dialogue {
  readonly #peer: Peer;
  readonly #connectionId: string;
  readonly #topics = new Set<string>();

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#connectionId = pseudoUuid(peer.random.int(0x7fffffff), peer.random.int(0x7fffffff));
  }

  onText(text: string): void {
    const request = parseObject(text);
    const op = asText(request?.["op"]);
    if (request === undefined || op === undefined) {
      this.#refuse({}, "error:request format error");
    } else if (op === "ping") {
      this.#answer(request, "pong");
    } else if (op === "subscribe" || op === "unsubscribe") {
      this.#topicsRequest(op, request);
    } else {
      this.#refuse(request, `error:request op not found, op:${op}`);
    }
  }

  #topicsRequest(op: "subscribe" | "unsubscribe", request: JsonObject): void {
    const topics = asTexts(request["args"]) ?? [];
    const problem = this.#problemOf(op, topics);
    if (problem !== undefined) {
      this.#refuse(request, problem);
      return;
    }
    this.#answer(request, "");
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
    if (topics.length === 0) return "error:no topic";
    if (op === "unsubscribe") return undefined;
    for (const topic of topics) {
      const symbol = TOPIC_GRAMMAR.exec(topic)?.[2];
      if (symbol === undefined || !this.#peer.knows(symbol)) return `error:handler not found,topic:${topic}`;
      if (this.#topics.has(topic)) return `error:already subscribed,topic:${topic}`;
    }
    return undefined;
  }

  #answer(request: JsonObject, message: string): void {
    this.#peer.answer(this.#text(request, true, message));
  }

  #refuse(request: JsonObject, message: string): void {
    this.#peer.refuse(this.#text(request, false, message));
  }

  #text({ op = "", args = null }: JsonObject, success: boolean, message: string): string {
    return JSON.stringify({ success, ret_msg: message, conn_id: this.#connectionId, request: { op, args } });
  }
}
