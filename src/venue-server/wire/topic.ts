import type { Session } from "./session.ts";

/** What clients of one feed subscribe to, by the venue's own name for it: "btcusdt@trade". */
export interface Topic {
  readonly key: string;
  /** Stays when its last subscriber leaves, because a player holds on to it. */
  isKept: boolean;
  /** In the order of subscription. Replaced, never changed, so that a loop over it stays true. */
  sessions: readonly Session[];
}

export function attach(topic: Topic, session: Session): void {
  if (session.signal.aborted || topic.sessions.includes(session)) return;
  topic.sessions = [...topic.sessions, session];
  session.topics.add(topic);
}

export function detach(topic: Topic, session: Session): void {
  topic.sessions = topic.sessions.filter((other) => other !== session);
  session.topics.delete(topic);
}
