import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type Clock, recordAt, silentLogger } from "../base/index.ts";
import { FrameRecord, readFetched } from "../domain/index.ts";
import { RestClients } from "../feeds/index.ts";
import { BookSnapshots, type BookSnapshotsOptions } from "./book-snapshots.ts";
import { capturedFeeds } from "./capture.ts";
import { healedFeeds } from "./healing/healed-feeds.ts";

/** Time passes only when somebody sleeps. */
class SleepClock implements Clock {
  ms = 1_000_000;
  readonly slept: number[] = [];

  nowNs(): bigint {
    return BigInt(Math.round(this.ms)) * 1_000_000n;
  }
  monotonicMs(): number {
    return this.ms;
  }
  async sleep(durationMs: number): Promise<void> {
    this.slept.push(Math.round(durationMs));
    this.ms += durationMs;
  }
}

const PLACE = { feed: "coinbase-exchange", connection: "coinbase-exchange/0", epoch: 1, rawSymbol: "BTC-USD" };

const captureOf = (restUrl?: string) =>
  capturedFeeds([
    {
      feed: "coinbase-exchange",
      symbols: ["BTC-USD-SPOT"],
      channels: ["matches", "full"],
      url: "ws://127.0.0.1:1/",
      ...(restUrl === undefined ? {} : { restUrl }),
    },
  ]);

function snapshotsOf(
  restUrl: string | undefined,
  clock: Clock,
  { append, warned }: { readonly append: BookSnapshotsOptions["log"]["append"]; readonly warned: unknown[] },
): BookSnapshots {
  const captured = captureOf(restUrl);
  return new BookSnapshots({
    captured,
    capture: { request: () => false },
    feeds: healedFeeds(captured),
    clients: new RestClients({ clock, logger: silentLogger }),
    log: { append },
    source: "live",
    clock,
    logger: { ...silentLogger, warn: (...said) => warned.push(said.at(-1)) },
    signal: new AbortController().signal,
  });
}

test("a book of full is asked for over HTTP: ever less often while it stays broken, and slowly where the venue refuses", async () => {
  const asked: string[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status).end('{"sequence":1,"bids":[],"asks":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const restUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const clock = new SleepClock();
    const warnings: unknown[] = [];
    const fetched: (readonly [number | undefined, string | undefined])[] = [];
    const snapshots = snapshotsOf(restUrl, clock, {
      warned: warnings,
      async append(entries) {
        for (const { records } of entries) {
          const answer = readFetched(new FrameRecord(recordAt(records, 0)).payload);
          fetched.push([answer?.status, answer?.url]);
        }
        return [];
      },
    });
    const ask = async (): Promise<readonly number[]> => {
      clock.slept.length = 0;
      snapshots.wanted({ ...PLACE, timeUs: clock.ms * 1000 });
      snapshots.wanted({ ...PLACE, timeUs: clock.ms * 1000 }); // Of the next message: it is asked for already.
      await snapshots.idle();
      return clock.slept;
    };
    for (const pauseMs of [1000, 2000, 4000, 8000, 10_000, 10_000]) expect((await ask()).at(-1)).toBe(pauseMs);
    clock.ms += 60_000; // It was whole in between.
    expect(await ask()).toEqual([1000]);
    status = 401;
    expect((await ask()).at(-1)).toBe(10_000);
    expect(asked).toEqual(new Array(8).fill("/products/BTC-USD/book?level=3"));
    expect(fetched.at(-1)).toEqual([401, `${restUrl}/products/BTC-USD/book?level=3`]);
    expect(warnings).toEqual(["the venue gave no snapshot of a book"]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("where there is nowhere to ask, that is said once", async () => {
  const clock = new SleepClock();
  const warned: unknown[] = [];
  const snapshots = snapshotsOf(undefined, clock, { warned, append: async () => [] });
  for (let times = 0; times < 3; times += 1) {
    snapshots.wanted({ ...PLACE, timeUs: clock.ms * 1000 });
    await snapshots.idle();
  }
  expect(clock.slept).toEqual([10_000, 10_000, 10_000]);
  expect(warned).toEqual([expect.stringContaining("Give the feed a restUrl")]);
});
