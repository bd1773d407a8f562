import type { Random } from "../../src/base/index.ts";
import type { Grammar } from "./grammars.ts";
import { pick } from "./spoil-record.ts";

/** Bytes in place of a good frame, that must be refused as a whole. */
export interface SpoiledFrame {
  readonly payload: Uint8Array;
  readonly reasons: readonly string[];
}

type Spoiler = (frame: string, random: Random) => SpoiledFrame | undefined;

const encoder = new TextEncoder();
const malformed = (payload: Uint8Array | string): SpoiledFrame => ({
  payload: typeof payload === "string" ? encoder.encode(payload) : payload,
  reasons: ["malformed"],
});

/** @param frame as the venue sends it, without escapes */
export function spoiledFrame(frame: string, grammar: Grammar, random: Random): SpoiledFrame {
  if (random.int(8) === 0) return { payload: encoder.encode(pick(grammar.errors, random)), reasons: ["venue_error"] };
  for (;;) {
    const spoiled = pick(SPOILERS, random)(frame, random);
    if (spoiled !== undefined) return spoiled;
  }
}

const PAGES = [
  "<html><body>502 Bad Gateway</body></html>",
  "Too Many Requests",
  "",
  " ",
  "\u0000",
  "undefined",
  "NaN",
  "{'single':'quotes'}",
  "null",
  "5",
  '"text"',
  "true",
];

const SPOILERS: readonly Spoiler[] = [
  // Cut anywhere: no beginning of an object or an array is a whole one.
  (frame, random) => malformed(encoder.encode(frame).subarray(0, random.int(frame.length))),
  // Bytes that no UTF-8 text has.
  (frame, random) => {
    const bytes = encoder.encode(frame);
    bytes[random.int(bytes.length)] = pick([0xff, 0xfe, 0xc0, 0xf8], random);
    return malformed(bytes);
  },
  // A surrogate and an overlong slash, written as if they were UTF-8.
  (frame, random) => {
    const bytes = encoder.encode(frame);
    const at = random.int(bytes.length + 1);
    const wrong = pick([[0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xe2, 0x82], [0x80]], random);
    return malformed(Uint8Array.from([...bytes.subarray(0, at), ...wrong, ...bytes.subarray(at)]));
  },
  // A quote is lost: the others no longer pair.
  (frame, random) => {
    const quotes = [...frame.matchAll(/"/g)].map(({ index }) => index);
    if (frame.includes("\\") || quotes.length === 0) return undefined;
    const at = pick(quotes, random);
    return malformed(frame.slice(0, at) + frame.slice(at + 1));
  },
  // A bracket is another.
  (frame, random) => {
    const brackets = [...frame.matchAll(/[{}[\]]/g)].map(({ index }) => index);
    const at = pick(brackets, random);
    const others = "{}[]".replace(frame[at] ?? "", "");
    return isInText(frame, at)
      ? undefined
      : malformed(frame.slice(0, at) + pick([...others], random) + frame.slice(at + 1));
  },
  // Two in one, and one with something behind it or before it.
  (frame) => malformed(frame + frame),
  (frame, random) => malformed(frame + pick(["x", "}", "\u0000", ",", "\\"], random)),
  (frame, random) => malformed(pick(["\ufeff", "x", ")]}',", ","], random) + frame),
  // A control character in a text.
  (frame, random) => {
    const texts = [...frame.matchAll(/"[^"\\]*"/g)].map(({ index }) => index);
    if (texts.length === 0) return undefined;
    const at = pick(texts, random) + 1;
    return malformed(`${frame.slice(0, at)}\n${frame.slice(at)}`);
  },
  (_frame, random) => malformed(pick(PAGES, random)),
  (_frame, random) => malformed(Uint8Array.from({ length: random.int(60) }, () => 0x80 + random.int(128))),
  // Nested deeper than any message; well-formed, and of no known kind.
  (_frame, random) => {
    if (random.int(50) !== 0) return undefined;
    const depth = 1000 + random.int(30_000);
    const payload = encoder.encode(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
    return { payload, reasons: ["malformed", "unknown_message"] };
  },
  (_frame, random) => ({
    payload: encoder.encode(
      pick(['{"foo":1}', '{"__proto__":{"channel":"trade"}}', '{"constructor":{"prototype":{}}}', "{}"], random),
    ),
    reasons: ["unknown_message", "malformed"],
  }),
];

function isInText(frame: string, at: number): boolean {
  return [...frame.slice(0, at).matchAll(/"/g)].length % 2 === 1;
}
