import { openLogReader } from "../log/index.ts";
import { type FaultPlan, type Speed, startVenueServer, type VenueServer } from "../venue-server/index.ts";
import type { Config } from "./config.ts";
import { existingDataFolder } from "./data-folder.ts";
import { rawFrames } from "./record.ts";

export interface ReplayOptions {
  /** Capture files and the feed they are of; none: K2's own raw log. */
  readonly captures: readonly { readonly feed: string; readonly paths: readonly string[] }[];
  readonly speed: Speed;
  readonly port: number;
  readonly loop: boolean;
  readonly paused: boolean;
  readonly faults: FaultPlan;
}

/** Serves a recording in the venues' own protocols, to K2 or to any other client of theirs. */
export async function startReplay(config: Config, options: ReplayOptions): Promise<VenueServer> {
  const common = { port: options.port, speed: options.speed, paused: options.paused, faults: options.faults };
  const onEnd = options.loop ? "loop" : "silent";
  if (options.captures.length > 0) {
    return startVenueServer({ ...common, source: { kind: "captures", captures: options.captures, onEnd } });
  }
  const log = await openLogReader({ folder: existingDataFolder(config).log });
  const feeds = config.feeds.map(({ feed }) => feed);
  const server = await startVenueServer({
    ...common,
    source: { kind: "frames", feeds, frames: () => rawFrames(log, { feeds }), onEnd },
  });
  const dispose = server[Symbol.asyncDispose].bind(server);
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      await dispose();
      await log[Symbol.asyncDispose]();
    },
  });
}
