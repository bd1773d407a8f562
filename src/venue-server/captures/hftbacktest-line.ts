import type { CaptureRecord } from "./capture-record.ts";

const SPACE = 32;
/** Above this a stamp counts nanoseconds, below microseconds: as microseconds it would be after the year 5000. */
const MICROSECONDS_MAX = 100_000_000_000_000_000n;

/**
 * A line of hftbacktest's collector: `<receive time> <JSON>`, Unix nanoseconds, or microseconds in files of 2023.
 * A bare depth snapshot (no "stream") is what the collector fetched by HTTP.
 *
 * @returns a text that says what is wrong where it cannot be read
 * @see https://github.com/nkaz001/hftbacktest/tree/master/collector
 */
export function readHftbacktestLine(line: Buffer): CaptureRecord | string {
  const space = line.indexOf(SPACE);
  const stamp = line.toString("latin1", 0, Math.max(space, 0));
  if (!/^\d{13,20}$/.test(stamp)) return "it does not start with a receive time in Unix nanoseconds or microseconds";
  const payload = line.subarray(space + 1);
  if (payload[0] !== 0x7b && payload[0] !== 0x5b) return "no JSON follows the receive time";
  const time = BigInt(stamp);
  const isReceived = payload.subarray(0, 10).equals(COMBINED_START);
  return {
    timeNs: time > MICROSECONDS_MAX ? time : time * 1000n,
    connection: "capture",
    direction: isReceived ? "received" : "fetched",
    payload,
    feed: undefined,
    epoch: 0,
    source: "replay",
    ...(isReceived ? {} : { url: "" }),
  };
}

const COMBINED_START = Buffer.from('{"stream":');
