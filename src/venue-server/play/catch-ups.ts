import { type Abortable, abortable } from "../../base/index.ts";
import type { Client, Stage } from "../wire/index.ts";

/** Sends the topics' past to one client and then attaches them. `positions` may lose topics meanwhile. */
export type CatchUp<P> = (client: Client, positions: Map<string, P>) => Promise<void>;

/**
 * Subscriptions that get some of the past first. Those of one client that come together are served together,
 * so that its frames keep the order in which they happened.
 */
export class CatchUps<P> {
  readonly #run: CatchUp<P>;
  readonly #stage: Stage;
  /** By client, by topic: where to begin. */
  readonly #waiting = new Map<Client, Map<string, P>>();
  readonly #running = new Map<Client, Set<Map<string, P>>>();

  constructor(stage: Stage, run: CatchUp<P>) {
    this.#stage = stage;
    this.#run = run;
  }

  get isBusy(): boolean {
    return this.#waiting.size + this.#running.size > 0;
  }

  add(client: Client, topic: string, position: P): void {
    const positions = this.#waiting.get(client);
    if (positions !== undefined) {
      positions.set(topic, position);
      return;
    }
    this.#waiting.set(client, new Map([[topic, position]]));
    setImmediate(() => void this.#start(client));
  }

  /** The client has changed its mind. */
  remove(client: Client, topic: string): void {
    this.#waiting.get(client)?.delete(topic);
    for (const positions of this.#running.get(client) ?? []) positions.delete(topic);
  }

  async #start(client: Client): Promise<void> {
    const positions = this.#waiting.get(client) ?? new Map<string, P>();
    this.#waiting.delete(client);
    const running = this.#running.get(client) ?? new Set();
    this.#running.set(client, running.add(positions));
    try {
      await this.#run(client, positions);
    } catch (error) {
      if (!client.signal.aborted) client.disconnect(1011, String(error).slice(0, 100));
    } finally {
      running.delete(positions);
      if (running.size === 0) this.#running.delete(client);
      this.#stage.changed.notify();
    }
  }
}

/** Lets everything else run, then waits while the client takes no more. */
export async function pace(client: Client, stage: Stage, { signal }: Abortable = {}): Promise<void> {
  stage.flush();
  await abortable(new Promise<void>((resolve) => setImmediate(resolve)), signal);
  while (client.isCongested && !client.signal.aborted) await stage.changed.wait({ signal });
  client.signal.throwIfAborted();
}
