import { sharedData } from "../../../test/shared-data.ts";
import type { Trade } from "../../domain/index.ts";
import type { Feed } from "../feed.ts";
import { CollectingContext, capturedFrames, frame, type RefusedRecord } from "./test-support.ts";

export interface Decoded {
  readonly outcomes: readonly string[];
  readonly trades: readonly Trade[];
  readonly refusals: readonly RefusedRecord[];
}

interface DecodeOptions {
  /** Canonical ids. */
  readonly symbols: readonly string[];
  readonly channels?: readonly string[];
}

/** Frames through a feed's decoder, as texts. */
export function decodeTexts(feed: Feed, options: DecodeOptions, frames: readonly string[]): Decoded {
  return decodeFrames(feed, options, frames.map(frame));
}

/** Frames through a feed's decoder that is configured for canonical ids. */
export function decodeFrames(
  feed: Feed,
  { symbols, channels = feed.channels.slice(0, 1) }: DecodeOptions,
  frames: readonly Uint8Array[],
): Decoded {
  const context = CollectingContext.of(feed, symbols);
  const decoder = feed.createDecoder({ channels });
  const outcomes = frames.map((payload) => decoder.decode(payload, context));
  return { outcomes, trades: context.rows(), refusals: context.refusals };
}

/** The frames of recorded files one after the other; undefined where one is not on this machine. */
export function recordedFrames(...paths: readonly string[]): readonly Uint8Array[] | undefined {
  const files = paths.map(sharedData);
  const present = files.filter((file) => file !== undefined);
  return present.length < files.length ? undefined : present.flatMap(capturedFrames);
}

/** How many frames had each outcome. */
export function countOutcomes({ outcomes }: Decoded): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
