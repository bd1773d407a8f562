import { type Abortable, abortable } from "../../base/index.ts";
import type { Session, Stage } from "../wire/index.ts";

/** Sends the topics' past to one session and then attaches them. `positions` may lose topics meanwhile. */
export type CatchUp<P> = (session: Session, positions: Map<string, P>) => Promise<void>;

/**
 * Subscriptions that get some of the past first. Those of one client that come together are served together,
 * so that its frames keep the order in which they happened.
 */
export class CatchUps<P> {
  readonly #run: CatchUp<P>;
  readonly #stage: Stage;
  /** By session, by topic: where to begin. */
  readonly #waiting = new Map<Session, Map<string, P>>();
  readonly #running = new Map<Session, Set<Map<string, P>>>();

  constructor(stage: Stage, run: CatchUp<P>) {
    this.#stage = stage;
    this.#run = run;
  }

  get isBusy(): boolean {
    return this.#waiting.size + this.#running.size > 0;
  }

  add(session: Session, topic: string, position: P): void {
    const positions = this.#waiting.get(session);
    if (positions !== undefined) {
      positions.set(topic, position);
      return;
    }
    this.#waiting.set(session, new Map([[topic, position]]));
    setImmediate(() => void this.#start(session));
  }

  /** The client has changed its mind. */
  remove(session: Session, topic: string): void {
    this.#waiting.get(session)?.delete(topic);
    for (const positions of this.#running.get(session) ?? []) positions.delete(topic);
  }

  async #start(session: Session): Promise<void> {
    const positions = this.#waiting.get(session) ?? new Map<string, P>();
    this.#waiting.delete(session);
    const running = this.#running.get(session) ?? new Set();
    this.#running.set(session, running.add(positions));
    try {
      await this.#run(session, positions);
    } catch (error) {
      if (!session.signal.aborted) session.disconnect(1011, String(error).slice(0, 100));
    } finally {
      running.delete(positions);
      if (running.size === 0) this.#running.delete(session);
      this.#stage.changed.notify();
    }
  }
}

/** Lets everything else run, then waits while the session takes no more. */
export async function pace(session: Session, stage: Stage, { signal }: Abortable = {}): Promise<void> {
  stage.flush();
  await abortable(new Promise<void>((resolve) => setImmediate(resolve)), signal);
  while (session.isCongested && !session.signal.aborted) await stage.changed.wait({ signal });
  session.signal.throwIfAborted();
}
