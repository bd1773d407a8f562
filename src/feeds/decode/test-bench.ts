import { createRequire } from "node:module";
import { join } from "node:path";

/* What the benchmarks of decoding share. */

/** A mapper of tardis-dev. */
export interface PeerMapper {
  canHandle(message: unknown): boolean;
  map(message: unknown, receivedAt: Date): Iterable<object> | undefined;
}

export interface PeerMappers {
  normalizeTrades(exchange: string, receivedAt: Date): PeerMapper;
  normalizeBookChanges(exchange: string, receivedAt: Date): PeerMapper;
}

/** tardis-dev, where `K2_BENCH_PEERS` names a folder that it is installed in. */
export function loadPeers(): PeerMappers | undefined {
  const folder = process.env["K2_BENCH_PEERS"];
  if (folder === undefined) return undefined;
  return createRequire(join(folder, "package.json"))("tardis-dev") as PeerMappers;
}

export function mapAll(mapper: PeerMapper, texts: readonly string[]): void {
  const receivedAt = new Date();
  for (const text of texts) {
    const message: unknown = JSON.parse(text);
    if (!mapper.canHandle(message)) continue; // It leaves out a few, such as last_match.
    for (const _ of mapper.map(message, receivedAt) ?? []);
  }
}

/** As the raw log's batches hold them, one behind the other. */
export function packed(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const all = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  return frames.map((payload) => {
    all.set(payload, at);
    at += payload.length;
    return all.subarray(at - payload.length, at);
  });
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
