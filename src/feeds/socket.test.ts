import { expect, test } from "vitest";
import { openWebSocket, type SocketEnd } from "./socket.ts";
import { describeFailure } from "./socket-failure.ts";
import { DeafVenue, TestVenue } from "./test-venue.ts";

const options = { payloadBytesMax: 1_000, compress: false };

function endOf(url: string): Promise<SocketEnd> {
  return new Promise((resolve) => {
    const ignore = (): void => {};
    openWebSocket(url, { opened: ignore, frame: ignore, heard: ignore, ended: resolve }, options);
  });
}

test("a refusal carries the status and the Retry-After header", async () => {
  await using venue = await TestVenue.open({ refuse: () => "418 I'm a teapot\r\nRetry-After: 86400" });
  expect(await endOf(venue.url)).toEqual({
    kind: "refused",
    status: 418,
    retryAfter: "86400",
    detail: "The venue answered the opening request with HTTP 418 I'm a teapot",
  });
});

test("a port where nothing listens, and one that does not speak TLS, are named with what to check", async () => {
  await using venue = await TestVenue.open();
  const { host } = new URL(venue.url);
  expect(await endOf(`wss://${host}/`)).toMatchObject({
    kind: "unreachable",
    detail: expect.stringContaining(`${host}: TLS failed: check that the URL is wss://`),
  });
  await venue[Symbol.asyncDispose]();
  expect(await endOf(`ws://${host}/`)).toMatchObject({
    kind: "unreachable",
    detail: expect.stringContaining(`${host}: nothing listens there`),
  });
});

test("a close without a code is a close by the venue; its reason is kept where there is one", async () => {
  await using venue = await TestVenue.open({
    onSocket: (socket, number) => (number === 1 ? socket.close() : socket.close(4000, "too many symbols")),
  });
  expect(await endOf(venue.url)).toEqual({ kind: "closed", code: 1005, detail: "Closed with no code" });
  expect(await endOf(venue.url)).toEqual({
    kind: "closed",
    code: 4000,
    detail: "Closed with code 4000: too many symbols",
  });
});

test("a message over the limit ends the socket at once, whether or not the venue answers the close", async () => {
  await using venue = await DeafVenue.open(Buffer.concat([Buffer.from([0x82, 126, 0x20, 0x00]), Buffer.alloc(0x2000)]));
  const startMs = performance.now();
  expect(await endOf(venue.url)).toMatchObject({
    kind: "broken",
    detail: expect.stringContaining("a message was larger than payloadBytesMax allows (Max payload size exceeded)"),
  });
  expect(performance.now() - startMs).toBeLessThan(1_500); // The package by itself would wait two seconds.
});

test("a socket terminated while it opens ends all the same, once", async () => {
  await using venue = await TestVenue.open();
  const ends: SocketEnd[] = [];
  const ignore = (): void => {};
  await new Promise<void>((resolve) => {
    const ended = (end: SocketEnd): void => {
      ends.push(end);
      setImmediate(resolve);
    };
    openWebSocket(venue.url, { opened: ignore, frame: ignore, heard: ignore, ended }, options).terminate();
  });
  expect(ends.map(({ kind }) => kind)).toEqual(["unreachable"]);
});

test("describeFailure() explains what people meet, also inside Node's error for several addresses", () => {
  const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
  expect(describeFailure(failure("ENOTFOUND", "getaddrinfo ENOTFOUND a.example"), "wss://a.example/ws")).toBe(
    "a.example: its name does not resolve: check the URL and this machine's DNS (getaddrinfo ENOTFOUND a.example)",
  );
  const both = new AggregateError([failure("ECONNREFUSED", "::1"), failure("ECONNREFUSED", "127.0.0.1")], "");
  expect(describeFailure(both, "ws://localhost:1/")).toBe(
    "localhost:1: nothing listens there: check the URL's port, or wait for the venue (AggregateError)",
  );
  expect(describeFailure(new Error("Invalid Upgrade header"), "ws://a.example/")).toBe(
    "a.example: Invalid Upgrade header",
  );
});
