import type { Command } from "commander";
import { type FaultKind, type FaultPlan, type Speed, startReplay } from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

/** Held equal to the server's own by the compiler, so that help needs no server. */
const FAULT_KINDS: readonly FaultKind[] = Object.keys({
  disconnect: true,
  duplicate: true,
  reorder: true,
  corrupt: true,
  malformed: true,
  "wrong-type": true,
  silence: true,
  delay: true,
  "half-open": true,
} satisfies Readonly<Record<FaultKind, true>>) as FaultKind[];

interface ReplayCommandOptions extends CommonOptions {
  readonly feed?: string;
  readonly speed: string;
  readonly serve: string;
  readonly loop?: boolean;
  readonly paused?: boolean;
  readonly fault?: readonly string[];
  readonly seed: string;
}

export function addReplay(program: Command): void {
  withCommonOptions(program.command("replay [files...]"))
    .description("Serve a recording in the venue's own WebSocket protocol on loopback, to any unmodified client")
    .option("--feed <feed>", "whose frames the files hold (k2's own captures say it themselves; k2 feeds lists them)")
    .option("--speed <times>", "0.1 to 1000 times real time, or max", "1")
    .option("--serve <port>", "port to serve on; 0 takes a free one", "8430")
    .option("--loop", "start again at the end")
    .option("--paused", 'wait for POST /control {"resume": true}')
    .option("--fault <kind=probability...>", `faults on demand: ${FAULT_KINDS.join(", ")}`)
    .option("--seed <number>", "of the faults", "1")
    .addHelpText(
      "after",
      `
Without files it plays K2's own raw log. GET /ledger tells what was sent, POST /control changes speed and faults.

Examples:
  k2 replay btc.jsonl.gz --feed binance --speed 10
  k2 replay --speed max --fault disconnect=0.0001 duplicate=0.01`,
    )
    .action(async (files: readonly string[], options: ReplayCommandOptions) => {
      if (files.length > 0 && options.feed === undefined) {
        throw new InvalidInputError("Say whose frames the files hold: --feed binance (k2 feeds lists them)");
      }
      const stop = stopOnSignal();
      await using server = await startReplay(configOf(options), {
        captures: options.feed === undefined ? [] : [{ feed: options.feed, paths: files }],
        speed: speedOf(options.speed),
        port: Number(options.serve),
        loop: options.loop === true,
        paused: options.paused === true,
        faults: faultsOf(options),
      });
      for (const feed of server.feeds) process.stdout.write(`${feed}  ${server.url(feed)}\n`);
      process.stdout.write(`ledger  ${server.httpUrl}/ledger\ncontrol ${server.httpUrl}/control\n`);
      await Promise.race([
        server.finished.then(() => process.stdout.write("played to the end; still serving, Ctrl-C stops\n")),
        stop,
      ]);
      await stop;
      process.stdout.write(`${JSON.stringify(server.ledger(), null, 2)}\n`);
    });
}

function speedOf(text: string): Speed {
  const speed = text === "max" ? "max" : Number(text);
  if (speed !== "max" && !(speed >= 0.1 && speed <= 1000))
    throw new InvalidInputError(`--speed must be 0.1 to 1000, or max; not ${text}`);
  return speed;
}

function faultsOf({ fault = [], seed }: ReplayCommandOptions): FaultPlan {
  const rules = fault.map((text) => {
    const [kind, probability] = text.split("=");
    if (!FAULT_KINDS.includes(kind as FaultKind) || !(Number(probability) >= 0 && Number(probability) <= 1)) {
      throw new InvalidInputError(
        `--fault ${text} is not kind=probability. Kinds: ${FAULT_KINDS.join(", ")}; probability 0 to 1 a frame`,
      );
    }
    return { kind: kind as FaultKind, probability: Number(probability) };
  });
  return { seed: Number(seed), rules };
}
