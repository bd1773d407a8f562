import fc from "fast-check";
import { expect, test } from "vitest";
import { fetchedPayload, readFetched } from "./index.ts";

test("a fetched answer comes back with its address, its status and every byte", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(599), fc.uint8Array({ maxLength: 200 }), (url, status, body) => {
      const payload = fetchedPayload({ url, status, body });
      const read = readFetched(payload);
      expect({ ...read, body: [...(read?.body ?? [])] }).toEqual({ url, status, body: [...body] });
    }),
  );
});

test("the payload is one line of JSON, then the body as it came", () => {
  const body = new TextEncoder().encode('[{"id":28457}]\n');
  const payload = fetchedPayload({ url: "https://venue.example/trades?symbol=BTCUSDT", status: 200, body });
  expect(new TextDecoder().decode(payload)).toBe(
    '{"url":"https://venue.example/trades?symbol=BTCUSDT","status":200}\n[{"id":28457}]\n',
  );
});

test.each(["", "no line", "{}\n", '{"url":1,"status":200}\n', "[\n]", "null\n"])("%j is no fetched answer", (text) => {
  expect(readFetched(new TextEncoder().encode(text))).toBeUndefined();
});
