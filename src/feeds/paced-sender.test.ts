import { expect, test } from "vitest";
import { PacedSender, sendSpacingMs } from "./paced-sender.ts";
import { TestClock } from "./test-clock.ts";

test("PacedSender sends the first frame at once and the others in order, never faster than the venue allows", async () => {
  const clock = new TestClock();
  const sent: [string, number][] = [];
  const sender = new PacedSender({
    clock,
    sendsPerSecondMax: 5,
    send: (frame) => void sent.push([frame, clock.monotonicMs()]),
  });
  sender.send("a", "b", "c");
  expect(sent).toEqual([["a", 0]]);
  await clock.advance(300);
  sender.send("d");
  await clock.advance(10_000);
  sender.send("e");
  expect(sent).toEqual([
    ["a", 0],
    ["b", 220],
    ["c", 440],
    ["d", 660],
    ["e", 10_300],
  ]);
  expect(sendSpacingMs(0.5)).toBe(2_200);
});

test("PacedSender.stop() forgets what waits and leaves no timer", async () => {
  const clock = new TestClock();
  const sent: string[] = [];
  const sender = new PacedSender({ clock, sendsPerSecondMax: 1, send: (frame) => void sent.push(frame) });
  sender.send("a", "b");
  sender.stop();
  expect(clock.waiting).toBe(0);
  await clock.advance(10_000);
  expect(sent).toEqual(["a"]);
});
