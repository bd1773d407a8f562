import { setImmediate as later } from "node:timers";
import type { Feed } from "../feed.ts";
import { testFeed } from "../test-feed.ts";

/*
 * Feeds that a worker can load by name. The fragile one does what its venue tells it to, as a bug would: `{"do":"exit"}`,
 * "throw", "fill" (its memory) and "spin" (for ever) are obeyed.
 */

const { limits } = testFeed();

export const plain: Feed = testFeed();
export const twoEach: Feed = testFeed({ limits: { ...limits, symbolsPerConnectionMax: 2 } });
export const oneEach: Feed = testFeed({ limits: { ...limits, symbolsPerConnectionMax: 1 } });

/** It takes no answer for one, so it looks at every frame. */
export const fragile: Feed = testFeed({
  readAnswer: (frame) => {
    const how = /^\{"do":"(\w+)"\}$/.exec(frame)?.[1];
    if (how !== undefined) breakDown(how);
    return undefined;
  },
});

function breakDown(how: string): void {
  if (how === "exit") process.exit(7);
  if (how === "throw") later(() => void Promise.reject(new Error("a bug in a feed")));
  if (how === "fill") {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, () => kept.length + 0.5));
  }
  while (how === "spin") Math.sqrt(2);
}
