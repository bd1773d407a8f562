import type { Frame } from "../domain/index.ts";
import { openPipeline, type Pipeline, type PipelineOptions } from "./pipeline.ts";
import { frame, type MemoryLog, type ScriptedTrade, scriptedRules, T0 } from "./test-support.ts";

/** Microseconds of a second. */
export const S = 1_000_000;

/** A pipeline of the scripted venue on one log. */
export function optionsFor(log: MemoryLog, of: Partial<PipelineOptions> = {}): PipelineOptions {
  return { raw: log, events: log, rules: scriptedRules, rawTopics: ["raw.one"], recall: log.recall, ...of };
}

/** Takes in what the log holds. */
export async function runThrough(log: MemoryLog, of: Partial<PipelineOptions> = {}): Promise<Pipeline> {
  const pipeline = await openPipeline(optionsFor(log, of));
  await pipeline.run({ follow: false });
  return pipeline;
}

export function trade(id: number | string, of: Partial<ScriptedTrade> = {}): ScriptedTrade {
  return { s: "BTC", id, p: "50000.5", q: "0.25", side: "buy", t: T0, ...of };
}

/** One frame of trades. */
export function trades(timeUs: number, ...list: readonly ScriptedTrade[]): Frame {
  return frame(timeUs, { trades: list });
}
