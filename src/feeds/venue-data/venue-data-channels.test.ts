import { describe, expect, test } from "vitest";
import { VENUE_DATA_KINDS } from "../../domain/index.ts";
import { frame } from "../decode/test-support.ts";
import { FEEDS } from "../registry.ts";
import { contextOf } from "./test-venue-data.ts";

/** Channels that the venue sends by itself. */
const UNASKED = ["kraken status", "kraken-v1 systemStatus"];
/** Told by the venue's words for them in a request, where those are others. */
const ASKED_AS: Readonly<Record<string, string>> = { "ohlc-": '"interval":' };

describe.each(FEEDS.filter(({ venueData }) => venueData !== undefined))(
  "$id",
  ({ id, venueData, channels, createDecoder, subscribe, rawSymbol }) => {
    const polled = venueData?.polled ?? [];
    const isPolled = (channel: string): boolean => polled.some(({ name }) => name === channel);
    const all = venueData?.channels ?? [];
    const named = all.filter(({ name }) => !isPolled(name));

    test("channels have names of their own, and are of kinds that there are", () => {
      const names = [...channels, ...all.map(({ name }) => name)];
      expect(new Set(names).size).toBe(names.length);
      expect(all.every(({ kinds }) => kinds.length > 0 && kinds.every((kind) => VENUE_DATA_KINDS.includes(kind)))).toBe(
        true,
      );
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

    test("those that are polled ask for each symbol once, at a cost, and read what is answered and nothing else", () => {
      const symbols = Array.from({ length: 250 }, (_, index) => `S${index}USDT`);
      const { context, kept } = contextOf();
      for (const { name, everyMs, requests } of polled) {
        expect(all.map((channel) => channel.name)).toContain(name);
        expect(everyMs).toBeGreaterThanOrEqual(1_000);
        const asked = requests(symbols);
        const named = asked.flatMap(({ rawSymbols }) => rawSymbols);
        expect(named).toEqual(asked.length === 1 ? [] : symbols);
        expect(asked.every(({ path, weight }) => path.startsWith("/") && path.length < 4_000 && weight > 0)).toBe(true);
        const reader = venueData?.createReader({ channels: [name] });
        const url = `https://venue.example/of-a-proxy${asked[0]?.path}`;
        expect(reader?.fetched?.(url, frame("no JSON"), context)).toBe("refused");
        expect(reader?.fetched?.("https://venue.example/api/v3/depth?symbol=A", frame("no JSON"), context)).toBe(
          "other",
        );
        expect(venueData?.createReader({ channels }).fetched?.(url, frame("{}"), context) ?? "other").toBe("other");
      }
      expect(kept.refusals.length).toBe(polled.length);
    });

    test("a reader of nothing has no marks, so that no frame is looked at; one of anything has some", () => {
      expect(venueData?.createReader({ channels }).marks.texts).toEqual([]);
      for (const { name } of named)
        expect(venueData?.createReader({ channels: [name] }).marks.texts.length).toBeGreaterThan(0);
    });
  },
);
