import { describe, expect, test } from "vitest";
import { VENUE_DATA_KINDS } from "../../domain/index.ts";
import { FEEDS } from "../registry.ts";

/** Channels that the venue sends by itself. */
const UNASKED = ["kraken status", "kraken-v1 systemStatus"];
/** Told by the venue's words for them in a request, where those are others. */
const ASKED_AS: Readonly<Record<string, string>> = { "ohlc-": '"interval":' };

describe.each(FEEDS.filter(({ venueData }) => venueData !== undefined))(
  "$id",
  ({ id, venueData, channels, createDecoder, subscribe, rawSymbol }) => {
    const named = venueData?.channels ?? [];

    test("channels have names of their own, and are of kinds that there are", () => {
      const names = [...channels, ...named.map(({ name }) => name)];
      expect(new Set(names).size).toBe(names.length);
      expect(
        named.every(({ kinds }) => kinds.length > 0 && kinds.every((kind) => VENUE_DATA_KINDS.includes(kind))),
      ).toBe(true);
    });

    test("each is asked for by name beside the trades, and takes no part in their decoding", () => {
      expect(typeof rawSymbol).toBe("function");
      for (const { name } of named) {
        const text = subscribe(["BTC-USD-SWAP"], [...channels.slice(0, 1), name]).join("");
        const key = Object.keys(ASKED_AS).find((prefix) => name.startsWith(prefix));
        if (UNASKED.includes(`${id} ${name}`)) expect(text).not.toContain(name);
        else expect(text).toContain(key === undefined ? name : ASKED_AS[key]);
        expect(() => createDecoder({ channels: [...channels.slice(0, 1), name] })).not.toThrow();
      }
    });

    test("a reader of nothing has no marks, so that no frame is looked at; one of anything has some", () => {
      expect(venueData?.createReader({ channels }).marks.texts).toEqual([]);
      for (const { name } of named)
        expect(venueData?.createReader({ channels: [name] }).marks.texts.length).toBeGreaterThan(0);
    });
  },
);
