import type { Client, Topic } from "./client.ts";

export function attach(topic: Topic, client: Client): void {
  if (client.signal.aborted || topic.clients.includes(client)) return;
  topic.clients = [...topic.clients, client];
  client.topics.add(topic);
}

export function detach(topic: Topic, client: Client): void {
  topic.clients = topic.clients.filter((other) => other !== client);
  client.topics.delete(topic);
}
