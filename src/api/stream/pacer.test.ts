import { expect, test } from "vitest";
import { TestClock } from "../../feeds/test-clock.ts";
import { type Paced, Pacer } from "./pacer.ts";

class Counter implements Paced {
  flushes = 0;
  flush(): void {
    this.flushes += 1;
  }
}

const pauses = { pauseMsMin: 4, pauseMsMax: 20 };

test("a lone offer is flushed at once, those of a burst once when the pause ends", async () => {
  const clock = new TestClock();
  using pacer = new Pacer({ clock, ...pauses });
  const item = new Counter();
  pacer.offer(item);
  expect(item.flushes).toBe(1);
  for (let offers = 0; offers < 100; offers += 1) pacer.offer(item);
  expect(item.flushes).toBe(1);
  await clock.advance(3);
  expect(item.flushes).toBe(1);
  await clock.advance(1);
  expect(item.flushes).toBe(2);
  await clock.advance(100);
  expect(item.flushes, "nothing waits any more").toBe(2);
  expect(clock.waiting).toBe(0);
  pacer.offer(item);
  expect(item.flushes, "the pause is long over").toBe(3);
});

test("one item's pause does not hold up another", async () => {
  const clock = new TestClock();
  using pacer = new Pacer({ clock, ...pauses });
  const [one, other] = [new Counter(), new Counter()];
  pacer.offer(one);
  await clock.advance(2);
  pacer.offer(other);
  pacer.offer(one);
  pacer.offer(other);
  expect([one.flushes, other.flushes]).toEqual([1, 1]);
  await clock.advance(2);
  expect([one.flushes, other.flushes]).toEqual([2, 1]);
  await clock.advance(2);
  expect([one.flushes, other.flushes]).toEqual([2, 2]);
});

test("an offer in every millisecond makes a flush in every pause, no more", async () => {
  const clock = new TestClock();
  using pacer = new Pacer({ clock, ...pauses });
  const item = new Counter();
  for (let ms = 0; ms < 400; ms += 1) {
    pacer.offer(item);
    await clock.advance(1);
  }
  expect(item.flushes).toBe(101);
});

/** Time that passes while a flush runs. */
class CostlyClock extends TestClock {
  spentMs = 0;
  override monotonicMs(): number {
    return super.monotonicMs() + this.spentMs;
  }
}

test.each([
  [2, 8],
  [3, 12],
  [100, 20],
])("after a flush of %i ms the pause is %i ms", async (costMs, pauseMs) => {
  const clock = new CostlyClock();
  using pacer = new Pacer({ clock, ...pauses });
  let flushes = 0;
  const item = {
    flush: () => {
      flushes += 1;
      clock.spentMs += costMs;
    },
  };
  pacer.offer(item);
  pacer.offer(item);
  await clock.advance(pauseMs - 0.5);
  expect(flushes).toBe(1);
  await clock.advance(0.5);
  expect(flushes).toBe(2);
});

test("what is forgotten is not flushed, and disposing ends the wait", async () => {
  const clock = new TestClock();
  const pacer = new Pacer({ clock, ...pauses });
  const [gone, kept] = [new Counter(), new Counter()];
  for (const item of [gone, kept]) {
    pacer.offer(item);
    pacer.offer(item);
  }
  pacer.forget(gone);
  await clock.advance(10);
  expect([gone.flushes, kept.flushes]).toEqual([1, 2]);
  pacer.offer(kept);
  pacer.forget(kept);
  pacer.offer(kept);
  expect(kept.flushes, "its pause is forgotten too").toBe(4);
  pacer.offer(kept);
  pacer[Symbol.dispose]();
  await clock.advance(0);
  expect(clock.waiting).toBe(0);
  expect(kept.flushes).toBe(4);
});
