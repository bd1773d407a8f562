import type { TopicPosition } from "../log.ts";
import type { StoredPosition } from "./notes.ts";

/** A group's positions over all shards: where two speak of one partition, the later commit holds. */
export function mergeProgress(ofShards: Iterable<Iterable<StoredPosition>>): TopicPosition[] {
  const latest = new Map<string, StoredPosition>();
  for (const positions of ofShards) {
    for (const position of positions) {
      const key = `${position.topic}/${position.partition}`;
      if ((latest.get(key)?.commit ?? -1) < position.commit) latest.set(key, position);
    }
  }
  return [...latest.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
}
