import fc from "fast-check";
import { expect, test } from "vitest";
import { TestSubscriber } from "../../src/api/stream/test-subscriber.ts";
import { K2Error } from "../../src/base/index.ts";
import type { Frame } from "../../src/domain/index.ts";
import type { BookRequest, QueryEngine } from "../../src/query/index.ts";
import { FollowedBooks } from "./followed-books.ts";
import { bookFrames, LiveBookScene } from "./live-book-scene.ts";

/* Frames by a script of every kind of mishap; what the pipeline holds in memory is what its tables say. */

const SYMBOLS = ["BTC-USD-SPOT", "ETH-USD-SPOT"] as const;
/** Whole books often, and not all by the clock. */
const SNAPSHOTS = { everyMs: 5, depth: 50, changesMin: 7 };

/** The answer but for what it was made of; of a refusal its words. */
async function answerOf(query: QueryEngine, request: BookRequest): Promise<unknown> {
  try {
    return { ...(await query.book(request)), receipt: undefined };
  } catch (error) {
    if (error instanceof K2Error) return `${error.code} ${error.message}`;
    throw error;
  }
}

function pieces(frames: readonly Frame[], sizes: Iterator<number>): readonly (readonly Frame[])[] {
  const all: (readonly Frame[])[] = [];
  for (let from = 0; from < frames.length; from += all.at(-1)?.length ?? 1)
    all.push(frames.slice(from, from + (sizes.next().value ?? 1)));
  return all;
}

test("the book in memory at any position is the one that the tables make, with the same proof, and is refused in the same words", {
  timeout: 120_000,
}, async () => {
  let [answers, refusals] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      bookFrames,
      fc.infiniteStream(fc.integer({ min: 1, max: 6 })),
      fc.integer({ min: 0, max: 20 }),
      async (frames, sizes, restartAt) => {
        await using scene = await LiveBookScene.open(
          { snapshots: SNAPSHOTS, framesMax: 3, checkpointBytes: 1_500 },
          true,
        );
        for (const [index, piece] of pieces(frames, sizes).entries()) {
          if (index === restartAt) await scene.restart();
          await scene.take(piece);
          for (const symbol of SYMBOLS) {
            const live = await answerOf(scene.live, { symbol, depth: 30 });
            expect(live).toEqual(await answerOf(scene.stored, { symbol, depth: 30 }));
            if (typeof live === "string") refusals += 1;
            else answers += 1;
          }
        }
      },
    ),
    { numRuns: 6 },
  );
  expect(Math.min(answers, refusals)).toBeGreaterThan(20);
});

test("whoever follows a book from any moment on has it as it is, change by change, and knows when it is not proven", {
  timeout: 120_000,
}, async () => {
  let [changes, losses] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      bookFrames,
      fc.infiniteStream(fc.integer({ min: 1, max: 6 })),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      async (frames, sizes, joinAt) => {
        await using scene = await LiveBookScene.open({ snapshots: SNAPSHOTS, framesMax: 3 }, false);
        const followers: TestSubscriber[] = [];
        let appends = 0;
        scene.onAhead = () => {
          appends += 1;
          if (!joinAt.includes(appends)) return;
          const follower = new TestSubscriber();
          scene.hub.subscribe({ channel: "book_changes", symbol: SYMBOLS[followers.length % 2] ?? "" }, follower);
          followers.push(follower);
        };
        for (const piece of pieces(frames, sizes)) await scene.take(piece);
        // A pause of the pacer ends.
        await new Promise((resolve) => setTimeout(resolve, 30));
        for (const [index, { rows }] of followers.entries()) {
          const followed = new FollowedBooks();
          for (const row of rows) followed.take(row);
          changes += followed.changes;
          losses += followed.losses;
          const book = await answerOf(scene.live, { symbol: SYMBOLS[index % 2] ?? "", depth: 100 });
          const { levels } = [...followed.books.values()][0] ?? {};
          expect(levels && levelsOf(levels)).toEqual(typeof book === "string" ? undefined : levelsOf(book as Sides));
        }
      },
    ),
    { numRuns: 100 },
  );
  expect(changes).toBeGreaterThan(200);
  expect(losses).toBeGreaterThan(20);
});

interface Sides {
  readonly bids: Iterable<readonly [string, string] | { readonly price: string; readonly size: string }>;
  readonly asks: Sides["bids"];
}

function levelsOf({ bids, asks }: Sides): unknown {
  return [bids, asks].map((side) =>
    Array.from(side, (level) => ("price" in level ? [level.price, level.size] : [level[0], level[1]])),
  );
}
