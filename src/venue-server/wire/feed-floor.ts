import { type FaultPlan, FaultSchedule } from "../faults/index.ts";
import type { VenueProtocol } from "../protocols/index.ts";
import type { Client, Topic } from "./client.ts";
import type { Stage } from "./stage.ts";
import { detach } from "./topic.ts";

/** Subscriptions that all clients of a feed together may have: bounds what a client can make the server remember. */
const TOPICS_MAX = 65_536;

/** One feed's side of the server: its clients, what they subscribed, and its faults. */
export class FeedFloor {
  readonly stage: Stage;
  readonly feed: string;
  readonly protocol: VenueProtocol;
  readonly counts: ReturnType<Stage["ledger"]["feed"]>;
  readonly clients: Set<Client> = new Set();
  schedule: FaultSchedule;
  readonly #topics = new Map<string, Topic>();

  constructor(stage: Stage, protocol: VenueProtocol, faults: FaultPlan) {
    this.stage = stage;
    this.protocol = protocol;
    this.feed = protocol.feed;
    this.counts = stage.ledger.feed(protocol.feed);
    this.schedule = new FaultSchedule(faults, protocol.feed);
  }

  setFaults(plan: FaultPlan): void {
    this.schedule = new FaultSchedule(plan, this.feed);
    for (const client of this.clients) client.applyFaults();
  }

  topic(key: string): Topic {
    const found = this.#topics.get(key);
    if (found !== undefined) return found;
    const topic: Topic = { key, isKept: false, clients: [] };
    this.#topics.set(key, topic);
    return topic;
  }

  unsubscribe(client: Client, key: string): void {
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    detach(topic, client);
    if (topic.clients.length === 0 && !topic.isKept) this.#topics.delete(key);
  }

  /** Who subscribed; nobody for a key that was never asked for. */
  listeners(key: string): readonly Client[] {
    return this.#topics.get(key)?.clients ?? [];
  }

  /** Somebody gets frames of this feed. */
  get isHeard(): boolean {
    for (const client of this.clients) if (client.topics.size > 0) return true;
    return false;
  }

  get isCrowded(): boolean {
    return this.#topics.size >= TOPICS_MAX;
  }

  leave(client: Client): void {
    for (const topic of [...client.topics]) this.unsubscribe(client, topic.key);
    this.clients.delete(client);
  }
}
