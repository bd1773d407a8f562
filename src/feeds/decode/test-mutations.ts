import fc from "fast-check";
import { frame } from "./test-support.ts";

/* Frames as no venue sends them, for the tests of decoders and of book readers. */

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
/** Numbers of every length, scale and notation, also wrong ones. */
const numberText = fc.oneof(
  digits(22),
  fc.tuple(digits(20), digits(22)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.tuple(digits(8), digits(8)).map(([whole, fraction]) => `${Number(whole)}.${fraction}`),
  fc.tuple(digits(6), fc.integer({ min: -30, max: 30 })).map(([whole, exponent]) => `${whole}e${exponent}`),
  fc.double().map(String),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
  fc.constantFrom(
    "0",
    "-1",
    "0.0",
    "1.",
    ".5",
    "+1",
    "01",
    "1e400",
    "NaN",
    "",
    "9223372036854775807",
    "9007199254740993",
  ),
);
const timeText = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(digits(12), fc.constantFrom("Z", "+01:00", "", "z"))
    .map(([fraction, zone]) => `2024-02-29T23:59:59.${fraction}${zone}`),
  fc.constantFrom(
    "2023-02-29T00:00:00Z",
    "2024-02-29T24:00:00Z",
    "2024-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    "2300-01-01T00:00:00Z",
  ),
);

export type Mutation = (text: string) => string;

/** Puts a text in place of one of the numbers, or of one of the strings. */
const replaceNumber: fc.Arbitrary<Mutation> = fc.tuple(fc.nat(40), numberText).map(
  ([nth, number]) =>
    (text: string) =>
      replaceNth(text, /-?\d+(?:\.\d+)?(?:e-?\d+)?/g, nth, number),
);
const replaceString = (strings: readonly string[]): fc.Arbitrary<Mutation> =>
  fc
    .tuple(
      fc.nat(40),
      fc.oneof(numberText, timeText, fc.string({ maxLength: 5, unit: "binary" }), fc.constantFrom(...strings)),
    )
    .map(
      ([nth, string]) =>
        (text: string) =>
          replaceNth(text, /"[^"]*"/g, nth, JSON.stringify(string)),
    );
const cut: fc.Arbitrary<Mutation> = fc.nat(600).map((at) => (text: string) => text.slice(0, at));
const drop: fc.Arbitrary<Mutation> = fc.tuple(fc.nat(600), fc.integer({ min: 1, max: 8 })).map(
  ([at, count]) =>
    (text: string) =>
      text.slice(0, at) + text.slice(at + count),
);
const insert: fc.Arbitrary<Mutation> = fc
  .tuple(
    fc.nat(600),
    fc.constantFrom(" ", "\n", "0", '"', ",", "\\", "\\u0041", "é", "{", "]", "null", "true", "-", "."),
  )
  .map(
    ([at, piece]) =>
      (text: string) =>
        text.slice(0, at) + piece + text.slice(at),
  );
/** The same message with its keys in another order, some missing, some in other notation. */
const rewrite: fc.Arbitrary<Mutation> = fc.tuple(fc.infiniteStream(fc.nat(1000)), fc.constantFrom(undefined, 1)).map(
  ([order, indent]) =>
    (text: string) =>
      rewritten(text, order, indent),
);

/** Up to three changes of a frame. @param strings that may stand for any other */
export const mutations = (strings: readonly string[]): fc.Arbitrary<readonly Mutation[]> =>
  fc.array(fc.oneof(replaceNumber, replaceNumber, replaceString(strings), cut, drop, insert, rewrite), {
    minLength: 1,
    maxLength: 3,
  });

/** Frames with some bytes put in place of others. */
export const spoiled = (frames: readonly string[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([text, bytes]) => {
      const payload = frame(text);
      for (const [at, byte] of bytes) payload[at % payload.length] = byte;
      return payload;
    });

function replaceNth(text: string, pattern: RegExp, nth: number, by: string): string {
  const matches = [...text.matchAll(pattern)];
  const match = matches[nth % Math.max(1, matches.length)];
  return match === undefined ? text : text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

function rewritten(text: string, order: Iterator<number>, indent: number | undefined): string {
  try {
    const shuffled: unknown = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const entries = Object.entries(value).map((entry) => [Number(order.next().value), entry] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, entry]) => entry));
    });
    return JSON.stringify(shuffled, undefined, indent);
  } catch {
    return text;
  }
}
