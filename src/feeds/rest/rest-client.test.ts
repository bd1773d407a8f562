import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type Clock, silentLogger } from "../../base/index.ts";
import { RestClient } from "./rest-client.ts";
import { RestClients } from "./rest-clients.ts";

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
  async sleep(durationMs: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(Math.round(durationMs));
    this.ms += durationMs;
  }
}

async function withServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  act: (endpoint: string) => Promise<void>,
): Promise<void> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const clientOf = (endpoint: string, clock: Clock, weightPerMinute = 600, weightBurst = 10): RestClient =>
  new RestClient({ endpoint, clock, logger: silentLogger, limits: { weightPerMinute, weightBurst } });
const signal = new AbortController().signal;

test("requests beyond the burst wait for the allowance to fill again, by weight", async () => {
  await withServer(
    (_request, response) => response.end("[]"),
    async (endpoint) => {
      const clock = new SleepClock();
      const client = clientOf(endpoint, clock);
      for (let index = 0; index < 3; index += 1) await client.get({ path: "/trades", weight: 5 }, { signal });
      expect(clock.slept).toEqual([500]); // 5 of 600 a minute.
      clock.ms += 60_000;
      await client.get({ path: "/trades", weight: 10 }, { signal });
      await client.get({ path: "/trades", weight: 1 }, { signal });
      expect(clock.slept).toEqual([500, 100]);
    },
  );
});

test.each([
  [429, "7", 7_000],
  [418, "120", 120_000],
  [503, undefined, 10_000],
] as const)("after %s with Retry-After %s nobody is asked for that long", async (status, retryAfter, waitMs) => {
  const asked: string[] = [];
  await withServer(
    (request, response) => {
      asked.push(request.url ?? "");
      if (asked.length === 1) response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
      response.end("{}");
    },
    async (endpoint) => {
      const clock = new SleepClock();
      const client = clientOf(endpoint, clock);
      expect((await client.get({ path: "/a?b=1", weight: 1 }, { signal })).status).toBe(status);
      expect(client.bannedMs).toBe(waitMs);
      expect((await client.get({ path: "/c", weight: 1 }, { signal })).status).toBe(200);
      expect(clock.slept).toEqual([waitMs]);
      expect(asked).toEqual(["/a?b=1", "/c"]);
    },
  );
});

test("all who ask one endpoint share its client, and its refusals", () => {
  const clients = new RestClients({ clock: new SleepClock(), logger: silentLogger });
  const limits = { weightPerMinute: 600, weightBurst: 10 };
  expect(clients.of("https://venue.example", limits)).toBe(clients.of("https://venue.example", limits));
  expect(clients.of("https://other.example", limits).endpoint).toBe("https://other.example");
});

test("an abort ends a request under way and one that waits; the network's failure is told", async () => {
  await withServer(
    () => {},
    async (endpoint) => {
      const aborting = new AbortController();
      const client = clientOf(endpoint, new SleepClock());
      const asked = client.get({ path: "/", weight: 1 }, { signal: aborting.signal });
      const behind = client.get({ path: "/", weight: 1 }, { signal: aborting.signal });
      setTimeout(() => aborting.abort(new Error("enough")), 10);
      await expect(asked).rejects.toThrow("enough");
      await expect(behind).rejects.toThrow("enough");
    },
  );
  await expect(
    clientOf("http://127.0.0.1:1", new SleepClock()).get({ path: "/", weight: 1 }, { signal }),
  ).rejects.toThrow();
});
