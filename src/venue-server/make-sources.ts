import { InvalidInputError, systemFiles } from "../base/index.ts";
import { captureFrames, readCapture } from "./captures/index.ts";
import { MARKET_LISTINGS } from "./market/index.ts";
import type { CaptureSource, FramesSource, MarketSource, RecordingOptions, VenueServerOptions } from "./options.ts";
import { MarketPlayer, type Source, type Speed, type TapeFrame, TapePlayer, Tempo } from "./play/index.ts";
import type { FeedFloor, Stage } from "./wire/index.ts";

/** 2017-07-14T02:40:00Z, in microseconds: ids counted from here stay below 2^53 until 2302. */
const ID_EPOCH_US = 1_500_000_000_000_000;

/**
 * The players of a server's source: one for the market and for a raw log, one a feed for captures.
 *
 * @throws {InvalidInputError} for feeds or assets that do not exist
 */
export function makeSources(
  options: VenueServerOptions & { readonly speed: Speed },
  stage: Stage,
  floors: ReadonlyMap<string, FeedFloor>,
): readonly Source[] {
  const { source, speed, paused = false } = options;
  const tempo = (): Tempo => new Tempo(stage, { speed, paused });
  switch (source.kind) {
    case "market":
      return [marketPlayer(source, { stage, tempo: tempo(), floors })];
    case "captures":
      return source.captures.map(
        ({ feed, paths }) =>
          new TapePlayer(stage, tempo(), {
            floors: chosen(floors, [feed]),
            open: () => readTape(source, { feed, paths }),
            ...recordingOptions(source),
          }),
      );
    case "frames":
      return [
        new TapePlayer(stage, tempo(), {
          floors: chosen(floors, source.feeds),
          open: () => readFrames(source),
          ...recordingOptions(source),
        }),
      ];
  }
}

function marketPlayer(
  source: MarketSource,
  {
    stage,
    tempo,
    floors,
  }: { readonly stage: Stage; readonly tempo: Tempo; readonly floors: ReadonlyMap<string, FeedFloor> },
): MarketPlayer {
  const names = new Set(MARKET_LISTINGS.map(({ asset }) => asset.name));
  const unknown = source.assets?.find((asset) => !names.has(asset));
  if (unknown !== undefined) {
    throw new InvalidInputError(
      `The simulated market has no asset ${JSON.stringify(unknown)}; it has ${[...names].join(", ")}. Nothing was started`,
    );
  }
  const startTimeUs = Number((source.startTimeNs ?? stage.clock.nowNs()) / 1000n);
  return new MarketPlayer(stage, tempo, {
    seed: source.seed,
    tradesPerSecond: source.tradesPerSecond,
    startTimeUs,
    firstTradeId: source.firstTradeId ?? Math.max(1, startTimeUs - ID_EPOCH_US),
    floors: chosen(floors, source.feeds ?? [...floors.keys()]),
    assets: source.assets,
    joinNow: source.joinNow ?? false,
    snapshots: source.snapshots ?? true,
  });
}

async function* readTape(
  { files = systemFiles }: CaptureSource,
  { feed, paths }: { readonly feed: string; readonly paths: readonly string[] },
): AsyncGenerator<TapeFrame> {
  for (const path of paths) {
    for await (const frame of captureFrames(readCapture(path, { files }), { feed })) {
      // A capture of several feeds gives each of them its own.
      if (frame.kind === "received" && frame.feed === feed) yield frame;
    }
  }
}

async function* readFrames({ frames }: FramesSource): AsyncGenerator<TapeFrame> {
  for await (const frame of frames()) if (frame.kind === "received") yield frame;
}

function recordingOptions({ mode = "subscriptions", onEnd = "silent" }: RecordingOptions): {
  readonly isVerbatim: boolean;
  readonly onEnd: "silent" | "close" | "loop";
} {
  return { isVerbatim: mode === "verbatim", onEnd };
}

function chosen(floors: ReadonlyMap<string, FeedFloor>, feeds: readonly string[]): ReadonlyMap<string, FeedFloor> {
  return new Map(
    feeds.map((feed) => {
      const floor = floors.get(feed);
      if (floor !== undefined) return [feed, floor];
      throw new InvalidInputError(
        `No protocol is known for feed ${JSON.stringify(feed)}; known are ${[...floors.keys()].join(", ")}. Nothing was started`,
      );
    }),
  );
}
