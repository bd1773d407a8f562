import { type Random, seededRandom } from "../../src/base/index.ts";
import { GRAMMARS, type Grammar, type ModelTrade } from "./grammars.ts";
import { spoiledFrame } from "./spoil-frame.ts";
import { pick, plainRecord, spoiledRecord, type WrittenRecord } from "./spoil-record.ts";

/** A trade that must be in the table, exactly so. */
export interface ExpectedTrade {
  readonly key: string;
  /** Stored price and size: ten to the eighth times the natural ones. */
  readonly price: bigint;
  readonly size: bigint;
  readonly side: "buy" | "sell";
  readonly timeUs: number;
}

export interface ExpectedRefusal {
  /** Undefined: the whole frame. */
  readonly frameIndex: number | undefined;
  readonly reasons: readonly string[];
  /** It may as well have been dropped as a duplicate: see Fingerprints. */
  readonly optional?: boolean;
}

/** One raw record, and all that must become of it. */
export interface TortureFrame {
  readonly feed: string;
  readonly timeUs: number;
  readonly payload: Uint8Array;
  readonly outcome: "trades" | "control" | "refused";
  readonly trades: readonly ExpectedTrade[];
  readonly refusals: readonly ExpectedRefusal[];
}

/** 2025-11-21T08:00:00Z */
const START_US = 1_763_712_000_000_000;
const RECENT_MAX = 64;
const WITHHELD_MAX = 200;
const encoder = new TextEncoder();

/** What no trade can be, whatever the listing's unit, though another unit than the usual would hold its numbers. */
const ABSURD: readonly (Partial<ModelTrade> & { readonly reason: string })[] = [
  { price: "0.00", reason: "non_positive_price" },
  { size: "0.0", reason: "non_positive_size" },
  { price: "0.0000000000001", size: "0.0000000000001", reason: "inexact_price" },
  { price: "99999999999", size: "99999999999", reason: "out_of_range_price" },
  { price: "0.00000000001", size: "1000", timeMs: 0, reason: "inexact_price" },
  { timeMs: 7_258_118_400_000, reason: "time_out_of_range" },
];

/** What the model remembers of a listing. */
interface ModelListing {
  readonly rawSymbol: string;
  nextId: number;
  priceTicks: number;
  /** Stored ones, to come again. */
  readonly recent: ModelTrade[];
  /** Not stored yet, to come late. */
  readonly withheld: ModelTrade[];
}

/**
 * Frames of all feeds, from a seed: mostly as the venues send them, the rest spoiled in every way that is known.
 * The model beside them knows by construction, not by decoding, what must become of each.
 */
export class TortureStream {
  readonly #random: Random;
  readonly #stepUsMax: number;
  readonly #listings: Map<string, ModelListing> = new Map();
  #timeUs = START_US;

  /** @param stepUsMax between one frame and the next, microseconds */
  constructor(seed: number, stepUsMax = 4000) {
    this.#random = seededRandom(seed);
    this.#stepUsMax = stepUsMax;
  }

  /** The first trades of each listing: some that must be refused, then a plain one, which fixes its unit. */
  first(): readonly TortureFrame[] {
    return GRAMMARS.flatMap((grammar) =>
      grammar.symbols.flatMap(({ raw }) => {
        const trade = this.#newTrade(this.#listing(grammar, raw), grammar);
        const refused = ABSURD.map(({ reason, ...change }) => {
          const { json } = plainRecord({ ...trade, ...change }, grammar);
          return this.#frame(grammar, raw, [{ json, expected: undefined, reasons: [reason] }]);
        });
        return [...refused, this.#frame(grammar, raw, [this.#remember(plainRecord(trade, grammar), grammar)])];
      }),
    );
  }

  next(): TortureFrame {
    const random = this.#random;
    this.#timeUs += random.int(this.#stepUsMax);
    const grammar = pick(GRAMMARS, random);
    const { raw } = pick(grammar.symbols, random);
    const chance = random.int(1000);
    if (chance < 30) return this.#control(grammar);
    if (chance < 130) return this.#spoiledFrame(grammar, raw);
    const isLarge = chance === 999 && grammar.recordsMax > 1 && random.int(4) === 0;
    const count = isLarge ? 1000 + random.int(1000) : 1 + random.int(grammar.recordsMax);
    // Of a frame with more than a thousand refusals, not each is told by itself.
    const spoilChance = chance < 500 ? 0 : chance < 900 || isLarge ? 30 : 100;
    return this.#frame(
      grammar,
      raw,
      Array.from({ length: count }, () => this.#record(grammar, raw, spoilChance)),
    );
  }

  #frame(grammar: Grammar, raw: string, planned: readonly PlannedRecord[]): TortureFrame {
    const records = grammar.feed === "kraken-v1" ? withoutTwins(planned) : planned;
    const timeMs = Math.floor(this.#timeUs / 1000);
    const payload = grammar.frame(
      records.map(({ json }) => json),
      raw,
      timeMs,
    );
    return {
      feed: grammar.feed,
      timeUs: this.#timeUs,
      payload: encoder.encode(payload),
      outcome: "trades",
      trades: records.flatMap(({ expected }) => (expected === undefined ? [] : [expected])),
      refusals: records.flatMap(({ reasons, optional }, frameIndex) =>
        reasons.length === 0 ? [] : [{ frameIndex, reasons, ...(optional === undefined ? {} : { optional }) }],
      ),
    };
  }

  /** A record: new, late, repeated or contradictory; plain or spoiled. */
  #record(grammar: Grammar, raw: string, spoilPercent: number): PlannedRecord {
    const random = this.#random;
    const symbol = grammar.oneSymbol ? raw : pick(grammar.symbols, random).raw;
    const listing = this.#listing(grammar, symbol);
    const chance = random.int(100);
    if (chance < 8 && listing.recent.length > 0) {
      const repeated = pick(listing.recent, random);
      const { json } = plainRecord(repeated, grammar);
      return { json, key: grammar.idOf(repeated), expected: undefined, reasons: [] };
    }
    // What changes the text of a trade without an id of its own makes another trade.
    if (chance < 10 && listing.recent.length > 0 && grammar.feed !== "kraken-v1") {
      const { json } = plainRecord({ ...pick(listing.recent, random), price: "1.25" }, grammar);
      return { json, expected: undefined, reasons: ["conflicting_duplicate"], optional: true };
    }
    const late = chance < 14 ? listing.withheld.shift() : undefined;
    const trade = late ?? this.#newTrade(listing, grammar);
    if (late === undefined && chance >= 95) {
      this.#withhold(listing, trade);
      return this.#record(grammar, raw, spoilPercent);
    }
    const isSpoiled = random.int(100) < spoilPercent;
    const written = isSpoiled ? spoiledRecord(trade, grammar, random) : plainRecord(trade, grammar);
    // What was refused in a bad form may come again in a good one.
    if (written.trade === undefined && random.int(4) === 0) this.#withhold(listing, trade);
    return this.#remember(written, grammar);
  }

  #remember({ json, trade, reasons }: WrittenRecord, grammar: Grammar): PlannedRecord {
    if (trade === undefined) return { json, expected: undefined, reasons };
    const { recent } = this.#listing(grammar, trade.rawSymbol);
    if (grammar.textIds || /^[1-9]\d{0,14}$/.test(trade.id)) recent.push(trade);
    if (recent.length > RECENT_MAX) recent.shift();
    return { json, key: grammar.idOf(trade), expected: expectedTrade(trade, grammar), reasons };
  }

  #withhold({ withheld }: ModelListing, trade: ModelTrade): void {
    if (withheld.length < WITHHELD_MAX) withheld.push(trade);
  }

  #newTrade(listing: ModelListing, grammar: Grammar): ModelTrade {
    const random = this.#random;
    listing.nextId += random.int(200) === 0 ? 1 + random.int(1000) : 1; // Now and then some never come.
    listing.priceTicks = Math.max(100, listing.priceTicks + random.int(2001) - 1000);
    const id = String(listing.nextId);
    return {
      rawSymbol: listing.rawSymbol,
      id: grammar.textIds && grammar.feed !== "kraken-v1" ? uuid(listing.nextId) : id,
      price: decimal(listing.priceTicks, 2),
      size: decimal(1 + random.int(1_000_000), random.int(9)),
      side: random.int(2) === 0 ? "buy" : "sell",
      timeMs: Math.floor(this.#timeUs / 1000) - 40 + random.int(50), // Ours may be behind the venue's.
    };
  }

  #control(grammar: Grammar): TortureFrame {
    const isEmpty = grammar.recordsMax > 1 && this.#random.int(4) === 0;
    if (isEmpty) return { ...this.#frame(grammar, grammar.symbols[0]?.raw ?? "", []), outcome: "control" };
    const payload = encoder.encode(pick(grammar.control, this.#random));
    return { feed: grammar.feed, timeUs: this.#timeUs, payload, outcome: "control", trades: [], refusals: [] };
  }

  #spoiledFrame(grammar: Grammar, raw: string): TortureFrame {
    const listing = this.#listing(grammar, raw);
    const trade = this.#newTrade(listing, grammar);
    this.#withhold(listing, trade);
    const { json } = plainRecord(trade, grammar);
    const frame = grammar.frame([json], raw, trade.timeMs);
    const { payload, reasons } = spoiledFrame(frame, grammar, this.#random);
    return {
      feed: grammar.feed,
      timeUs: this.#timeUs,
      payload,
      outcome: "refused",
      trades: [],
      refusals: [{ frameIndex: undefined, reasons }],
    };
  }

  #listing(grammar: Grammar, rawSymbol: string): ModelListing {
    const key = `${grammar.feed === "kraken-v1" ? grammar.feed : grammar.venue}|${rawSymbol}`;
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const listing = { rawSymbol, nextId: 1000, priceTicks: 8_501_234, recent: [], withheld: [] };
    this.#listings.set(key, listing);
    return listing;
  }
}

interface PlannedRecord {
  readonly json: string;
  /** Its id, where it is a trade. */
  readonly key?: string;
  readonly expected: ExpectedTrade | undefined;
  readonly reasons: readonly string[];
  readonly optional?: boolean;
}

/** In one frame without ids, two records of the same text are two trades: that is not tried here. */
function withoutTwins(records: readonly PlannedRecord[]): readonly PlannedRecord[] {
  return records.filter(
    ({ key }, index) => key === undefined || records.findIndex((other) => other.key === key) === index,
  );
}

function expectedTrade(trade: ModelTrade, grammar: Grammar): ExpectedTrade {
  return {
    key: `${grammar.venue}|${trade.rawSymbol}|${grammar.idOf(trade)}`,
    price: eighths(trade.price),
    size: eighths(trade.size),
    side: trade.side,
    timeUs: grammar.timeUs(trade),
  };
}

/** The decimal text of `ticks` at a scale. */
function decimal(ticks: number, scale: number): string {
  const digits = String(ticks).padStart(scale + 1, "0");
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A plain decimal text with at most eight decimals, times ten to the eighth. */
function eighths(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(8, "0"));
}

function uuid(number: number): string {
  return `${number.toString(16).padStart(8, "0")}-4f10-5290-a969-d9d9f2c74cc3`;
}
