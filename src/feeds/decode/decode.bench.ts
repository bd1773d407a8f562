import { fileURLToPath } from "node:url";
import type { FrameDecoder } from "../../domain/index.ts";
import { FUTURES_TRADE, SPOT_TRADE } from "../binance/fixtures.ts";
import { binanceFormat } from "../binance/messages.ts";
import { LINEAR_TRADES } from "../bybit/fixtures.ts";
import { bybitFormat } from "../bybit/messages.ts";
import { ADVANCED_FORMAT } from "../coinbase/advanced-messages.ts";
import { EXCHANGE_FORMAT } from "../coinbase/exchange-messages.ts";
import { MARKET_TRADES, MATCH } from "../coinbase/fixtures.ts";
import { V1_TRADES, V2_UPDATE } from "../kraken/fixtures.ts";
import { KRAKEN_V1_FORMAT } from "../kraken/v1-messages.ts";
import { KRAKEN_V2_FORMAT } from "../kraken/v2-messages.ts";
import { SPOT_TRADE as SPOT_TRADE_OKX } from "../okx/fixtures.ts";
import { okxFormat } from "../okx/messages.ts";
import { loadPeers, mapAll, median, type PeerMappers, packed } from "./test-bench.ts";
import { recordedFrames } from "./test-decode.ts";
import { FixedContext, frame } from "./test-support.ts";
import { createSlowDecoder, createWireDecoder, type WireFormat } from "./wire-decoder.ts";

export interface DecodeBenchOptions {
  /** For all shapes together. */
  readonly seconds?: number;
}

interface Shape {
  readonly name: string;
  readonly format: WireFormat;
  /** Recorded frames, where they are on this machine. */
  readonly recording: string | undefined;
  /** Otherwise frames made of this one, with other numbers. */
  readonly example: string;
  /** The exchange's name in tardis-dev, where it maps this shape. */
  readonly peer: string | undefined;
}

const BINANCE = binanceFormat({ channels: ["trade"], flags: 0 });
const HFT = "ws/binance/hftbacktest";
const SHAPES: readonly Shape[] = [
  {
    name: "binance spot",
    format: BINANCE,
    recording: `${HFT}/spot_btcusdt_20240808.gz`,
    example: SPOT_TRADE,
    peer: "binance",
  },
  {
    name: "binance usdm",
    format: BINANCE,
    recording: `${HFT}/usdm_btcusdt_20240808.gz`,
    example: FUTURES_TRADE,
    peer: "binance-futures",
  },
  {
    name: "bybit linear",
    format: bybitFormat({ marketFlags: 0 }),
    recording: "ws/bybit/v5-linear-20260809.jsonl.gz",
    example: LINEAR_TRADES,
    peer: "bybit",
  },
  {
    name: "okx",
    format: okxFormat({ channels: ["trades"] }),
    recording: "ws/other/okx-20220513.jsonl.gz",
    example: SPOT_TRADE_OKX,
    peer: "okex",
  },
  {
    name: "coinbase exchange",
    format: EXCHANGE_FORMAT,
    recording: "ws/coinbase/exchange-feed-20210417.jsonl.gz",
    example: MATCH,
    peer: "coinbase",
  },
  {
    name: "coinbase advanced",
    format: ADVANCED_FORMAT,
    recording: undefined, // Forty frames, two of them of 100 trades: too few to say how a day goes.
    example: MARKET_TRADES,
    peer: undefined,
  },
  { name: "kraken v2", format: KRAKEN_V2_FORMAT, recording: undefined, example: V2_UPDATE, peer: undefined },
  { name: "kraken v1", format: KRAKEN_V1_FORMAT, recording: undefined, example: V1_TRADES, peer: "kraken" },
];

const ROUNDS = 7;
const FRAMES = 10_000;

/**
 * Frames a second of each decoder, against JSON.parse alone on text that is already decoded, the slow path, and the
 * mappers of tardis-dev (with their JSON.parse) where the folder in K2_BENCH_PEERS has it.
 */
export async function run({ seconds = 20 }: DecodeBenchOptions = {}): Promise<void> {
  const peers = loadPeers();
  if (peers === undefined)
    console.log("decode: no peers; set K2_BENCH_PEERS to a folder where tardis-dev is installed");
  for (const shape of SHAPES) benchShape(shape, peers, (seconds * 1000) / SHAPES.length);
}

function benchShape(shape: Shape, peers: PeerMappers | undefined, budgetMs: number): void {
  const { frames, origin } = framesOf(shape);
  const texts = frames.map((payload) => new TextDecoder().decode(payload));
  const candidates: Candidate[] = [
    { name: "JSON.parse", step: () => parseAll(texts) },
    { name: "the same from bytes", step: () => parseAllBytes(frames) },
    { name: "K2", step: decodeAll(createWireDecoder(shape.format), frames) },
    { name: "slow path", step: decodeAll(createSlowDecoder(shape.format), frames) },
  ];
  const mapper = shape.peer === undefined ? undefined : peers?.normalizeTrades(shape.peer, new Date());
  if (mapper !== undefined) candidates.push({ name: "tardis-dev", step: () => mapAll(mapper, texts) });
  const times = measure(candidates, budgetMs);
  const parse = times[0] ?? [];
  const parts = candidates.map(({ name }, index) => {
    const own = times[index] ?? [];
    const ratio = median(own.map((ms, round) => (parse[round] ?? 0) / ms));
    return `${name} ${Math.round(frames.length / median(own)).toLocaleString("en")} k/s (${ratio.toFixed(2)}×)`;
  });
  const bytes = Math.round(frames.reduce((sum, payload) => sum + payload.length, 0) / frames.length);
  console.log(`decode ${shape.name}, ${frames.length} ${origin} frames of ${bytes} bytes: ${parts.join(", ")}`);
}

interface Candidate {
  readonly name: string;
  /** Goes over all frames once. */
  readonly step: () => void;
}

/** Milliseconds of one pass over all frames, by candidate and round; candidates take turns, so that a busy machine is fair to all. */
function measure(candidates: readonly Candidate[], budgetMs: number): readonly (readonly number[])[] {
  const share = budgetMs / (candidates.length * (ROUNDS + 1));
  for (const { step } of candidates) passMs(step, share);
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { step }] of candidates.entries()) times[index]?.push(passMs(step, share));
  return times;
}

/** In processor time of this program: what else runs on the machine takes no part in it. */
function passMs(step: () => void, atLeastMs: number): number {
  const start = process.cpuUsage();
  let passes = 0;
  let usedMs = 0;
  do {
    step();
    passes += 1;
    usedMs = process.cpuUsage(start).user / 1000;
  } while (usedMs < atLeastMs);
  return usedMs / passes;
}

function parseAll(texts: readonly string[]): void {
  for (const text of texts) JSON.parse(text);
}

/** What it takes any reader that starts from JSON.parse: frames lie in the log as bytes. */
function parseAllBytes(frames: readonly Uint8Array[]): void {
  for (const payload of frames)
    JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"));
}

function decodeAll(decoder: FrameDecoder, frames: readonly Uint8Array[]): () => void {
  const context = new FixedContext({ get: () => LISTING });
  return () => {
    for (const payload of frames) {
      decoder.decode(payload, context);
      if (context.trades.length > 4096) context.clear();
    }
    if (context.refusals.length > 0) throw new Error(context.refusals[0]?.detail);
  };
}

const LISTING = { index: 0, unitExponent: 0 };

/** The recorded frames of trades, or made ones; as the raw log holds them, one behind the other. */
function framesOf({ format, recording, example }: Shape): { frames: readonly Uint8Array[]; origin: string } {
  const recorded = recording === undefined ? undefined : recordedFrames(recording);
  if (recorded === undefined) return { frames: packed(madeFrames(example)), origin: "made" };
  const decoder = createWireDecoder(format);
  const context = new FixedContext({ get: () => LISTING });
  const trades = recorded.filter((payload) => decoder.decode(payload, context) === "trades").slice(0, FRAMES);
  // Short recordings are played several times, so that all shapes weigh on the caches alike.
  const repeated = Array.from({ length: Math.ceil(FRAMES / trades.length) }, () => trades).flat();
  return { frames: packed(repeated.slice(0, FRAMES)), origin: "recorded" };
}

/** The example with other digits at the ends of its numbers. */
function madeFrames(example: string): readonly Uint8Array[] {
  return Array.from({ length: FRAMES }, (_, index) =>
    frame(
      example.replace(/\d{3}(?=[",}\]Z])/g, (digits) => String((Number(digits) + index * 7) % 1000).padStart(3, "1")),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
