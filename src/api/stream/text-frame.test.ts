import { expect, test } from "vitest";
import { textFrameStart } from "./text-frame.ts";

/** Header and payload length of an unmasked frame, as RFC 6455 section 5.2 defines them. */
function parse(start: Buffer): { readonly first: number; readonly payloadBytes: number; readonly head: string } {
  const [first = 0, second = 0] = start;
  if (second < 126) return { first, payloadBytes: second, head: start.toString("latin1", 2) };
  if (second === 126) return { first, payloadBytes: start.readUInt16BE(2), head: start.toString("latin1", 4) };
  return { first, payloadBytes: Number(start.readBigUInt64BE(2)), head: start.toString("latin1", 10) };
}

test.each([0, 1, 118, 119, 65_528, 65_529, 1_000_000, 4_294_967_296, 2 ** 40])(
  "a frame whose text goes on for %i bytes says so in the shortest length field",
  (restBytes) => {
    const start = textFrameStart("seven!!", restBytes);
    expect(parse(start)).toEqual({ first: 0x81, payloadBytes: restBytes + 7, head: "seven!!" });
    expect(start.length - 7).toBe(restBytes + 7 < 126 ? 2 : restBytes + 7 < 65_536 ? 4 : 10);
  },
);
