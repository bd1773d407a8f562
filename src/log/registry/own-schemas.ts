import { EVENT_SCHEMAS } from "../../domain/index.ts";
import type { SchemaRegistry, SubjectVersion } from "./schema-registry.ts";

/** The subject of a topic's values, by Confluent's TopicNameStrategy. */
export function valueSubject(topic: string): string {
  return `${topic}-value`;
}

/**
 * Registers the schemas of K2's own events, or finds them registered: at every start.
 *
 * A subject of K2's gets level FULL_TRANSITIVE when it is new: an old reader reads new events, and a new reader old
 * ones. That no field without a default comes or goes is then the registry's to hold, not a custom.
 *
 * @returns by topic
 * @throws {SchemaIncompatibleError} when this K2 would write events that readers of earlier ones could not read
 */
export async function registerOwnSchemas(registry: SchemaRegistry): Promise<ReadonlyMap<string, SubjectVersion>> {
  const subjects = new Set(await registry.subjects());
  const registered = new Map<string, SubjectVersion>();
  for (const { topic, schema } of EVENT_SCHEMAS) {
    const subject = valueSubject(topic);
    if (!subjects.has(subject)) await registry.setLevel("FULL_TRANSITIVE", subject);
    registered.set(topic, await registry.register(subject, JSON.stringify(schema)));
  }
  return registered;
}
